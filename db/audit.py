"""The audit log: who generated, rated, revealed, exported, deleted, changed a role or activated a model."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from getpass import getuser

from sqlalchemy import Connection, Select, insert, select

from core.roles import Capability
from db.engine import Database
from db.rows import allowed_id
from db.tables import audit


class Action(StrEnum):
    """What is written down."""

    GENERATED = "generated"
    RATED = "rated"
    REVEALED = "revealed"
    EXPORTED = "exported"
    DELETED = "deleted"
    RESTORED = "restored"
    CANCELLED = "cancelled"
    PERSON_ADDED = "person added"
    ROLE_CHANGED = "role changed"
    MODEL_ADDED = "model added"
    MODEL_ACTIVATED = "model activated"
    MODEL_REMOVED = "model removed"
    STUDY_MADE = "study made"
    STUDY_CLOSED = "study closed"
    STUDY_REOPENED = "study reopened"
    STUDY_DELETED = "study deleted"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the log, never changed."""

    id: int
    created_at: datetime
    actor: str
    action: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Audit:
    """The log of one library: everybody adds to it by what they do, admins read it."""

    database: Database

    def exported(self, actor: str, subject: str, detail: str = "") -> None:
        """Writes down that somebody took something out of the library."""
        self.note(actor, Action.EXPORTED, subject, detail)

    def note(self, actor: str, action: Action, subject: str, detail: str = "") -> None:
        """Writes down what left no other trace in the database."""
        with self.database.writing() as connection:
            write(connection, self.database, actor, action, subject, detail)

    def entries(
        self, asking: str, actions: Iterable[str] = (), before: int | None = None, limit: int | None = 100
    ) -> list[AuditEntry]:
        """Newest first; ``before`` is the id to go on from, no limit gives all.

        Raises:
            NotAllowedError: the asking user is no admin.
        """
        with self.database.reading() as connection:
            allowed_id(connection, asking, Capability.ADMINISTER)
            return [AuditEntry(*row) for row in connection.execute(_query(tuple(actions), before, limit))]


def at_the_command_line() -> str:
    """Who stands in the log for a command that asks for no name: the account it ran under."""
    try:
        return f"{getuser()} (command line)"
    except (OSError, KeyError):
        return "command line"


def write(
    connection: Connection, database: Database, actor: str, action: Action, subject: str, detail: str = ""
) -> None:
    """Adds a line in the transaction of what it speaks of: neither is kept without the other."""
    values = {"actor": actor, "action": action.value, "subject": subject[:200], "detail": detail}
    connection.execute(insert(audit).values(created_at=database.clock(), **values))


def _query(actions: tuple[str, ...], before: int | None, limit: int | None) -> Select:
    c = audit.c
    query = select(c.id, c.created_at, c.actor, c.action, c.subject, c.detail).order_by(c.id.desc())
    query = query.where(c.action.in_(actions)) if actions else query
    query = query.where(c.id < before) if before is not None else query
    return query if limit is None else query.limit(limit)
