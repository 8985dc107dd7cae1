"""Turns what the database driver and the file system raise into the errors that a user can act on."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import DiskFullError, LibraryBusyError, StorageError

_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED", "55P03", "40P01", "40001"}
_FULL = {"SQLITE_FULL", "53100"}
_CORRUPT = {"SQLITE_CORRUPT", "SQLITE_NOTADB", "XX001"}
_UNREACHABLE = {"SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_PERM"}


@contextmanager
def translated(library: Path) -> Iterator[None]:
    """Runs a block; driver and disk errors leave it as ``StorageError`` or one of its children."""
    try:
        yield
    except DBAPIError as error:
        raise storage_error(error.orig or error, library) from error
    except PoolTimeout as error:
        raise _busy(library) from error
    except (sqlite3.Error, OSError) as error:
        raise storage_error(error, library) from error


def storage_error(error: BaseException, library: Path) -> StorageError:
    """The error a user sees for what SQLite, PostgreSQL or the disk reported."""
    code = _code(error)
    if code in _FULL:
        return DiskFullError(
            f"The disk that holds {library} is full; nothing was recorded. Free some space and try again."
        )
    if code in _BUSY:
        return _busy(library)
    if code in _CORRUPT:
        return StorageError(
            f"The database of the library {library} is damaged ({error}). Restore your last backup with "
            f"'python -m db.restore --input FILE.zip --force' or copy one from {library / 'backups'} over it."
        )
    if code in _UNREACHABLE or isinstance(error, OSError):
        return StorageError(f"The library {library} can't be read or written: {error}.")
    return StorageError(f"The library {library} refused the record: {error}")


def _busy(library: Path) -> LibraryBusyError:
    return LibraryBusyError(
        f"Another program is using the library {library}; nothing was recorded. Try again in a moment."
    )


def _code(error: BaseException) -> str:
    """SQLite's error name without its extension, or PostgreSQL's SQLSTATE; "" where there is none."""
    if isinstance(error, OSError):
        return "SQLITE_FULL" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
    name = getattr(error, "sqlite_errorname", None)
    if name:
        return "_".join(name.split("_")[:2])
    return getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or ""
