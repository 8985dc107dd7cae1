"""Why a training ended before its end, in words, from what its process said last."""

import re

from core import commands
from core.trainings.runs import TrainingRun

LINES = 40
FULL_DISK = re.compile(
    r"No space left on device|Disk quota exceeded|PytorchStreamWriter failed", re.IGNORECASE
)
NO_MEMORY = re.compile(r"out of memory|MemoryError|can't allocate memory", re.IGNORECASE)
AT_WORK = re.compile(r"(.* step \d+: .*|Drew \d+ of \d+ .*)")
"""What a command says while all is well."""

SILENT = (
    "It ended without giving a reason, as a process does that the system ended because memory ran out, or "
    "when the machine was switched off."
)


def reason_of(run: TrainingRun) -> str:
    """A sentence on why its process ended; what it said word for word is in ``commands.log_tail``."""
    said = commands.log_tail(run.place, LINES)
    last = said.splitlines()[-1].strip() if said else ""
    if FULL_DISK.search(said):
        return (
            f"The disk of {run.folder.parent} is full. What was done until the last checkpoint is kept: free "
            "some space, then resume."
        )
    if NO_MEMORY.search(said):
        return "Memory ran out. Close other programs and resume, or begin a run with a smaller batch."
    if not last or AT_WORK.fullmatch(last):
        return SILENT
    return f"It ended by an error in the program: {last}" if "Traceback (most recent" in said else last


def last_lines(run: TrainingRun) -> str:
    """The end of what it said, word for word."""
    return commands.log_tail(run.place)
