"""Several processes on one batch, as ``accelerate launch`` starts them: shares, sums, and one that writes.

Every process knows the whole batch and embeds its share of it; embeddings are gathered, so that each picture
still meets all texts, and the gradients of the shares are summed. The curve is that of one process.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import gather, reduce
from torch import Tensor

from training.loop.runs import Run, Training

MESSAGE = 25_000_000
"""Numbers whose sum is asked for at once."""


@dataclass(frozen=True, slots=True)
class Processes:
    """Who else works on this run. The default is: nobody."""

    index: int = 0
    count: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def writes(self) -> bool:
        """True for the one process that writes files and speaks."""
        return self.index == 0

    def share(self, total: int) -> slice:
        """This process's part of ``total`` inputs; parts differ by one at most."""
        return self._share_of(self.index, total)

    def _share_of(self, index: int, total: int) -> slice:
        return slice(total * index // self.count, total * (index + 1) // self.count)

    def gather(self, rows: Tensor, total: int) -> Tensor:
        """(total, width) from every process's share of rows, in order."""
        if self.count == 1:
            return rows
        lengths = [self._length(index, total) for index in range(self.count)]
        padded = torch.cat([rows, rows.new_zeros(max(lengths) - len(rows), rows.shape[1])])
        parts = gather(padded.contiguous()).split(max(lengths))
        return torch.cat([part[:length] for part, length in zip(parts, lengths, strict=True)])

    def _length(self, index: int, total: int) -> int:
        share = self._share_of(index, total)
        return share.stop - share.start

    def sum_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Replaces each gradient by its sum over the processes, several to a message."""
        if self.count > 1:
            for some in _messages(parameters):
                own = [torch.zeros_like(p) if p.grad is None else p.grad for p in some]
                sums = reduce(torch.cat([gradient.flatten() for gradient in own]), reduction="sum")
                for parameter, part in zip(some, sums.split([p.numel() for p in some]), strict=True):
                    parameter.grad = part.view_as(parameter)

    def sum_rows(self, rows: Tensor) -> Tensor:
        """The sum of a tensor over the processes."""
        return rows if self.count == 1 else reduce(rows, reduction="sum")

    def total(self, value: float) -> float:
        """The sum of a number over the processes."""
        if self.count == 1:
            return value
        numbers = torch.tensor([value], dtype=torch.float32, device=self.device)
        return float(reduce(numbers, reduction="sum"))

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """The first process goes through before the others, who find what it made."""
        if self.count == 1:
            yield
            return
        with PartialState().main_process_first():
            yield

    def meet(self) -> None:
        """Waits until every process is here."""
        self.total(0.0)

    def part(self) -> None:
        """Ends the work together, last of all: one that leaves while another still talks to it can take that
        one down with it."""
        if self.count > 1:
            self.meet()
            PartialState().destroy_process_group()

    def least(self, value: int) -> int:
        """The smallest of a number over the processes."""
        if self.count == 1:
            return value
        return int(gather(torch.tensor([value], device=self.device)).min())


def _messages(parameters: Iterable[torch.nn.Parameter]) -> Iterator[list[torch.nn.Parameter]]:
    """Neighbours of one type, up to MESSAGE numbers together: a message each would cost more than its sum."""
    some: list[torch.nn.Parameter] = []
    for parameter in parameters:
        if some and (parameter.dtype != some[0].dtype or sum(p.numel() for p in some) >= MESSAGE):
            yield some
            some = []
        some.append(parameter)
    if some:
        yield some


def find_processes(device: str = "auto") -> Processes:
    """What ``accelerate launch`` set up; a plain start is one process. Only the first keeps its voice."""
    state: Any = PartialState(cpu=device == "cpu")
    found = Processes(state.process_index, state.num_processes, state.device)
    if not found.writes:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open as long as the process
    return found


class SharedRun(Run):
    """A run folder that several processes work on; the first writes, and all leave together."""

    processes: Processes = Processes()

    def agreed(self, seconds: float) -> float:
        """The mean of the processes' clocks: a run of so many minutes ends at the same step in each."""
        return self.processes.total(seconds) / self.processes.count

    def log(self, **values: float) -> None:
        """As ``Run``, in one process."""
        if self.processes.writes:
            super().log(**values)

    def save(self, training: Training) -> None:
        """As ``Run``, in one process."""
        if self.processes.writes:
            super().save(training)

    def leaves(self, asked: bool) -> bool:
        """True if any process was asked to stop: none is left waiting for another."""
        return self.processes.total(float(asked)) > 0


def share_run(run: Run, processes: Processes) -> SharedRun:
    """The same run folder for one of several processes."""
    shared = SharedRun(run.folder, run.pace, run.rhythm)
    shared.processes = processes
    return shared
