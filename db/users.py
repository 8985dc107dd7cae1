"""People who generate and rate."""

from dataclasses import dataclass

from sqlalchemy import select

from core.errors import InputError
from db.engine import Database
from db.records import User
from db.rows import insert_missing
from db.tables import users

ROLES = ("reader", "reviewer", "lead", "admin")
NAME_MAX = 200


@dataclass(frozen=True, slots=True)
class Users:
    """The people of one library."""

    database: Database

    def ensure(self, name: str, role: str = "admin") -> User:
        """The user of this name, added with the role if new (a known user's role is left as it is).

        Raises:
            InputError: an empty or overlong name, or an unknown role.
        """
        name = name.strip()
        if not 1 <= len(name) <= NAME_MAX:
            raise InputError(f"A name has 1 to {NAME_MAX} characters; this one has {len(name)}.")
        if role not in ROLES:
            raise InputError(f"Unknown role '{role}'; choose one of {', '.join(ROLES)}.")
        return self._find(name) or self._add(name, role)

    def list(self) -> list[User]:
        """Everybody, by name."""
        with self.database.reading() as connection:
            rows = connection.execute(select(*_COLUMNS).order_by(users.c.name)).all()
        return [User(*row) for row in rows]

    def _find(self, name: str) -> User | None:
        with self.database.reading() as connection:
            row = connection.execute(select(*_COLUMNS).where(users.c.name == name)).first()
        return User(*row) if row else None

    def _add(self, name: str, role: str) -> User:
        with self.database.writing() as connection:
            insert_missing(connection, users, name=name, role=role, created_at=self.database.clock())
            return User(*connection.execute(select(*_COLUMNS).where(users.c.name == name)).one())


_COLUMNS = (users.c.id, users.c.name, users.c.role, users.c.created_at)
