"""Run folders: a training's configuration, curve and checkpoint, and the loop that fills them.

RUN/config.json     what was asked; a run goes on only with the same values
RUN/metrics.jsonl   one JSON object per logged step
RUN/checkpoint.pt   weights, averages, optimizer, random state, step and seconds
RUN/model/          the result in save_pretrained form, written last
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch

from core.errors import TrainingError
from training.loop.metric_lines import METRICS_NAME, drop_lines_after
from training.loop.pace import Pace, Rhythm

CONFIG_NAME, CHECKPOINT_NAME = "config.json", "checkpoint.pt"


class Stateful(Protocol):
    """A module, an optimizer, an average: anything with a state to be kept."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: dict[str, Any], /) -> object: ...


@dataclass(slots=True)
class Training:
    """What a run moves: ``parts`` by name, all saved; ``optimizer`` is one of them."""

    parts: dict[str, Stateful]
    optimizer: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0


StepFunction = Callable[[int], dict[str, float]]
"""Takes the step's number, moves the weights, returns what to log; ``samples`` counts the pictures."""


@dataclass(slots=True)
class Run:
    """An opened run folder."""

    folder: Path
    pace: Pace
    rhythm: Rhythm = field(default_factory=Rhythm)

    @property
    def model(self) -> Path:
        """Where the result goes."""
        return self.folder / "model"

    @property
    def checkpoint(self) -> Path:
        """The latest state."""
        return self.folder / CHECKPOINT_NAME

    def leaves(self, asked: bool) -> bool:
        """Whether the run ends here, given whether this process was asked to stop."""
        return asked

    def agreed(self, seconds: float) -> float:
        """Seconds spent, as all who work on this run count them."""
        return seconds

    def log(self, **values: float) -> None:
        """Appends one line to the curve."""
        with (self.folder / METRICS_NAME).open("a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")

    def save(self, training: Training) -> None:
        """Writes the checkpoint beside its place, syncs and renames: a kill leaves the older one whole."""
        state = {
            "step": training.step,
            "seconds": training.seconds,
            "rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state_all(),
            "parts": {name: part.state_dict() for name, part in training.parts.items()},
        }
        temporary = self.checkpoint.with_suffix(".tmp")
        with temporary.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.checkpoint)

    def restore(self, training: Training) -> bool:
        """Loads the checkpoint if there is one; log lines of what will be done again are dropped."""
        if not self.checkpoint.is_file():
            drop_lines_after(self.folder, 0)
            return False
        state = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        for name, part in training.parts.items():
            part.load_state_dict(state["parts"][name])
        training.step, training.seconds = state["step"], state["seconds"]
        torch.set_rng_state(state["rng"])
        if state["cuda_rng"] and torch.cuda.is_available():
            torch.cuda.set_rng_state_all(state["cuda_rng"])
        drop_lines_after(self.folder, training.step)
        return True


def open_run(folder: Path, config: Any, pace: Pace, rhythm: Rhythm | None = None) -> Run:
    """Makes a run folder, or opens the one that was made with the same configuration.

    ``config`` is a dataclass; paths are kept as text, the pace beside them.

    Raises:
        TrainingError: the folder belongs to another configuration; the message names the values that differ.
    """
    wanted = json.loads(json.dumps({**asdict(config), "pace": asdict(pace)}, default=str))
    path = folder / CONFIG_NAME
    if path.is_file():
        _refuse_other(folder, json.loads(path.read_text(encoding="utf-8")), wanted)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
    return Run(folder, pace, rhythm or Rhythm())


def _refuse_other(folder: Path, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    names = sorted(n for n in found.keys() | wanted.keys() if found.get(n) != wanted.get(n))
    if names:
        differing = "; ".join(f"{n} was {found.get(n)!r} and is now {wanted.get(n)!r}" for n in names)
        raise TrainingError(
            f"{folder} holds a run with another configuration: {differing}. "
            "Give the same values to go on, or another folder."
        )


def step_generator(seed: int, step: int, device: torch.device | str = "cpu") -> torch.Generator:
    """Randomness of one step, the same whether or not the run was interrupted before it."""
    return torch.Generator(device).manual_seed(seed * 1_000_003 + step)


def follow(
    run: Run, training: Training, take_step: StepFunction, preview: Callable[[int], None] | None = None
) -> None:
    """Steps until the run's end, logging, saving and showing on the way; saves once more at the end.

    Raises:
        SystemExit: status 0, after saving, when the process was asked to stop (SIGTERM or Ctrl-C).
        TrainingError: the loss is no longer a number.
    """
    clock = _Clock(training.seconds)
    saved = shown = training.seconds
    window = _Window(training.seconds)
    with _stop_asked() as stop:
        while run.pace.fraction(training.step, training.seconds) < 1:
            _set_rate(training.optimizer, run.pace.rate(training.step, training.seconds))
            window.add(take_step(training.step), training.step)
            training.step, training.seconds = training.step + 1, run.agreed(clock.seconds())
            if training.step % run.rhythm.log_steps == 0:
                _speak(run, window.close(training))
            if run.leaves(stop.is_set()):
                _save_and_leave(run, training)
            if training.seconds - saved >= 60 * run.rhythm.checkpoint_minutes:
                run.save(training)
                saved = training.seconds
            if preview and training.seconds - shown >= 60 * run.rhythm.preview_minutes:
                preview(training.step)
                shown = training.seconds
    run.save(training)


def _save_and_leave(run: Run, training: Training) -> None:
    run.save(training)
    print(f"Stopped at step {training.step}; the same command goes on from there.", flush=True)
    raise SystemExit(0)


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def _speak(run: Run, line: dict[str, float]) -> None:
    run.log(**line)
    shown = (f"{name} {value:.4g}" for name, value in line.items() if name != "step")
    print(f"{run.folder.name} step {line['step']}: {', '.join(shown)}", flush=True)


class _Clock:
    """Seconds spent in a run, over all its sittings."""

    def __init__(self, before: float) -> None:
        self.start = time.monotonic() - before

    def seconds(self) -> float:
        return time.monotonic() - self.start


class _Window:
    """Means over the steps since the last log line."""

    def __init__(self, seconds: float) -> None:
        self.since, self.sums, self.count = seconds, dict[str, float](), 0

    def add(self, values: dict[str, float], step: int) -> None:
        if (loss := values.get("loss", 0.0)) != loss:
            raise TrainingError(f"The loss at step {step} is not a number: lower the learning rate.")
        self.count += 1
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value

    def close(self, training: Training) -> dict[str, float]:
        rate = self.sums.pop("samples", 0.0) / max(1e-9, training.seconds - self.since)
        means = {name: total / self.count for name, total in self.sums.items()}
        learning_rate = float(training.optimizer.param_groups[0]["lr"])
        line = {"step": training.step, "seconds": round(training.seconds, 2), **means}
        self.since, self.sums, self.count = training.seconds, {}, 0
        return {**line, "learning_rate": learning_rate, "samples_per_second": rate}


@contextmanager
def _stop_asked() -> Iterator[threading.Event]:
    """An event that SIGTERM or Ctrl-C sets; signals reach the main thread only."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: asked.set()) for number in numbers}
    try:
        yield asked
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
