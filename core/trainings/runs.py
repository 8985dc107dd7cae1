"""Trainings: their run folders, and the process of the one that is under way. Imports no torch.

RUNS/NAME/             the run, as training.finetune_clip or training.finetune_unet makes it
RUNS/NAME/.training/   which command the app started, which process it became, what it said (core.commands)

A run that somebody began on the command line is listed as well; only that command can go on with it.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from core import commands
from core.commands import Command
from core.trainings.wishes import MODULES, flags_of
from core.weights.candidates import Kind
from core.weights.encoder_runs import ENCODER, METRICS, REPORT
from core.weights.loras import RESULT, WEIGHTS

CONFIG, CHECKPOINT = "config.json", "checkpoint.pt"
TRAINING = ".training"
RESULTS = {Kind.ENCODER: f"{ENCODER}/config.json", Kind.LORA: f"{RESULT}/{WEIGHTS}"}


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    FINISHED = "finished"
    OPEN = "open"
    """Begun on the command line and not finished; whether it runs is not known here."""


@dataclass(frozen=True)
class TrainingRun:
    """One look at a run. ``name`` is its folder below that of all runs."""

    name: str
    folder: Path
    kind: Kind

    @property
    def place(self) -> Path:
        """Where the app keeps the command it started."""
        return self.folder / TRAINING

    @cached_property
    def command(self) -> Command | None:
        """What the app started last; None for a run of the command line."""
        return commands.read_command(self.place)

    @cached_property
    def state(self) -> RunState:
        """Asked of the process and of what it left."""
        if commands.is_running(self.place):
            return RunState.STOPPING if self.command and self.command.stopped_by else RunState.RUNNING
        if (self.folder / REPORT).is_file() and (self.folder / RESULTS[self.kind]).is_file():
            return RunState.FINISHED
        if self.command is None:
            return RunState.OPEN
        return RunState.STOPPED if self.command.stopped_by else RunState.FAILED

    @property
    def is_under_way(self) -> bool:
        """Whether its process is at work."""
        return self.state in (RunState.RUNNING, RunState.STOPPING)

    @cached_property
    def asked(self) -> dict[str, Any]:
        """Its settings: as the run recorded them, and before that as they were asked for."""
        flags = flags_of(self.command.arguments) if self.command else {}
        return {**flags, **read_config(self.folder)}

    @property
    def data(self) -> Path:
        """The pictures it learns from."""
        return Path(str(self.asked.get("data", "")))

    @property
    def begun_at(self) -> datetime:
        """When it was first started."""
        paths = (self.folder / CONFIG, self.place / commands.RECORD)
        return min((_time_of(path) for path in paths if path.exists()), default=_time_of(self.folder))

    @property
    def changed_at(self) -> datetime:
        """Its last step, or its end."""
        return _time_of(self.folder / REPORT, self.folder / METRICS, self.folder / CONFIG, self.folder)

    @property
    def has_checkpoint(self) -> bool:
        """Whether there is something to go on from."""
        return (self.folder / CHECKPOINT).is_file()


def read_config(folder: Path) -> dict[str, Any]:
    """The settings that a run recorded; empty before it did, and where they can't be read."""
    try:
        values = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def list_trainings(runs: Path) -> list[TrainingRun]:
    """Trainings of text encoders and LoRAs, one or two folders down (a sweep holds several), the latest
    first."""
    folders = {p.parent for pattern in ("*", "*/*") for p in runs.glob(f"{pattern}/{CONFIG}")}
    folders |= {p.parent.parent for p in runs.glob(f"*/{TRAINING}/{commands.RECORD}")}
    shown = [folder for folder in folders if not folder.relative_to(runs).parts[0].startswith(".")]
    found = [TrainingRun(str(f.relative_to(runs)), f, kind) for f in shown if (kind := _kind_of(f))]
    return sorted(found, key=lambda run: (run.begun_at, run.name), reverse=True)


def under_way(runs: Path) -> TrainingRun | None:
    """The training whose process is at work, or None."""
    return next((run for run in list_trainings(runs) if run.is_under_way), None)


def unfinished_on(runs: Path, data: Path) -> list[TrainingRun]:
    """The trainings that learn from a dataset, or would go on with it, the latest first."""
    return [
        run
        for run in list_trainings(runs)
        if run.state is not RunState.FINISHED and run.data.resolve() == data.resolve()
    ]


def _kind_of(folder: Path) -> Kind | None:
    """By what the run recorded, or by the command that was started in it."""
    config = read_config(folder)
    if "pace" in config:
        return Kind.ENCODER if "clip" in config else Kind.LORA if "rank" in config else None
    command = commands.read_command(folder / TRAINING)
    modules = {module: kind for kind, module in MODULES.items()}
    return modules.get(command.module) if command else None


def _time_of(*paths: Path) -> datetime:
    """When the first of these that is there was last written."""
    for path in paths:
        if path.exists():
            return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return datetime.now(UTC)
