"""Files that are there whole or not at all: written beside their place, synced, then renamed."""

import errno
import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from core.errors import DiskFullError, StorageError

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Writes all files or, unless a rename fails, none: all that needs space comes before the first rename.

    Raises:
        DiskFullError: no space left; the message names the folder and the bytes needed.
        StorageError: the folder can't be written for another reason.
    """
    token = secrets.token_hex(4)
    temporary = {path: path.with_name(f".{path.name}.{token}.tmp") for path in contents}
    try:
        for path, content in contents.items():
            _write_synced(temporary[path], content)
        for path, waiting in temporary.items():
            waiting.replace(path)
            _sync_folder(path.parent)
    except OSError as error:
        raise _explained(error, next(iter(contents)).parent, sum(map(len, contents.values()))) from error
    finally:
        for waiting in temporary.values():
            with suppress(OSError):
                waiting.unlink(missing_ok=True)


def remove_folder(folder: Path) -> None:
    """Removes a folder and all in it, renamed first, so that nobody opens half of it; none is no error.

    Raises:
        StorageError: it can't be removed wholly.
    """
    if not folder.exists():
        return
    gone = folder.with_name(f".removed-{secrets.token_hex(4)}")
    try:
        folder.rename(gone)
        shutil.rmtree(gone)
    except OSError as error:
        raise StorageError(f"{folder} can't be removed wholly: {error.strerror or error}.") from error


def _write_synced(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself durable; filesystems that can't sync a folder are left to their own promise."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _explained(error: OSError, folder: Path, need: int) -> StorageError:
    if error.errno in NO_SPACE:
        return DiskFullError(
            f"The disk of {folder} is full: {need:,} bytes are needed. "
            "Nothing was saved; free some space and try again."
        )
    return StorageError(f"{folder} can't be written: {error.strerror or error}. Nothing was saved.")
