"""What was drawn, rated and found good, counted by the database."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from core.errors import InputError
from core.roles import Capability
from db.assessments import by_picture, said
from db.engine import Database
from db.history import generation_query
from db.insight_records import (
    DIMENSIONS,
    NOT_NAMED,
    Behind,
    Cell,
    Counts,
    Pictures,
    RatedDay,
    Scope,
    Standing,
    ToneCell,
    Weights,
)
from db.narrowing import contains, visible
from db.records import Generation, HistoryFilter
from db.rows import allowed_id, to_generation, user_id
from db.tables import generation_sites, generations, readings, users, weights

LIMIT = 12

g = generations.c


@dataclass(frozen=True, slots=True)
class Insights:
    """The figures of one library, of pictures that the ``asking`` user, by name, may see.

    Each verb raises NotAllowedError for a scope of somebody else's pictures unless the user leads studies.
    """

    database: Database

    def weights(self, asking: str) -> list[Weights]:
        """What drew pictures that the user may see, by model and encoder."""
        w = weights.c
        with self.database.reading() as connection:
            seen = visible(HistoryFilter(), user_id(connection, asking))
            there = exists().where(g.weights_id == w.id, seen)
            named = (w.id, w.model, w.text_encoder, w.text_encoder_weight, w.lora, w.lora_strength)
            rows = connection.execute(select(*named).where(there).order_by(w.model, w.text_encoder, w.id))
            return [Weights(*row) for row in rows]

    def counts(self, scope: Scope, asking: str) -> Counts:
        """The counts of all pictures of the scope."""
        given = by_picture().subquery("given")
        with self.database.reading() as connection:
            query = (
                select(*_counted(given)).select_from(_with(given)).where(*within(connection, scope, asking))
            )
            return _to_counts(connection.execute(query).one())

    def cells(self, rows: str, columns: str, scope: Scope, asking: str) -> list[Cell]:
        """Counts by two of DIMENSIONS; cells without a picture are left out.

        Raises:
            InputError: another dimension, or the same twice.
        """
        if not {rows, columns} <= set(DIMENSIONS) or rows == columns:
            raise InputError(
                f"Insights counts by two of {', '.join(DIMENSIONS)}, not '{rows}' and '{columns}'."
            )
        keys = dimension(rows), dimension(columns)
        given = by_picture().subquery("given")
        source = _with(given)
        if "site" in (rows, columns):
            source = source.outerjoin(generation_sites, generation_sites.c.generation_id == g.id)
        with self.database.reading() as connection:
            where = within(connection, scope, asking)
            if scope.site and "site" in (rows, columns):
                where.append(generation_sites.c.site == scope.site)
            query = select(*keys, *_counted(given)).select_from(source).where(*where).group_by(*keys)
            return [Cell(row[0], row[1], _to_counts(row[2:])) for row in connection.execute(query)]

    def drawn_for(self, name: str, scope: Scope, asking: str) -> list[str]:
        """The values of one of DIMENSIONS that pictures of the scope were asked for."""
        source: FromClause = generations
        if name == "site":
            source = generations.outerjoin(generation_sites, generation_sites.c.generation_id == g.id)
        with self.database.reading() as connection:
            query = select(dimension(name)).select_from(source).where(*within(connection, scope, asking))
            return list(connection.execute(query.distinct()).scalars())

    def tones(self, scope: Scope, asking: str) -> list[ToneCell]:
        """Asked against measured tone, of pictures that were asked for one and measured."""
        keys = (g.tone, readings.c.tone, readings.c.monk)
        with self.database.reading() as connection:
            query = (
                select(*keys, func.count())
                .join(readings, readings.c.generation_id == g.id)
                .where(*within(connection, scope, asking), *(key.is_not(None) for key in keys))
                .group_by(*keys)
            )
            return [ToneCell(*row) for row in connection.execute(query)]

    def rated_days(self, scope: Scope, asking: str) -> list[RatedDay]:
        """What was said of the scope's pictures, by the day it was said, oldest first."""
        given = said().subquery("given")
        day, met, scale = self._day(given.c.created_at), given.c.met, given.c.realism
        sums = (func.count(scale), func.sum(scale), func.sum(scale * scale), func.count(met), func.sum(met))
        answered = or_(scale.is_not(None), met.is_not(None))
        with self.database.reading() as connection:
            query = (
                select(day, *sums)
                .join_from(given, generations, given.c.generation_id == g.id)
                .where(*within(connection, scope, asking), answered)
                .group_by(day)
                .order_by(day)
            )
            return [_to_day(row) for row in connection.execute(query)]

    def _day(self, moment: ColumnElement[Any]) -> ColumnElement[Any]:
        """The day of a moment in UTC, in which SQLite keeps them."""
        postgresql = self.database.engine.dialect.name == "postgresql"
        return func.date(func.timezone("UTC", moment) if postgresql else moment)

    def pictures(
        self, scope: Scope, behind: Behind, asking: str, skip: int = 0, limit: int = LIMIT
    ) -> Pictures:
        """The pictures behind a mark, newest first."""
        with self.database.reading() as connection:
            where = [*within(connection, scope, asking), *_behind(behind)]
            found = select(g.id, func.count().over()).where(*where)
            newest = found.order_by(g.created_at.desc(), g.id.desc()).limit(limit).offset(skip)
            rows = connection.execute(newest).all()
            kept = records(connection, self.database, asking, [row[0] for row in rows])
        return Pictures(tuple(kept), rows[0][1] if rows else 0)


