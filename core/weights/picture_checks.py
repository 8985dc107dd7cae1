"""Checks that draw pictures, of text encoders and LoRAs, as a process of their own, from wish to report.

LIBRARY/checks/NAME/                what was started, and what it said (core.commands)
LIBRARY/checks/NAME/report.json     what it found; written last
LIBRARY/checks/NAME/pictures/       grid.png, and a folder of pictures for each arm

The pictures of a check that was stopped or failed are kept: the next one goes on with them.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from core import commands
from core.errors import StorageError

CHECKS, REPORT, PICTURES, GRID = "checks", "report.json", "pictures", "grid.png"
PICTURES_DEFAULT, PICTURES_MAX = 24, 120


class CheckState(StrEnum):
    """How a check stands."""

    NONE = "none"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class PictureCheck:
    """One check, whether or not it was ever started. ``arms`` are folders of pictures, in the order in which
    they are drawn."""

    place: Path
    arms: tuple[str, ...]

    @property
    def state(self) -> CheckState:
        """Asked of the process and of what it left."""
        if commands.is_running(self.place):
            return CheckState.RUNNING
        if (self.place / REPORT).is_file():
            return CheckState.FINISHED
        command = commands.read_command(self.place)
        if command is None:
            return CheckState.NONE
        return CheckState.STOPPED if command.stopped_by else CheckState.FAILED

    @property
    def asked(self) -> int:
        """Pictures by each arm, as the check started last was asked for."""
        command = commands.read_command(self.place)
        words = command.arguments if command else ()
        return int(words[words.index("--pictures") + 1]) if "--pictures" in words else PICTURES_DEFAULT

    @property
    def drawn(self) -> dict[str, int]:
        """Pictures that are there, by arm."""
        return {arm: len(list((self.place / PICTURES / arm).glob("*.png"))) for arm in self.arms}

    @property
    def grid(self) -> Path:
        """The grid of all pictures; it is there once all are drawn."""
        return self.place / PICTURES / GRID

    @property
    def said(self) -> str:
        """The end of what the command said: where it failed, the reason and the way out."""
        return commands.log_tail(self.place)


def start_check(check: PictureCheck, module: str, arguments: Sequence[str], pictures: int, by: str) -> None:
    """Starts a check, or goes on; a finished one gives way. ``arguments`` say what is examined.

    Raises:
        InputError: it is running.
        StorageError: the process can't be started.
    """
    places = ("--output", str(check.place / PICTURES), "--report", str(check.place / REPORT))
    if check.state is CheckState.FINISHED:
        _clear(check)
    commands.start(check.place, module, (*arguments, "--pictures", str(pictures), *places), by)


def read_values(check: PictureCheck) -> tuple[commands.Command, dict[str, Any]] | None:
    """How a finished check was started, and what it wrote; None while there is nothing.

    Raises:
        StorageError: its report can't be read.
    """
    command, path = commands.read_command(check.place), check.place / REPORT
    if command is None or check.state is not CheckState.FINISHED:
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise ValueError(f"{type(values).__name__} where an object is expected")
        return command, values
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise unreadable(check, error) from error


def unreadable(check: PictureCheck, error: Exception) -> StorageError:
    """What to raise where a report is not what a check writes."""
    return StorageError(f"{check.place / REPORT} can't be read ({error!r}). Check again.")


def discard_check(check: PictureCheck, by: str) -> None:
    """Stops a check and removes what it made."""
    commands.stop(check.place, by)
    shutil.rmtree(check.place, ignore_errors=True)


def _clear(check: PictureCheck) -> None:
    """The report last: until it is gone, the finished check counts."""
    try:
        shutil.rmtree(check.place / PICTURES, ignore_errors=True)
        (check.place / REPORT).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{check.place} can't be written: {error.strerror or error}.") from error
