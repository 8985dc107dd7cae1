"""A command of this project as a process of its own: started, followed and stopped from a page, outliving it.

PLACE/command.json   what was started, by whom and when, and which process it became
PLACE/output.log     what it says, and what commands started here before it said

A process is told from another that got its number later by the time it began. Imports no torch.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
from filelock import FileLock

from core.errors import InputError, StorageError
from core.files import write_files
from core.settings import PROJECT

RECORD, LOG = "command.json", "output.log"
LOG_BYTES = 16_384
"""As much of a log's end is read."""

SAME_SECONDS = 2.0
"""Within this, two beginnings are the same: the system's clock may be corrected in between."""

GRACE_SECONDS = 5.0
LOW_PRIORITY = 10
"""Niceness. Threads take it from the one that makes them, so it is set before there are any."""

PROGRESS_BAR = re.compile(r"\d+%\|")
_children: dict[int, subprocess.Popen[bytes]] = {}
"""Processes that this one started: one that ended stays in the system's list until it was asked for."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command as it was started. ``began`` is the process's own beginning, seconds since 1970;
    ``stopped_by`` is who ended it, or empty; ``log_start`` how many bytes the log held before it."""

    module: str
    arguments: tuple[str, ...]
    by: str
    at: str
    pid: int
    began: float
    stopped_by: str = ""
    log_start: int = 0


def start(place: Path, module: str, arguments: Sequence[str], by: str, low_priority: bool = False) -> Command:
    """Starts ``python -m module`` with arguments, whose paths are absolute; it outlives this process.

    With ``low_priority`` it takes what time other work leaves.

    Raises:
        InputError: a command started here is still running.
        StorageError: the folder can't be written or the process can't be started.
    """
    try:
        place.mkdir(parents=True, exist_ok=True)
        with FileLock(place / f"{RECORD}.lock"):
            if is_running(place):
                raise InputError("This is running already; wait for it to end, or stop it first.")
            before = _log_bytes(place)
            process = _spawn(place, [sys.executable, "-m", module, *arguments])
            if low_priority:
                with suppress(psutil.Error):
                    psutil.Process(process.pid).nice(LOW_PRIORITY)
            at = datetime.now(UTC).isoformat(timespec="seconds")
            command = Command(module, tuple(arguments), by, at, process.pid, _began(process.pid))
            command = replace(command, log_start=before)
            _record(place, command)
            return command
    except OSError as error:
        raise StorageError(f"{module} can't be started in {place}: {error.strerror or error}.") from error


def _spawn(place: Path, words: list[str]) -> subprocess.Popen[bytes]:
    """In a session of its own, so that closing the app's terminal does not end it."""
    with (place / LOG).open("ab") as log:
        process = subprocess.Popen(
            words,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    _children[process.pid] = process
    return process


def _began(pid: int) -> float:
    """When a process began; one that is gone already began now."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return datetime.now(UTC).timestamp()


def read_command(place: Path) -> Command | None:
    """The command started last at a place, or None.

    Raises:
        StorageError: its record can't be read.
    """
    path = place / RECORD
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Command(**{**values, "arguments": tuple(values["arguments"])})
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path} can't be read ({error!r}). Remove it and start again.") from error


def is_running(place: Path) -> bool:
    """Whether the command started last at a place has not ended."""
    command = read_command(place)
    return command is not None and _process(command) is not None


def stop(place: Path, by: str) -> None:
    """Ends the command and all processes it started; does nothing where none runs.

    Raises:
        StorageError: the record can't be read or written.
    """
    command = read_command(place)
    process = _process(command) if command else None
    if command is None or process is None:
        return
    _record(place, replace(command, stopped_by=by))
    with suppress(psutil.NoSuchProcess):
        family = [*process.children(recursive=True), process]
        _end(family)
    _process(command)


def ask_to_end(place: Path, by: str) -> None:
    """Asks the command to end when it likes, and waits for nothing; does nothing where none runs.

    Raises:
        StorageError: the record can't be read or written.
    """
    command = read_command(place)
    process = _process(command) if command else None
    if command is None or process is None:
        return
    _record(place, replace(command, stopped_by=by))
    with suppress(psutil.NoSuchProcess):
        process.terminate()


def _end(family: list[psutil.Process]) -> None:
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.terminate()
    _, left = psutil.wait_procs(family, timeout=GRACE_SECONDS)
    for member in left:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(left, timeout=GRACE_SECONDS)


def log_tail(place: Path, lines: int = 12) -> str:
    """The last lines of what the command started last said, progress bars left out; empty where it said
    nothing."""
    command = read_command(place)
    try:
        with (place / LOG).open("rb") as file:
            file.seek(max(command.log_start if command else 0, file.seek(0, os.SEEK_END) - LOG_BYTES))
            said = re.split(r"[\r\n]+", file.read().decode("utf-8", "replace"))
    except FileNotFoundError:
        return ""
    return "\n".join([line for line in said if line.strip() and not PROGRESS_BAR.search(line)][-lines:])


def _log_bytes(place: Path) -> int:
    path = place / LOG
    return path.stat().st_size if path.is_file() else 0


def _process(command: Command) -> psutil.Process | None:
    if (child := _children.get(command.pid)) is not None and child.poll() is not None:
        del _children[command.pid]
    try:
        process = psutil.Process(command.pid)
        same = abs(process.create_time() - command.began) < SAME_SECONDS
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def _record(place: Path, command: Command) -> None:
    write_files({place / RECORD: (json.dumps(asdict(command), indent=1) + "\n").encode()})