def within(connection: Connection, scope: Scope, asking: str) -> list[ColumnElement[bool]]:
    """Conditions on generations: what the user may see of the scope.

    Raises:
        NotAllowedError: another's pictures are asked for, and the user's role does not lead.
    """
    tests = [visible(HistoryFilter(), user_id(connection, asking))]
    if scope.owner is not None:
        if scope.owner != asking:
            allowed_id(connection, asking, Capability.LEAD)
        tests.append(g.owner_id == select(users.c.id).where(users.c.name == scope.owner).scalar_subquery())
    tests += [g.created_at >= scope.since] if scope.since else []
    tests += [g.created_at < scope.until] if scope.until else []
    tests += [g.weights_id.in_(scope.weights)] if scope.weights is not None else []
    for column, key in ((g.rash, scope.rash), (g.tone, scope.tone)):
        if key is not None:
            tests.append(column.is_(None) if key == NOT_NAMED else column == key)
    if scope.site is not None:
        tests.append(g.sites == "" if scope.site == NOT_NAMED else contains(g.sites, f" {scope.site} "))
    return tests


def dimension(name: str) -> ColumnElement[str]:
    """A dimension's key of a picture, NOT_NAMED for none."""
    column = generation_sites.c.site if name == "site" else generations.c[name]
    return func.coalesce(column, literal_column("''"))


def records(connection: Connection, database: Database, asking: str, ids: list[int]) -> list[Generation]:
    """The pictures of these ids, in their order."""
    query = generation_query(user_id(connection, asking)).where(g.id.in_(ids))
    rows = {row["id"]: row for row in connection.execute(query).mappings()}
    return [to_generation(rows[id], database.library) for id in ids]


def _with(given: FromClause) -> FromClause:
    """Pictures beside what was said of them, where anything was."""
    return generations.outerjoin(given, given.c.generation_id == g.id)


def _counted(given: FromClause) -> tuple[ColumnElement[Any], ...]:
    """The columns of Counts."""
    judged = case((given.c.judged > 0, 1), else_=0)
    return (
        func.count(),
        func.count(given.c.generation_id),
        func.coalesce(func.sum(judged), 0),
        func.coalesce(func.sum(given.c.good), 0),
        func.count(given.c.realism),
        func.avg(given.c.realism),
    )


def _to_counts(row: Row | tuple[Any, ...]) -> Counts:
    pictures, rated, judged, good, scored, realism = row
    mean = None if realism is None else float(realism)
    return Counts(pictures, rated, int(judged), int(good), scored, mean)


def _to_day(row: Row) -> RatedDay:
    day, scored, total, squares, judged, met = row
    said_on = day if isinstance(day, date) else date.fromisoformat(day)
    return RatedDay(said_on, scored, float(total or 0), float(squares or 0), judged, int(met or 0))


def _behind(behind: Behind) -> list[ColumnElement[bool]]:
    given = by_picture().subquery("given")
    wanted: dict[Standing, list[ColumnElement[bool]]] = {
        Standing.RATED: [],
        Standing.JUDGED: [given.c.judged > 0],
        Standing.GOOD: [given.c.good == 1],
        Standing.SCORED: [given.c.realism.is_not(None)],
    }
    tests: list[ColumnElement[bool]] = []
    if behind.standing is not Standing.DRAWN:
        tests.append(g.id.in_(select(given.c.generation_id).where(*wanted[behind.standing])))
    for column, value in ((readings.c.tone, behind.measured), (readings.c.monk, behind.monk)):
        if value is not None:
            tests.append(g.id.in_(select(readings.c.generation_id).where(column == value)))
    return [*tests, *_rated_between(behind)]


def _rated_between(behind: Behind) -> list[ColumnElement[bool]]:
    given = said().subquery("given").c
    tests = [or_(given.met.is_not(None), given.realism.is_not(None))]
    tests += [given.created_at >= behind.rated_since] if behind.rated_since else []
    tests += [given.created_at < behind.rated_until] if behind.rated_until else []
    return [g.id.in_(select(given.generation_id).where(*tests))] if len(tests) > 1 else []
