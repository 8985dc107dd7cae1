"""People who generate and rate."""

from dataclasses import dataclass

from sqlalchemy import func, select, update

from core.errors import InputError
from core.roles import ROLES, Capability
from db.audit import Action, write
from db.engine import Database
from db.records import User
from db.rows import allowed_id, insert_missing, role_of, user_id
from db.tables import users

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

    def add(self, name: str, role: str, asking: str) -> User:
        """Adds a person before they come for the first time, so that they find their role. Admins only.

        Raises:
            InputError: as ``ensure``, or the person is known already.
        """
        with self.database.reading() as connection:
            allowed_id(connection, asking, Capability.ADMINISTER)
        if (known := self._find(name.strip())) is not None:
            raise InputError(f"{known.name} is known already, as {known.role}; change the role above.")
        user = self.ensure(name, role)
        with self.database.writing() as connection:
            write(connection, self.database, asking, Action.ROLE_CHANGED, user.name, f"added as {role}")
        return user

    def list(self) -> list[User]:
        """Everybody, by name."""
        with self.database.reading() as connection:
            rows = connection.execute(select(*_COLUMNS).order_by(users.c.name)).all()
        return [User(*row) for row in rows]

    def set_role(self, name: str, role: str, asking: str) -> None:
        """Gives a user another role. Admins only.

        Raises:
            InputError: an unknown role, or nobody would be left to look after the library.
        """
        if role not in ROLES:
            raise InputError(f"Unknown role '{role}'; choose one of {', '.join(ROLES)}.")
        with self.database.writing() as connection:
            allowed_id(connection, asking, Capability.ADMINISTER)
            id = user_id(connection, name)
            before = role_of(connection, id)
            admins = select(func.count()).where(users.c.role == "admin")
            if before == "admin" != role and connection.execute(admins).scalar_one() == 1:
                raise InputError(f"{name} is the only admin; make somebody else one first.")
            if before != role:
                connection.execute(update(users).where(users.c.id == id).values(role=role))
                write(connection, self.database, asking, Action.ROLE_CHANGED, name, f"{before} to {role}")

    def _find(self, name: str) -> User | None:
        with self.database.reading() as connection:
            row = connection.execute(select(*_COLUMNS).where(users.c.name == name)).first()
        return User(*row) if row else None

    def _add(self, name: str, role: str) -> User:
        with self.database.writing() as connection:
            if insert_missing(connection, users, name=name, role=role, created_at=self.database.clock()):
                write(connection, self.database, name, Action.PERSON_ADDED, name, f"as {role}")
            return User(*connection.execute(select(*_COLUMNS).where(users.c.name == name)).one())


_COLUMNS = (users.c.id, users.c.name, users.c.role, users.c.created_at)
