"""A training's curve and how far it is, read from metrics.jsonl while it is written. Imports no torch."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from core.trainings.runs import TrainingRun, read_config
from core.weights.encoder_runs import METRICS

BEFORE = "before.json"
HELD_OUT = "validation_loss"
MOST_POINTS = 200
"""Of a drawn curve; more lines than that are averaged in groups."""

RECENT = 100
"""Steps that the time left is estimated from."""

Line = dict[str, float]


@dataclass(frozen=True, slots=True)
class Point:
    """Means over a few neighbouring steps; ``epoch`` is where the last of them ended."""

    epoch: float
    loss: float
    samples_per_second: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Training loss and speed, and the loss of held-out pictures at (epoch, loss)."""

    points: tuple[Point, ...] = ()
    held_out: tuple[tuple[float, float], ...] = ()


class Phase(StrEnum):
    """What a training under way is at."""

    PREPARING = "preparing"
    TRAINING = "training"
    SAVING = "saving"


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """How far a run is; ``seconds_left`` is None until two steps are done."""

    step: int
    steps: int
    epoch: float
    epochs: float
    seconds_left: float | None
    samples_per_second: float

    @property
    def share(self) -> float:
        """0 to 1."""
        return min(1.0, self.step / max(1, self.steps))


def read_lines(folder: Path) -> Sequence[Line]:
    """The steps of a run as they were logged; a line that is just being written is left out."""
    path = folder / METRICS
    try:
        status = path.stat()
    except OSError:
        return ()
    return _lines(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=16)
def _lines(path: Path, size: int, changed: int) -> tuple[Line, ...]:
    """``size`` and ``changed`` tell one state of the file from the next."""
    return tuple(_whole_lines(path.read_text(encoding="utf-8", errors="replace").splitlines()))


def _whole_lines(lines: Sequence[str]) -> Iterator[Line]:
    for line in lines:
        try:
            values = json.loads(line)
        except ValueError:
            continue
        if isinstance(values, dict) and {"step", "epoch", "loss"} <= values.keys():
            yield values


def curve_of(folder: Path, most: int = MOST_POINTS) -> Curve:
    """The whole curve in at most so many points; held-out figures are all there, that before the first step
    included."""
    lines = read_lines(folder)
    size = max(1, -(-len(lines) // most))
    points = tuple(_point(lines[i : i + size]) for i in range(0, len(lines), size))
    measured = tuple((line["epoch"], line[HELD_OUT]) for line in lines if HELD_OUT in line)
    return Curve(points, (*_before(folder), *measured))


def _point(lines: Sequence[Line]) -> Point:
    loss = sum(line["loss"] for line in lines) / len(lines)
    return Point(lines[-1]["epoch"], loss, _speed(lines))


def _speed(lines: Sequence[Line]) -> float:
    """Pictures a second of training; measuring in between is left out."""
    seconds = sum(line.get("step_seconds", 0.0) for line in lines)
    pictures = sum(line.get("pictures", 0.0) for line in lines)
    return pictures / seconds if seconds > 0 else 0.0


def _before(folder: Path) -> tuple[tuple[float, float], ...]:
    try:
        found = json.loads((folder / BEFORE).read_text(encoding="utf-8"))
        return ((0.0, float(found[HELD_OUT])),)
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def progress_of(folder: Path) -> TrainingProgress | None:
    """How far a run is; None before its first step."""
    lines = read_lines(folder)
    if not lines:
        return None
    last, recent = lines[-1], lines[-RECENT:]
    step, epoch = int(last["step"]), last["epoch"]
    pace = read_config(folder).get("pace", {})
    steps = max(step, int(pace.get("steps") or step))
    passed = last.get("seconds", 0.0) - recent[0].get("seconds", 0.0)
    left = (steps - step) * passed / (len(recent) - 1) if len(recent) > 1 else None
    return TrainingProgress(step, steps, epoch, epoch * steps / max(1, step), left, _speed(recent))


def phase_of(run: TrainingRun) -> Phase:
    """What a run under way is at: before its process took a step, at the steps, or after the last one."""
    progress, path = progress_of(run.folder), run.folder / METRICS
    if progress is None or run.command is None or path.stat().st_mtime < run.command.began:
        return Phase.PREPARING
    return Phase.SAVING if progress.step >= progress.steps else Phase.TRAINING
