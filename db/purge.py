"""Removes for good what was deleted in History more than --days ago.

Pictures of a study stay. With the others go their ratings and stars, and their files unless another picture
has the same ones. Start pictures that no picture is left of, files that a killed program left
half-written, previews of jobs long over, and exports that the app kept long enough, go too.
"""

import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Select, delete, exists, or_, select

from core.errors import InputError, Script2SkinError
from core.exporting.shelf import clear_shelf
from core.settings import Settings
from db.audit import Action, at_the_command_line, write
from db.engine import Database
from db.files import leftovers
from db.id_ranges import in_words
from db.starts import remove_unused, sweep
from db.tables import generation_sites, generations, prompts, ratings, reveals, stars, study_items

LEFTOVER_AGE = timedelta(days=1)
PIECE = 500
"""Pictures a transaction: others get their turn between."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What was removed."""

    generations: int
    files: int
    leftovers: int


def purge(database: Database, older_than_days: int, by: str | None = None) -> Purged:
    """Removes rows and files under one lock, so that no picture drawn meanwhile can lose its file to it.

    ``by`` stands in the audit log; without it the account that the command runs under.

    Raises:
        InputError: a negative number of days.
    """
    if older_than_days < 0:
        raise InputError(f"--days is {older_than_days}; it must be 0 or more.")
    limit = database.clock() - timedelta(days=older_than_days)
    rows = files = 0
    while True:
        with database.writing() as connection:
            old = connection.execute(_deleted_before(limit)).all()
            paths = sorted({path for row in old for path in (row.image_path, row.thumbnail_path)})
            _remove_rows(connection, [row.id for row in old])
            _write_down(connection, database, by or at_the_command_line(), [row.id for row in old])
            files += sum(_remove_file(connection, database.library, path) for path in paths)
        rows += len(old)
        if len(old) < PIECE:
            sweep(database)
            files += remove_unused(database, limit)
            return Purged(rows, files, _remove_leftovers(database))


def _deleted_before(limit: datetime) -> Select:
    g = generations.c
    asked = exists().where(study_items.c.generation_id == g.id)
    old = select(g.id, g.image_path, g.thumbnail_path).where(g.deleted_at < limit, ~asked)
    return old.order_by(g.id).limit(PIECE)


def _remove_rows(connection: Connection, ids: list[int]) -> None:
    """What refers to a picture first: ratings let go of it only while it still says that it is deleted."""
    for id in ids:
        for table in (ratings, reveals, stars, generation_sites):
            connection.execute(delete(table).where(table.c.generation_id == id))
        connection.execute(delete(generations).where(generations.c.id == id))
    unused = ~exists().where(generations.c.prompt_id == prompts.c.id)
    if ids:
        connection.execute(delete(prompts).where(unused))


def _write_down(connection: Connection, database: Database, by: str, ids: list[int]) -> None:
    if ids:
        subject = f"{len(ids)} pictures for good"
        write(connection, database, by, Action.DELETED, subject, f"purged: {in_words(ids)}")


def _remove_file(connection: Connection, library: Path, path: str) -> bool:
    """Unlinks the file if no picture refers to it; True if it was there."""
    g = generations.c
    used = select(g.id).where(or_(g.image_path == path, g.thumbnail_path == path)).limit(1)
    file = library / path
    if connection.execute(used).first() is not None or not file.is_file():
        return False
    file.unlink()
    return True


def _remove_leftovers(database: Database) -> int:
    limit = (database.clock() - LEFTOVER_AGE).timestamp()
    old = list(leftovers(database.library, limit))
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def clear_old_exports(settings: Settings) -> int:
    """Removes exports that have waited longer than the setting says; returns how many."""
    days = settings.export_days
    return clear_shelf(settings.library, days, time.time()) if days else 0


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    parser = ArgumentParser("python -m db.purge", None, __doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=30, help="age of the deletion in days (default: 30)")
    arguments = parser.parse_args(argv)
    from db.repository import open_repository

    try:
        settings = Settings.from_environment()
        with closing(open_repository(settings)) as repository:
            purged = purge(repository.database, arguments.days)
        exports = clear_old_exports(settings)
    except Script2SkinError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        f"Removed {purged.generations} pictures, {purged.files} files, {purged.leftovers} left-overs and "
        f"{exports} exports."
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
