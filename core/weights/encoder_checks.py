"""Checks of candidates: ``training.check_encoder`` as its own process, in LIBRARY/checks/ID."""

from datetime import datetime
from pathlib import Path

from core.weights.candidates import Candidate, CheckReport, Identity
from core.weights.picture_checks import CHECKS, PictureCheck, read_values, start_check, unreadable

COMMAND = "training.check_encoder"
ARMS = ("stock", "tuned", "interpolated")


def check_of(library: Path, candidate: Candidate) -> PictureCheck:
    """Where the check of a candidate is."""
    return PictureCheck(library / CHECKS / str(candidate.id), ARMS)


def begin_check(library: Path, candidate: Candidate, pictures: int, by: str) -> PictureCheck:
    """Starts to check a candidate against its base model, or goes on; a finished check gives way.

    Raises:
        InputError: its check is running.
        StorageError: the process can't be started.
    """
    check = check_of(library, candidate)
    arguments = ("--encoder", str(candidate.folder), "--model", candidate.base)
    start_check(check, COMMAND, arguments, pictures, by)
    return check


def read_report(check: PictureCheck) -> CheckReport | None:
    """What a finished check found; None while there is nothing.

    Raises:
        StorageError: its report can't be read.
    """
    found = read_values(check)
    if found is None:
        return None
    command, values = found
    try:
        identity = Identity(values["encoder_hash"], values["model_hash"])
        passed = bool(values["passed"])
        return CheckReport(identity, passed, values, datetime.fromisoformat(command.at), command.by)
    except (ValueError, KeyError, TypeError) as error:
        raise unreadable(check, error) from error
