"""Twins compared: pictures of equal recipes by two weights, each recipe counted once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from db.assessments import by_picture
from db.engine import Database
from db.insight_records import (
    Comparison,
    Measure,
    Outcome,
    Scope,
    TwinCounts,
    TwinRealism,
    Twins,
    TwinWeights,
)
from db.insights import LIMIT, records, within
from db.narrowing import contains
from db.tables import generations, readings

g = generations.c


@dataclass(frozen=True, slots=True)
class InsightTwins:
    """Weights compared on the same recipes. Of a scope, all but its weights counts."""

    database: Database

    def pairs(self, scope: Scope, asking: str) -> list[TwinWeights]:
        """All two weights with recipes in common, most recipes first."""
        with self.database.reading() as connection:
            where = [*within(connection, _without_weights(scope), asking), g.setting_key.in_(_shared())]
            drawn = select(g.setting_key, g.weights_id).where(*where).distinct().cte("drawn")
            a, b = drawn.alias("a"), drawn.alias("b")
            same = and_(a.c.setting_key == b.c.setting_key, a.c.weights_id < b.c.weights_id)
            recipes = func.count()
            query = (
                select(a.c.weights_id, b.c.weights_id, recipes)
                .join_from(a, b, same)
                .group_by(a.c.weights_id, b.c.weights_id)
                .order_by(recipes.desc(), a.c.weights_id, b.c.weights_id)
            )
            return [TwinWeights(*row) for row in connection.execute(query)]

    def compare(self, first: int, second: int, scope: Scope, asking: str) -> Comparison:
        """The measures of two weights (ids) on their common recipes."""
        with self.database.reading() as connection:
            where = within(connection, _without_weights(scope), asking)
            t = _twins(where, (first, second)).c
            columns: list[ColumnElement[Any]] = [func.count()]
            for measure in Measure:
                columns += [_number(_is(outcome, t, measure)) for outcome in Outcome]
            both = and_(t.realism_a.is_not(None), t.realism_b.is_not(None))
            gap = t.realism_a - t.realism_b
            columns += [_number(both)]
            columns += [func.sum(case((both, value))) for value in (t.realism_a, t.realism_b, gap * gap)]
            row = [value or 0 for value in connection.execute(select(*columns)).one()]
        size = len(Outcome)
        parts = {m: TwinCounts(*row[1 + size * n : 1 + size * (n + 1)]) for n, m in enumerate(Measure)}
        count, *sums = row[-4:]
        return Comparison(row[0], parts, TwinRealism(count, *map(float, sums)))

    def twins(
        self,
        first: int,
        second: int,
        measure: Measure,
        outcome: Outcome,
        scope: Scope,
        asking: str,
        skip: int = 0,
        limit: int = LIMIT // 2,
    ) -> Twins:
        """The twins of one outcome of one measure, newest first."""
        with self.database.reading() as connection:
            where = within(connection, _without_weights(scope), asking)
            t = _twins(where, (first, second), (measure,)).c
            found = select(t.id_a, t.id_b, func.count().over()).where(_is(outcome, t, measure))
            rows = connection.execute(found.order_by(t.id_a.desc()).limit(limit).offset(skip)).all()
            shown = records(connection, self.database, asking, [id for row in rows for id in row[:2]])
        return Twins(tuple(zip(shown[::2], shown[1::2], strict=True)), rows[0][2] if rows else 0)


def _without_weights(scope: Scope) -> Scope:
    return Scope(scope.since, scope.until, None, scope.owner, scope.rash, scope.site, scope.tone)


def _shared() -> Select:
    """Setting keys that more than one weights drew; walks an index."""
    live = (g.deleted_at.is_(None), g.setting_key.is_not(None))
    several = func.min(g.weights_id) < func.max(g.weights_id)
    return select(g.setting_key).where(*live).group_by(g.setting_key).having(several)


def _twins(
    where: list[ColumnElement[bool]], both: tuple[int, int], measures: Sequence[Measure] = tuple(Measure)
) -> Subquery:
    """One row a recipe that both weights drew: for a and b their newest picture, the mean realism and each
    measure as 1, 0 or NULL. The same recipe drawn again gives the same picture, so that what was said of
    either counts."""
    given = by_picture().subquery("given")
    read = readings.c
    right = {
        Measure.GOOD: case((given.c.judged > 0, given.c.good)),
        Measure.TONE: _as_asked(read.tone, g.tone, read.tone == g.tone),
        Measure.RASH: _as_asked(read.rash, g.rash, read.rash == g.rash),
        Measure.SITE: _as_asked(read.site, g.sites, contains(g.sites, " " + read.site + " ")),
    }
    columns, ids = [], []
    for name, weights in zip("ab", both, strict=True):
        mine = g.weights_id == weights
        ids.append(func.max(case((mine, g.id))))
        columns += [ids[-1].label(f"id_{name}")]
        columns += [func.avg(case((mine, given.c.realism))).label(f"realism_{name}")]
        columns += [func.max(case((mine, right[m]))).label(f"{m}_{name}") for m in measures]
    source = generations.outerjoin(given, given.c.generation_id == g.id)
    source = source.outerjoin(readings, read.generation_id == g.id)
    query = select(*columns).select_from(source).where(*where, g.weights_id.in_(both))
    query = query.where(g.setting_key.is_not(None)).group_by(g.setting_key)
    return query.having(*(id.is_not(None) for id in ids)).subquery("twins")


def _as_asked(
    seen: ColumnElement[str], asked: ColumnElement[str], right: ColumnElement[bool]
) -> ColumnElement[int]:
    """1 or 0; NULL where nothing was seen or nothing asked."""
    known = and_(seen.is_not(None), func.coalesce(asked, "") != "")
    return case((known, case((right, 1), else_=0)))


def _is(outcome: Outcome, twins: ReadOnlyColumnCollection, measure: Measure) -> ColumnElement[bool]:
    """SQL: the measure is known of both, and right for whom the outcome says."""
    first = outcome in (Outcome.BOTH, Outcome.FIRST)
    second = outcome in (Outcome.BOTH, Outcome.SECOND)
    return and_(twins[f"{measure}_a"] == int(first), twins[f"{measure}_b"] == int(second))


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
