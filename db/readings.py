"""What was measured in pictures: which one waits, keeping a reading, and finding it again."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from sqlalchemy import RowMapping, func, select

from core.measuring.readings import Reading, Unread
from core.recipes import Recipe
from db.engine import Database
from db.rows import insert_missing
from db.tables import generations, readings

MEASURES = tuple(field.name for field in fields(Reading))


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of one library."""

    database: Database

    def next_unread(self) -> Unread | None:
        """The oldest picture newer than all measured ones: two steps along primary keys, however many there
        are."""
        newest = select(func.coalesce(func.max(readings.c.generation_id), 0)).scalar_subquery()
        columns = (generations.c.id, generations.c.image_path, generations.c.recipe)
        query = select(*columns).where(generations.c.id > newest).order_by(generations.c.id).limit(1)
        with self.database.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return Unread(row.id, self.database.library / row.image_path, Recipe.from_json(row.recipe))

    def record(self, generation_id: int, reading: Reading) -> None:
        """Keeps a reading; does nothing where there is one already, or the picture was purged meanwhile."""
        with self.database.writing() as connection:
            there = select(generations.c.id).where(generations.c.id == generation_id)
            if connection.execute(there).first() is not None:
                values = {"generation_id": generation_id, "read_at": self.database.clock(), **asdict(reading)}
                insert_missing(connection, readings, **values)

    def of(self, generation_ids: Sequence[int]) -> dict[int, Reading]:
        """Readings by picture; pictures not measured yet are absent."""
        query = select(readings).where(readings.c.generation_id.in_(generation_ids))
        with self.database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return {row["generation_id"]: _to_reading(row) for row in rows}

    def too_near(self, generation_ids: Sequence[int]) -> set[int]:
        """Those of the pictures that are marked as too near to a training picture."""
        r = readings.c
        query = select(r.generation_id).where(r.generation_id.in_(generation_ids), r.too_near)
        with self.database.reading() as connection:
            return set(connection.execute(query).scalars())


def _to_reading(row: RowMapping) -> Reading:
    return Reading(**{name: row[name] for name in MEASURES})
