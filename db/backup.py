"""Saves the whole library as one ZIP file: the database, every picture and thumbnail it names, and the start
pictures that are kept.

The app may be running meanwhile. Where the database is PostgreSQL, the file holds the pictures only: save the
database itself with pg_dump.
"""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from sqlalchemy import select

from core.errors import InputError, Script2SkinError
from core.settings import Settings
from db.archive import DATABASE, FORMAT, KEPT_STARTS, MANIFEST, Manifest, pictures_in, sha256_of
from db.audit import at_the_command_line
from db.engine import sqlite_path
from db.failures import translated
from db.migrate import copy_database
from db.repository import Repository, open_repository
from db.tables import SCHEMA, generations
from db.times import utc_now


@dataclass(frozen=True, slots=True)
class Saved:
    """What a backup holds. ``missing`` names files that the database knows and the library lacks."""

    pictures: int
    missing: tuple[str, ...]
    with_database: bool


def backup(repository: Repository, output: Path) -> Saved:
    """Writes the archive beside its place and renames it when it is whole.

    Raises:
        InputError: the output exists already.
        DiskFullError, StorageError: it could not be written; nothing is left of it.
    """
    if output.exists():
        raise InputError(f"{output} exists; choose another name, so that no backup is lost.")
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_name(f".{output.name}.tmp")
    try:
        with translated(repository.library):
            saved = _write(repository, part)
            part.replace(output)
    finally:
        part.unlink(missing_ok=True)
    return saved


def _write(repository: Repository, part: Path) -> Saved:
    """The database first: files named in it never change, and later pictures are not in it."""
    database = sqlite_path(repository.database_url)
    with TemporaryDirectory(prefix=".backup-", dir=part.parent) as folder, ZipFile(part, "w") as archive:
        copy = Path(folder) / DATABASE
        if database is not None:
            copy_database(database, copy)
        pictures = pictures_in(copy) if database is not None else _pictures(repository)
        archive.writestr(MANIFEST, _manifest(copy, len(pictures)).to_json())
        if copy.exists():
            archive.write(copy, DATABASE, ZIP_DEFLATED)
        names = dict.fromkeys(chain.from_iterable((image, thumbnail) for image, thumbnail, _ in pictures))
        missing = tuple(_add_files(archive, repository.library, names))
        _add_starts(archive, repository.library)
        return Saved(len(pictures), missing, database is not None)


def _add_files(archive: ZipFile, library: Path, names: Iterable[str]) -> Iterable[str]:
    """Adds pictures as they are (PNG and WebP don't shrink); yields the names of those not found."""
    for name in names:
        if (library / name).is_file():
            archive.write(library / name, name, ZIP_STORED)
        else:
            yield name


def _add_starts(archive: ZipFile, library: Path) -> None:
    """One that is deleted meanwhile is left out: nobody wants it back."""
    for folder in KEPT_STARTS:
        for path in sorted((library / folder).glob("*.png")):
            with suppress(FileNotFoundError):
                archive.write(path, f"{folder}/{path.name}", ZIP_STORED)


def _manifest(copy: Path, pictures: int) -> Manifest:
    digest = None
    if copy.exists():
        with copy.open("rb") as file:
            digest = sha256_of(file)
    return Manifest(FORMAT, utc_now().isoformat(), SCHEMA, pictures, digest)


def _pictures(repository: Repository) -> list[tuple[str, str, str]]:
    g = generations.c
    query = select(g.image_path, g.thumbnail_path, g.file_sha256).distinct().order_by(g.image_path)
    with repository.database.reading() as connection:
        return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code (1 also if pictures were missing)."""
    parser = ArgumentParser("python -m db.backup", None, __doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, metavar="FILE.zip", help="the new backup")
    arguments = parser.parse_args(argv)
    try:
        with closing(open_repository(Settings.from_environment())) as repository:
            saved = backup(repository, arguments.output)
            repository.audit.exported(at_the_command_line(), "backup", f"{saved.pictures} pictures")
    except Script2SkinError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Saved {saved.pictures} pictures to {arguments.output}.")
    if not saved.with_database:
        print("The database is not in it: it is no SQLite file. Save it with pg_dump, at the same time.")
    for name in saved.missing:
        print(f"Missing in the library: {name}", file=sys.stderr)
    return 1 if saved.missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
