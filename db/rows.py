"""Small queries that several stores share, and the way from a row to a record."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from core.errors import NotFoundError
from core.jobs import Job, JobState
from core.recipes import Recipe
from core.roles import Capability, allows, require
from db.records import CRITERIA, Generation, Rating, Verdict, Visibility
from db.tables import users


def user_id(connection: Connection, name: str) -> int:
    """Raises NotFoundError if nobody has this name."""
    found = connection.execute(select(users.c.id).where(users.c.name == name)).scalar()
    if found is None:
        raise NotFoundError(f"There is no user named '{name}' in this library.")
    return int(found)


def insert_missing(connection: Connection, table: Table, **values: Any) -> bool:
    """Inserts the row unless one with its key is there; True if it was inserted.

    The row's key is asked back: PostgreSQL's driver counts no rows where SQLAlchemy fetches a new key.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    missing = insert(table).values(**values).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(missing).first() is not None


def to_generation(row: RowMapping, library: Path) -> Generation:
    """Reads a row of generations joined with its owner's name and ``starred``."""
    return Generation(
        id=row["id"],
        owner=row["owner"],
        visibility=Visibility(row["visibility"]),
        created_at=row["created_at"],
        recipe=Recipe.from_json(row["recipe"]),
        image_path=library / row["image_path"],
        thumbnail_path=library / row["thumbnail_path"],
        file_sha256=row["file_sha256"],
        bytes=row["bytes"],
        seconds=row["seconds"],
        starred=bool(row["starred"]),
        rating_count=row["rating_count"],
        realism_mean=row["realism_mean"],
        deleted_at=row["deleted_at"],
    )


def to_job(row: RowMapping) -> Job:
    """Reads a row of jobs joined with its owner's name."""
    same = ["id", "request_id", "owner", "created_at", "started_at", "finished_at", "step", "total_steps"]
    same += ["message", "attempts", "cancel_requested", "generation_id"]
    return Job(
        recipe=Recipe.from_json(row["recipe"]),
        state=JobState(row["state"]),
        **{name: row[name] for name in same},
    )


def to_rating(row: RowMapping) -> Rating:
    """Reads a row of ratings joined with its rater's name."""
    same = ("id", "generation_id", "rater", "created_at", "blind", "realism", "comment")
    criteria = {name: Verdict(row[name]) for name in CRITERIA if row[name] is not None}
    return Rating(criteria=criteria, **{name: row[name] for name in same})


def allowed_id(connection: Connection, name: str, capability: Capability) -> int:
    """The user's id.

    Raises:
        NotFoundError: nobody has this name.
        NotAllowedError: their role may not.
    """
    id = user_id(connection, name)
    require(role_of(connection, id), capability)
    return id


def role_of(connection: Connection, user: int) -> str:
    """The role of a user, by id."""
    return str(connection.execute(select(users.c.role).where(users.c.id == user)).scalar_one())


def may_change(connection: Connection, owner: str, asking: str) -> bool:
    """True for the owner and for admins."""
    return owner == asking or allows(role_of(connection, user_id(connection, asking)), Capability.ADMINISTER)
