"""Checks of candidates: ``training.check_encoder`` as its own process, from the wish to its report.

LIBRARY/checks/ID/                what was started, and what it said (core.commands)
LIBRARY/checks/ID/report.json     what it found; written last
LIBRARY/checks/ID/pictures/       grid.png, and the pictures by encoder: stock, tuned, interpolated

The pictures of a check that was stopped or failed are kept: the next one goes on with them.
"""

import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from core import commands
from core.candidates import Candidate, CheckReport, Identity
from core.errors import StorageError

CHECKS, REPORT, PICTURES, GRID = "checks", "report.json", "pictures", "grid.png"
COMMAND = "training.check_encoder"
ARMS = ("stock", "tuned", "interpolated")
"""Folders of pictures, in the order in which they are drawn."""

PICTURES_DEFAULT, PICTURES_MAX = 24, 120


class CheckState(StrEnum):
    """How a check stands."""

    NONE = "none"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class EncoderCheck:
    """The check of one candidate, whether or not one was ever started."""

    place: Path

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
        """Pictures by each encoder, as the check started last was asked for."""
        command = commands.read_command(self.place)
        words = command.arguments if command else ()
        return int(words[words.index("--pictures") + 1]) if "--pictures" in words else PICTURES_DEFAULT

    @property
    def drawn(self) -> dict[str, int]:
        """Pictures that are there, by encoder."""
        return {arm: len(list((self.place / PICTURES / arm).glob("*.png"))) for arm in ARMS}

    @property
    def grid(self) -> Path:
        """The grid of all pictures; it is there once all are drawn."""
        return self.place / PICTURES / GRID

    @property
    def said(self) -> str:
        """The end of what the command said: where it failed, the reason and the way out."""
        return commands.log_tail(self.place)


def check_of(library: Path, candidate: Candidate) -> EncoderCheck:
    """Where the check of a candidate is."""
    return EncoderCheck(library / CHECKS / str(candidate.id))


def begin_check(library: Path, candidate: Candidate, pictures: int, by: str) -> EncoderCheck:
    """Starts to check a candidate against its base model, or goes on; a finished check gives way.

    Raises:
        InputError: its check is running.
        StorageError: the process can't be started.
    """
    check = check_of(library, candidate)
    arguments = (
        *("--encoder", str(candidate.folder), "--model", candidate.base, "--pictures", str(pictures)),
        *("--output", str(check.place / PICTURES), "--report", str(check.place / REPORT)),
    )
    if check.state is CheckState.FINISHED:
        _clear(check)
    commands.start(check.place, COMMAND, arguments, by)
    return check


def read_report(check: EncoderCheck) -> CheckReport | None:
    """What a finished check found; None while there is nothing.

    Raises:
        StorageError: its report can't be read.
    """
    command, path = commands.read_command(check.place), check.place / REPORT
    if command is None or check.state is not CheckState.FINISHED:
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        identity = Identity(values["encoder_hash"], values["model_hash"])
        passed = bool(values["passed"])
        return CheckReport(identity, passed, values, datetime.fromisoformat(command.at), command.by)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path} can't be read ({error!r}). Check the encoder again.") from error


def discard_check(check: EncoderCheck, by: str) -> None:
    """Stops a check and removes what it made."""
    commands.stop(check.place, by)
    shutil.rmtree(check.place, ignore_errors=True)


def _clear(check: EncoderCheck) -> None:
    """The report last: until it is gone, the finished check counts."""
    try:
        shutil.rmtree(check.place / PICTURES, ignore_errors=True)
        (check.place / REPORT).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{check.place} can't be written: {error.strerror or error}.") from error
