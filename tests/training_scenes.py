"""Microscopic trainings for the page's tests: a model with its CLIP, a dataset, commands in this process."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from photograph_folders import pairs_folder, prepared
from tiny_models import make_tiny_pipeline
from tuning_scenes import write_clip

from core import commands
from core.commands import Command
from core.trainings import starts as training_starts
from training import finetune_clip, finetune_unet

MAINS = {"training.finetune_clip": finetune_clip.main, "training.finetune_unet": finetune_unet.main}
SITES, TONES = ("face", "foot", "palm", "hand"), ("fair", "brown")


def write_models(folder: Path) -> Path:
    """One model, "tiny", with the CLIP that its text encoder is taken to be part of."""
    make_tiny_pipeline(folder / "tiny")
    write_clip(folder / "tiny" / "clip")
    return folder


def write_dataset(folder: Path) -> Path:
    """Twenty captioned photographs, prepared."""
    captions = [
        f"acne type of rash at the {SITES[i % 4]} area on a {TONES[i // 4 % 2]} skin" for i in range(20)
    ]
    return prepared(pairs_folder(folder.parent / f"{folder.name}-source", captions), folder).folder


def leave_record(place: Path, module: str, arguments: tuple[str, ...], by: str, stopped_by: str = "") -> None:
    """What the app writes of a command it started; the process is one that has ended."""
    place.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    commands._record(place, Command(module, arguments, by, now, os.getpid(), 0.0, stopped_by))


def run_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings run in this process, at once: starting Python anew takes longer than all that they do."""

    def run_here(
        place: Path, module: str, arguments: tuple[str, ...], by: str, low_priority: bool = False
    ) -> None:
        leave_record(place, module, arguments, by)
        MAINS[module](arguments)

    monkeypatch.setattr(training_starts.commands, "start", run_here)
