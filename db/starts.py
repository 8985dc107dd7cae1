"""Start pictures come with the jobs that need them and go when nobody needs them any more.

Files and rows agree because both change under one write lock: a passing photograph is stored in the
transaction that queues its jobs, and only removed in one that finds no waiting or running job of it.
"""

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, and_, or_, select, text

from core.drawing.starts import (
    FOLDER,
    StartKind,
    StartPicture,
    find_start,
    gone_message,
    start_path,
    store_start,
)
from core.errors import InputError, NotAllowedError, StorageError
from core.jobs import JobState
from core.recipes import Recipe
from db.audit import Action, write
from db.engine import Database
from db.tables import generations, jobs, users

logger = logging.getLogger(__name__)
ACTIVE = (JobState.QUEUED, JobState.RUNNING)
CLOSED_WITHOUT_PICTURE = (JobState.FAILED, JobState.CANCELLED)
ADVISORY_LOCK = 5_737_474
"""PostgreSQL lets writers in together, so those who touch start pictures take turns by this number."""


@dataclass(frozen=True, slots=True)
class Starts:
    """The start pictures of one library."""

    database: Database

    def forget(self, sha256: str, asking: str) -> None:
        """Removes a kept photograph for good. Whoever drew from it may.

        Raises:
            NotAllowedError: the asking person never drew from it.
            InputError: a waiting or running job needs it.
        """
        with self.database.writing() as connection:
            take_turns(connection)
            if not _drew_from(connection, sha256, asking):
                raise NotAllowedError("Only those who drew from this photograph may delete it.")
            if needed(connection, sha256):
                raise InputError(
                    "Pictures that start from this photograph are still waiting. Cancel them first."
                )
            for kind in (StartKind.KEPT, StartKind.PASSING):
                start_path(self.database.library, kind, sha256).unlink(missing_ok=True)
            write(connection, self.database, asking, Action.DELETED, f"start picture {sha256}")


def bring(
    connection: Connection, library: Path, recipes: Iterable[Recipe], starts: Sequence[StartPicture]
) -> None:
    """Stores start pictures inside the transaction that queues their jobs.

    Raises:
        InputError: a recipe's start picture is neither given nor in the library.
        DiskFullError, StorageError: one could not be written.
    """
    wanted = {recipe.start_hash for recipe in recipes if recipe.start_hash is not None}
    if not wanted:
        return
    take_turns(connection)
    for start in starts:
        if start.sha256 in wanted:
            store_start(library, start)
    for sha256 in sorted(wanted):
        if find_start(library, sha256) is None:
            raise InputError(gone_message(sha256))


def sweep(database: Database) -> None:
    """Removes passing photographs that no waiting or running job needs, and half-written files.

    What can't be removed now is tried again when the next job is looked for.
    """
    folder = database.library / FOLDER / StartKind.PASSING
    if not any(folder.glob("*")):
        return
    try:
        with database.writing() as connection:
            take_turns(connection)
            for path in folder.glob("*"):
                if path.suffix != ".png" or not needed(connection, path.stem):
                    path.unlink(missing_ok=True)
    except StorageError as error:
        logger.warning("start pictures were not swept: %s", error)


def remove_unused(database: Database, limit: datetime) -> int:
    """Removes kept photographs and phantoms that no picture and no job started from; returns how many.

    Jobs that failed or were cancelled count until ``limit``: until then they may be tried again.
    """
    folders = [database.library / FOLDER / kind for kind in (StartKind.KEPT, StartKind.PHANTOM)]
    if not any(any(folder.glob("*.png")) for folder in folders):
        return 0
    with database.writing() as connection:
        take_turns(connection)
        used = _used(connection, limit)
        unused = [path for folder in folders for path in folder.glob("*.png") if path.stem not in used]
        for path in unused:
            path.unlink(missing_ok=True)
    return len(unused)


def needed(connection: Connection, sha256: str) -> bool:
    """True while a waiting or running job starts from this picture."""
    query = select(jobs.c.id).where(jobs.c.state.in_(ACTIVE), jobs.c.recipe.contains(sha256))
    return connection.execute(query.limit(1)).first() is not None


def take_turns(connection: Connection) -> None:
    """Waits for others that change start pictures; SQLite's writers are alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})


def _drew_from(connection: Connection, sha256: str, name: str) -> bool:
    for table in (generations, jobs):
        query = select(table.c.id).join(users, users.c.id == table.c.owner_id)
        mine = query.where(users.c.name == name, table.c.recipe.contains(sha256))
        if connection.execute(mine.limit(1)).first() is not None:
            return True
    return False


def _used(connection: Connection, limit: datetime) -> set[str]:
    """Hashes that pictures, and jobs that may still give one, start from."""
    j, mark = jobs.c, '"start_hash":"'
    waiting = or_(j.state.in_(ACTIVE), and_(j.state.in_(CLOSED_WITHOUT_PICTURE), j.finished_at >= limit))
    queries = (
        select(generations.c.recipe).where(generations.c.recipe.contains(mark)),
        select(j.recipe).where(j.recipe.contains(mark), waiting),
    )
    return {json.loads(row.recipe)["start_hash"] for query in queries for row in connection.execute(query)}
