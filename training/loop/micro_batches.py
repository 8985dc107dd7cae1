"""How many inputs may have a graph in memory at a time: measured on two, then as many as fit.

What a graph holds is what autograd saves for the way back; it grows with the inputs and is counted exactly,
on any device, by asking autograd for each saved tensor. A shared machine or GPU may still run short;
then the micro-batch is halved on the way, which changes no gradient.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

import psutil
import torch
from torch import Tensor

from core.drawing.memory import out_of_memory_message, ran_out_of_memory
from core.errors import TrainingError
from training.loop.processes import Processes

SHARE = 0.5
"""Of the free memory that graphs may take: gradients, optimizer and the arithmetic itself need theirs."""

T = TypeVar("T")


class Dividing(Protocol):
    """What computes its gradients ``micro`` inputs at a time."""

    micro: int
    processes: Processes


def in_memory(stepper: Dividing, run: Callable[[], T]) -> T:
    """Runs, and halves the micro-batch until it fits into memory; the gradients are the same.

    Raises:
        TrainingError: not even one input fits; or several processes, which can't repeat a step alone.
    """
    while True:
        try:
            return run()
        except (RuntimeError, MemoryError) as error:
            if not ran_out_of_memory(error):
                raise
            if stepper.micro == 1 or stepper.processes.count > 1:
                raise TrainingError(out_of_memory_message("train with this micro-batch")) from error
        stepper.micro = max(1, stepper.micro // 2)
        torch.cuda.empty_cache()
        print(f"Memory ran out: going on with micro-batches of {stepper.micro}.", flush=True)


def fitted_micro_batch(each: int, batch: int, device: torch.device, processes: Processes) -> int:
    """How many inputs of ``each`` bytes fit, at most the batch; the same in every process."""
    room = free_bytes(device, processes.count) * SHARE
    return processes.least(max(1, min(batch, int(room // max(1, each)))))


def free_bytes(device: torch.device, processes: int) -> int:
    """Free memory of the device; on a CPU its processes divide what is available."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available) // processes


def growth(run: Callable[[int], Tensor]) -> int:
    """Bytes that a second input adds to the graph of one."""
    return saved_bytes(lambda: run(2)) - saved_bytes(lambda: run(1))


def saved_bytes(run: Callable[[], Tensor]) -> int:
    """Bytes that autograd keeps for the way back, each storage counted once; weights count as well."""
    sizes: dict[int, int] = {}
    kept: list[Tensor] = []

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()
        kept.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        run()
    return sum(sizes.values())
