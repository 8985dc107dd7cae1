"""Finished exports wait in the library until they are fetched; after some days they go by themselves."""

import shutil
from collections.abc import Iterator
from pathlib import Path

FOLDER = "exports"
DAY = 86_400


def shelf(library: Path) -> Path:
    """Where the app writes exports."""
    return library / FOLDER


def on_shelf(library: Path) -> list[Path]:
    """Finished exports, oldest first."""
    found = [path for path in _entries(library) if not path.name.startswith(".")]
    return sorted(found, key=lambda path: (path.stat().st_mtime, path.name))


def clear_shelf(library: Path, days: float, now: float) -> int:
    """Removes what was last written more than ``days`` before ``now`` (seconds since 1970); returns how many.

    What a killed program left half-written goes with it, but not within a day: it may be on its way.
    """
    old = [path for path in on_shelf(library) if path.stat().st_mtime <= now - days * DAY]
    stale = [path for path in _entries(library) if path.name.startswith(".")]
    stale = [path for path in stale if path.stat().st_mtime <= now - max(days, 1) * DAY]
    for path in (*old, *stale):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(old)


def _entries(library: Path) -> Iterator[Path]:
    folder = shelf(library)
    return folder.iterdir() if folder.is_dir() else iter(())
