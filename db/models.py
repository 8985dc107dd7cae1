"""Models that users added: local diffusers folders and hub ids."""

from dataclasses import dataclass

from sqlalchemy import Select, delete, select, update

from core.errors import InputError, NotFoundError
from core.roles import Capability
from db.audit import Action, write
from db.engine import Database
from db.records import RegisteredModel
from db.rows import allowed_id, insert_missing
from db.tables import models, users


@dataclass(frozen=True, slots=True)
class Models:
    """The register of one library. It holds names; the weights stay where they are."""

    database: Database

    def register(self, source: str, label: str, by: str) -> RegisteredModel:
        """Adds the model, or gives a known source its new label.

        Raises:
            InputError: source or label is empty.
        """
        source, label = source.strip(), label.strip()
        if not source or not label:
            raise InputError("A model needs a folder or hub id, and a label.")
        with self.database.writing() as connection:
            me = allowed_id(connection, by, Capability.LEAD)
            values = {"label": label, "added_by": me, "added_at": self.database.clock()}
            if not insert_missing(connection, models, source=source, **values):
                connection.execute(update(models).where(models.c.source == source).values(label=label))
            write(connection, self.database, by, Action.MODEL_ADDED, label, source)
            return RegisteredModel(*connection.execute(_query().where(models.c.source == source)).one())

    def list(self) -> list[RegisteredModel]:
        """All registered models, by label."""
        with self.database.reading() as connection:
            rows = connection.execute(_query().order_by(models.c.label, models.c.id)).all()
        return [RegisteredModel(*row) for row in rows]

    def forget(self, id: int, by: str) -> None:
        """Takes the model off the register; its pictures, their recipes and its weights stay.

        Raises:
            NotAllowedError: their role does not look after models.
            NotFoundError: no such model.
        """
        with self.database.writing() as connection:
            allowed_id(connection, by, Capability.LEAD)
            removed = delete(models).where(models.c.id == id).returning(models.c.label, models.c.source)
            row = connection.execute(removed).first()
            if row is None:
                raise NotFoundError(f"There is no registered model {id}; somebody may have removed it.")
            write(connection, self.database, by, Action.MODEL_REMOVED, row.label, row.source)


def _query() -> Select:
    columns = (models.c.id, models.c.source, models.c.label, users.c.name, models.c.added_at)
    return select(*columns).join(users, users.c.id == models.c.added_by)
