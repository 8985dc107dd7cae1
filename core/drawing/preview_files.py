"""Previews of running jobs: small JPEG files in the library that a page shows while a picture forms."""

import os
import time
from contextlib import suppress
from pathlib import Path

from PIL import Image

FOLDER = "previews"
STALE_SECONDS = 3600.0


def preview_path(library: Path, job_id: int) -> Path:
    """Where the preview of a running job is, if there is one yet."""
    return library / FOLDER / f"{job_id}.jpg"


def write_preview(library: Path, job_id: int, image: Image.Image) -> None:
    """Replaces the preview in one move, so that a page never reads half of it.

    A disk that is full costs the preview only: whether the picture fits is found, and said, at its own turn.
    """
    path = preview_path(library, job_id)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(temporary, format="JPEG", quality=80)
        temporary.replace(path)


def remove_preview(library: Path, job_id: int) -> None:
    """Removes a job's preview, and what a worker killed while writing it left."""
    for path in (library / FOLDER).glob(f"{job_id}.*"):
        path.unlink(missing_ok=True)


def sweep_previews(library: Path, older_than: float = STALE_SECONDS) -> None:
    """Removes what killed workers left: every file that nobody has written to for ``older_than`` seconds."""
    limit = time.time() - older_than
    for path in (library / FOLDER).glob("*"):
        try:
            if path.stat().st_mtime < limit:
                path.unlink()
        except FileNotFoundError:
            continue
