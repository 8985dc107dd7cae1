"""The files of a library: how much space they take, and which of them are left-overs."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from core.drawing.starts import FOLDER as STARTS
from core.exporting.shelf import shelf
from db.engine import sqlite_path
from db.records import DiskUse

PICTURES = ("images", "thumbnails")
TEMPORARY = ".*.tmp"
"""How ``core.files`` names a file that is not yet written whole."""


def disk_use(library: Path, database_url: str) -> DiskUse:
    """Measures the library's folders, its database with backups, and the free space of its disk."""
    images, thumbnails = (_size(library / folder) for folder in PICTURES)
    path = sqlite_path(database_url)
    files = [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")] if path else []
    database = sum(file.stat().st_size for file in files if file.exists()) + _size(library / "backups")
    free = shutil.disk_usage(library).free
    besides = {"starts": _size(library / STARTS), "exports": _size(shelf(library))}
    return DiskUse(images, thumbnails, database, free, **besides)


def _size(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in _files(folder))


def _files(folder: Path) -> Iterator[os.DirEntry]:
    """All files below, through scandir: a library may hold 100,000."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield entry


def leftovers(library: Path, older_than: float) -> Iterator[Path]:
    """Temporary files and previews last written before the time (seconds of the epoch)."""
    for folder in (*PICTURES, "previews"):
        for entry in _files(library / folder):
            temporary = Path(entry.name).match(TEMPORARY)
            if (temporary or folder == "previews") and entry.stat().st_mtime < older_than:
                yield Path(entry.path)
