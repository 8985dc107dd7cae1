"""Trainings begun, resumed, stopped and removed: one at a time, each a process that outlives the app."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from core import commands
from core.errors import DiskFullError, InputError, LibraryBusyError, StorageError
from core.files import remove_folder
from core.folder_names import check_folder_name
from core.photographs.datasets import MANIFEST
from core.trainings.runs import TrainingRun, under_way
from core.trainings.wishes import LARGE_CLIP, MODULES, EncoderTraining, TrainingWish, arguments_of

LOCK, LOCK_SECONDS = ".training.lock", 10
ROOM_BYTES = 200_000_000
"""Free on the disk before a training starts: checkpoints of the embedded model take a tenth of it."""


def begin(runs: Path, name: str, wish: TrainingWish, by: str) -> TrainingRun:
    """Starts a training in a new run folder.

    Raises:
        InputError: the name can't be used, the dataset is gone, or another training is under way.
        StorageError: the folder can't be written, the disk is full, or the process can't be started.
    """
    with _alone(runs):
        folder = runs / check_folder_name(name, "run", [runs])
        run = TrainingRun(folder.name, folder, wish.kind)
        _check_room(runs)
        _check_data(wish.data)
        _check_clip(wish)
        try:
            commands.start(run.place, MODULES[wish.kind], arguments_of(wish, folder), by, low_priority=True)
        except StorageError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return run


def resume(runs: Path, run: TrainingRun, by: str) -> None:
    """Gives the same command again; it goes on from the last checkpoint.

    Raises:
        InputError: the app did not start this run, its dataset is gone, or a training is under way.
        StorageError: the disk is full, or the process can't be started.
    """
    if run.command is None:
        raise InputError(f"“{run.name}” was begun on the command line; the same command goes on with it.")
    with _alone(runs):
        _check_room(runs)
        _check_data(run.data)
        commands.start(run.place, run.command.module, run.command.arguments, by, low_priority=True)


def ask_to_stop(run: TrainingRun, by: str) -> None:
    """Lets the step under way end and be saved; the process then ends by itself."""
    commands.ask_to_end(run.place, by)


def stop_now(run: TrainingRun, by: str) -> None:
    """Ends the process at once; what was done since the last checkpoint is done again on resume."""
    commands.stop(run.place, by)


def delete_run(run: TrainingRun, by: str) -> None:
    """Removes a run wholly: checkpoint, curve and result.

    Raises:
        StorageError: it can't be removed.
    """
    commands.stop(run.place, by)
    remove_folder(run.folder)


@contextmanager
def _alone(runs: Path) -> Iterator[None]:
    """One start at a time, and none while a training is under way."""
    try:
        runs.mkdir(parents=True, exist_ok=True)
        with FileLock(runs / LOCK, timeout=LOCK_SECONDS):
            if running := under_way(runs):
                raise InputError(second_words(running))
            yield
    except Timeout as error:
        raise LibraryBusyError(f"Another process starts a training in {runs}; try again.") from error
    except OSError as error:
        raise StorageError(f"{runs} can't be written: {error.strerror or error}.") from error


def second_words(running: TrainingRun) -> str:
    """Why nothing can be started while a training is under way."""
    by = running.command.by if running.command else "somebody"
    return (
        f"“{running.name}” is being trained, started by {by}. One training takes the whole machine: wait for "
        "its end, or stop it; a stopped one can be resumed later."
    )


def _check_room(runs: Path) -> None:
    free = shutil.disk_usage(runs).free
    if free < ROOM_BYTES:
        raise DiskFullError(
            f"The disk of {runs} has {free // 10**6:,} MB left; a training needs {ROOM_BYTES // 10**6:,} MB "
            "for its checkpoints. Free some space, or move the runs by SCRIPT2SKIN_RUNS."
        )


def _check_data(data: Path) -> None:
    if not (data / MANIFEST).is_file():
        raise InputError(
            f"The dataset '{data.name}' is not there any more ({data}). A training reads it each time "
            "it starts: import it again under this name, or train on another one."
        )


def _check_clip(wish: TrainingWish) -> None:
    if isinstance(wish, EncoderTraining) and not wish.clip:
        raise InputError(
            "Say from which CLIP the model's text encoder came: a folder on this machine, or a hub id such "
            f"as {LARGE_CLIP} for Stable Diffusion 1.x."
        )
