"""What a backup file is: a ZIP of a manifest, the database, all picture files that the database names, and
the start pictures that are kept."""

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

from core.drawing.starts import FOLDER, StartKind
from core.errors import InputError

FORMAT = 2
READABLE = (1, 2)
"""Formats that this version restores; the first held no start pictures."""

DATABASE = "script2skin.db"
MANIFEST = "manifest.json"
KEPT_STARTS = (f"{FOLDER}/{StartKind.KEPT}", f"{FOLDER}/{StartKind.PHANTOM}")
_ROOTS = "|".join(("images", "thumbnails", *KEPT_STARTS))
_MEMBER = re.compile(rf"({_ROOTS})/([A-Za-z0-9_][A-Za-z0-9_.-]*/)*[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Manifest:
    """First entry of a backup. ``database_sha256`` is None where the database was left to pg_dump."""

    format: int
    created_at: str
    schema: str
    pictures: int
    database_sha256: str | None

    def to_json(self) -> str:
        """Readable JSON."""
        return json.dumps(asdict(self), indent=2)


def allowed(name: str) -> bool:
    """Whether a member's name stays inside the library (no "..", no absolute path, no other folder)."""
    return name in (DATABASE, MANIFEST) or _MEMBER.fullmatch(name) is not None


def read_manifest(archive: ZipFile) -> Manifest:
    """Raises InputError if the archive is no backup, or one of a newer format."""
    try:
        manifest = Manifest(**json.loads(archive.read(MANIFEST)))
    except (KeyError, ValueError, TypeError, BadZipFile) as error:
        raise InputError(
            f"{archive.filename} is no backup of Script2Skin: it has no readable manifest."
        ) from error
    if manifest.format not in READABLE:
        raise InputError(
            f"{archive.filename} was written by a newer version of Script2Skin; update the app first."
        )
    return manifest


def sha256_of(file: IO[bytes]) -> str:
    """SHA-256 of an open file, without holding it in memory."""
    return file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def pictures_in(database: Path) -> list[tuple[str, str, str]]:
    """(image path, thumbnail path, SHA-256 of the image) of each picture, relative to the library."""
    query = "SELECT DISTINCT image_path, thumbnail_path, file_sha256 FROM generations ORDER BY image_path"
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()
