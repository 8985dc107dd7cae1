"""Brings the database of the library to this version's schema.

The app does this whenever it opens a library: it copies the database to backups/ in the library first, and
puts the copy back if the upgrade fails. With --revision MESSAGE (for developers) the difference between
db/tables and the migrations is written as a new migration.
"""

import sqlite3
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, NullPool, inspect, text

from core.errors import NewerSchemaError, Script2SkinError, StorageError
from core.settings import Settings
from db.engine import make_engine, sqlite_path
from db.failures import translated
from db.tables import SCHEMA
from db.times import utc_now

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
MIGRATION_BUSY_SECONDS = 120.0
_LOCK = 7_201_511_914
"""An arbitrary number: PostgreSQL's advisory lock that lets one process migrate at a time."""


def upgrade(url: str, library: Path, migrations: Path = MIGRATIONS, target: str = SCHEMA) -> None:
    """Upgrades the database to ``target``; does nothing when it is there. Safe to call from many processes.

    Raises:
        NewerSchemaError: the schema is unknown to this version; nothing was changed.
        StorageError: the upgrade failed (the database is as it was before), or the file is no library.
    """
    with translated(library):
        engine = make_engine(url, foreign_keys=False, busy_seconds=MIGRATION_BUSY_SECONDS, poolclass=NullPool)
        with engine.connect() as connection:
            found = schema_of(connection)
        if found != target:
            _check_known(found, migrations)
            with engine.connect() as plain:
                _upgrade_alone(plain.execution_options(writes=True), library, migrations, target)


def schema_of(connection: Connection) -> str | None:
    """The revision recorded in the database; None for an empty one.

    Raises:
        StorageError: there are tables, but not ours.
    """
    names = inspect(connection).get_table_names()
    if "alembic_version" in names:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if names:
        raise StorageError(
            f"The database {connection.engine.url.render_as_string()} holds tables of another program "
            f"({', '.join(names[:3])}). Choose another with SCRIPT2SKIN_DATABASE."
        )
    return None


def known_schemas(migrations: Path = MIGRATIONS) -> list[str]:
    """The revisions that this version can read or upgrade, newest first."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(alembic_config(migrations))
    return [revision.revision for revision in script.walk_revisions()]


def _check_known(found: str | None, migrations: Path) -> None:
    known = known_schemas(migrations)
    if found is not None and found not in known:
        raise NewerSchemaError(
            f"This library was written by a newer version of Script2Skin (schema {found}; this version knows "
            f"up to {known[0]}). Update the app; the database was not touched."
        )


def _upgrade_alone(connection: Connection, library: Path, migrations: Path, target: str) -> None:
    """Upgrades under the database's write lock; whoever waited for it finds the work done."""
    path = sqlite_path(str(connection.engine.url))
    backup: Path | None = None
    try:
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            found = schema_of(connection)
            if found == target:
                return
            if path is not None and found is not None:
                backup = back_up_file(path, library / "backups", found)
            _run_migrations(connection, migrations, target)
    except Exception as error:
        _put_back(path, backup)
        if isinstance(error, Script2SkinError):
            raise
        kept = f"; the copy made before it is {backup}" if backup else ""
        raise StorageError(
            f"The database of {library} could not be upgraded: {error}. It is as it was before{kept}."
        ) from error


def _run_migrations(connection: Connection, migrations: Path, target: str) -> None:
    from alembic import command

    config = alembic_config(migrations)
    config.attributes["connection"] = connection
    command.upgrade(config, target)
    if connection.dialect.name == "sqlite":
        orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
        if orphans:
            raise StorageError(f"The upgrade would have left {len(orphans)} rows without their parent.")


def alembic_config(migrations: Path = MIGRATIONS) -> "Config":
    """Alembic's settings, made here so that they do not depend on the current folder."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def back_up_file(database: Path, folder: Path, schema: str) -> Path:
    """Copies a SQLite database, writers or not, and returns the copy's path.

    Raises:
        OSError, sqlite3.Error: the copy could not be written; nothing is left of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{database.stem}-{schema}-{utc_now():%Y%m%dT%H%M%S%f}.db"
    try:
        copy_database(database, target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target


def copy_database(source: Path, target: Path) -> None:
    """Copies through SQLite itself, which sees one consistent state and waits for locks."""
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)


def _put_back(path: Path | None, backup: Path | None) -> None:
    """Undoes what a failed migration committed on the way (SQLite rolls back the rest by itself)."""
    if path is not None and backup is not None:
        copy_database(backup, path)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    parser = ArgumentParser(
        "python -m db.migrate", None, __doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--revision", metavar="MESSAGE", help="write a new migration from db/tables")
    arguments = parser.parse_args(argv)
    settings = Settings.from_environment()
    try:
        settings.library.mkdir(parents=True, exist_ok=True)
        upgrade(settings.database_url, settings.library)
        if arguments.revision:
            _write_revision(settings.database_url, arguments.revision)
    except Script2SkinError as error:
        parser.exit(1, f"{error}\n")
    print(f"The database has schema {SCHEMA}.")
    return 0


def _write_revision(url: str, message: str) -> None:
    from alembic import command

    config = alembic_config()
    with make_engine(url).connect() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message, autogenerate=True)


if __name__ == "__main__":
    raise SystemExit(main())
