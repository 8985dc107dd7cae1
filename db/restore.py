"""Puts a backup made by db.backup in the place of the library. Close the app first.

Everything is unpacked and checked beside the library before anything is moved. A library that holds something
is only replaced with --force, and even then it is kept, under the name that is printed.
"""

import shutil
import sqlite3
import sys
import zlib
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from zipfile import BadZipFile, ZipFile, ZipInfo

from core.errors import DiskFullError, InputError, LibraryBusyError, NewerSchemaError, Script2SkinError
from core.settings import Settings
from db.archive import DATABASE, MANIFEST, Manifest, allowed, pictures_in, read_manifest, sha256_of
from db.audit import Action, at_the_command_line
from db.engine import sqlite_path
from db.failures import translated
from db.migrate import known_schemas
from db.repository import open_repository
from db.times import utc_now

SYMLINK = 0o120000


def restore(settings: Settings, source: Path, force: bool = False) -> Path | None:
    """Replaces the library by the backup; returns where the old one was put, None if there was none.

    Raises:
        InputError: the file is no backup or damaged, or the library holds something and ``force`` is not set.
        LibraryBusyError: the app has the library open.
        NewerSchemaError: a newer version wrote the backup.
        DiskFullError, StorageError: it could not be unpacked. In all cases the library is as it was.
    """
    library = settings.library
    with translated(library), _opened(source) as archive:
        manifest = read_manifest(archive)
        _check_names(archive)
        _check_place(settings, force)
        library.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(mkdtemp(prefix=f".{library.name}-restoring-", dir=library.parent))
        try:
            _unpack(archive, staged)
            _verify(staged, manifest, source)
            _check_closed(settings)
            return _swap(settings, staged)
        finally:
            shutil.rmtree(staged, ignore_errors=True)


@contextmanager
def _opened(source: Path) -> Iterator[ZipFile]:
    try:
        with ZipFile(source) as archive:
            yield archive
    except FileNotFoundError as error:
        if error.filename not in (source, str(source)):
            raise
        raise InputError(f"There is no file {source}.") from error
    except (BadZipFile, EOFError, zlib.error, NotImplementedError) as error:
        raise InputError(f"{source} is damaged or no ZIP file ({error}); nothing was changed.") from error


def _check_names(archive: ZipFile) -> None:
    """Refuses names that leave the library, links, and what no backup holds."""
    for member in archive.infolist():
        if not allowed(member.filename) or _is_link(member):
            raise InputError(
                f"{archive.filename} holds '{member.filename:.80}', which no backup does; it was refused."
            )


def _is_link(member: ZipInfo) -> bool:
    return (member.external_attr >> 16) & 0o170000 == SYMLINK


def _check_place(settings: Settings, force: bool) -> None:
    library, database = settings.library, sqlite_path(settings.database_url)
    taken = library.exists() and any(library.iterdir())
    if (taken or (database and database.exists())) and not force:
        raise InputError(f"The library {library} holds something. With --force it is set aside and replaced.")


def _check_closed(settings: Settings) -> None:
    """Leaving WAL mode needs every other connection to be closed, and folds the log into the file."""
    library, database = settings.library, sqlite_path(settings.database_url)
    if database is None or not database.exists():
        return
    try:
        with closing(sqlite3.connect(database, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        raise LibraryBusyError(
            f"The library {library} is open in another program; close the app first."
        ) from error
    except sqlite3.DatabaseError:
        return  # a damaged database is what restoring is for


def _unpack(archive: ZipFile, staged: Path) -> None:
    need = sum(member.file_size for member in archive.infolist())
    free = shutil.disk_usage(staged).free
    if need > free:
        raise DiskFullError(f"The backup needs {need:,} bytes and {free:,} are free; nothing was changed.")
    archive.extractall(staged)
    (staged / MANIFEST).unlink()


def _verify(staged: Path, manifest: Manifest, source: Path) -> None:
    """Compares every file with what the manifest and the database say of it."""
    database = staged / DATABASE
    if manifest.database_sha256 is None:
        return
    if not database.is_file() or _digest(database) != manifest.database_sha256:
        raise InputError(f"The database in {source} is missing or altered; nothing was changed.")
    if (schema := _checked_schema(database, source)) not in known_schemas():
        raise NewerSchemaError(
            f"{source} was written by a newer version (schema {schema}); update the app first."
        )
    for image, thumbnail, digest in pictures_in(database):
        if not (staged / image).is_file() or not (staged / thumbnail).is_file():
            continue  # it was missing when the backup was made, and db.backup said so
        if allowed(image) and _digest(staged / image) != digest:
            raise InputError(f"The picture {image} in {source} is altered; nothing was changed.")


def _checked_schema(database: Path, source: Path) -> str:
    try:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            state = connection.execute("PRAGMA integrity_check").fetchone()[0]
            schema = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    except (sqlite3.DatabaseError, TypeError) as error:
        raise InputError(f"The database in {source} can't be read ({error}); nothing was changed.") from error
    if state != "ok":
        raise InputError(f"The database in {source} is damaged ({state}); nothing was changed.")
    return schema


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return sha256_of(file)


def _swap(settings: Settings, staged: Path) -> Path | None:
    """Renames old and new; if any rename fails, those before it are taken back."""
    library, database = settings.library, sqlite_path(settings.database_url)
    aside = library.with_name(f"{library.name}.before-restore-{utc_now():%Y%m%dT%H%M%S%f}")
    moves = [(library, aside)] if library.exists() else []
    apart = database is not None and not database.is_relative_to(library)
    if database is not None and (staged / DATABASE).exists():
        target = database if apart else staged / database.relative_to(library)
        if apart and database.exists():
            moves.append((database, database.with_name(f"{database.name}.{aside.name}")))
        if target != staged / DATABASE:
            moves.append((staged / DATABASE, target))
    shutil.copymode(library if library.exists() else library.parent, staged)
    _rename_all([*moves, (staged, library)])
    if aside.exists() and not any(aside.iterdir()):
        aside.rmdir()
    return aside if aside.exists() else None


def _rename_all(moves: list[tuple[Path, Path]]) -> None:
    done: list[tuple[Path, Path]] = []
    try:
        for old, new in moves:
            new.parent.mkdir(parents=True, exist_ok=True)
            old.rename(new)
            done.append((old, new))
    except OSError:
        for old, new in reversed(done):
            new.rename(old)
        raise


def _write_down(settings: Settings, source: Path, aside: Path | None) -> None:
    """A line in the restored library's audit log; what was logged since the backup lies in the old one."""
    before = f"; the library before is {aside.name}" if aside else ""
    with closing(open_repository(settings)) as repository:
        detail = f"from {source.name}{before}"
        repository.audit.note(at_the_command_line(), Action.RESTORED, "library", detail)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    parser = ArgumentParser(
        "python -m db.restore", None, __doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--input", type=Path, required=True, metavar="FILE.zip", help="a backup by db.backup")
    parser.add_argument("--force", action="store_true", help="set an existing library aside and replace it")
    arguments = parser.parse_args(argv)
    settings = Settings.from_environment()
    try:
        aside = restore(settings, arguments.input, arguments.force)
        _write_down(settings, arguments.input, aside)
    except Script2SkinError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Restored {settings.library}.")
    if aside:
        print(f"What was there before is in {aside}; remove it when you no longer need it.")
    if sqlite_path(settings.database_url) is None:
        print("The database was not restored: it is no SQLite file. Restore it with pg_restore or psql.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
