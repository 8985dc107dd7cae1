"""How each filter of History is asked of the database, in two ways.

``condition`` tests one picture in passing, from columns that every History index carries. ``matches`` lists
the ids that the filter lets through, from an index of its own. db/history.py picks the cheaper.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Function, Select, and_, exists, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Boolean, Integer

from db.blinding import hidden_from
from db.records import HistoryFilter, Order
from db.tables import generation_sites, generations, prompts, readings, stars, users

g = generations.c
TEXT_WORDS_MAX = 20


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One filter. ``gives_order``: its own index is sorted by date, so that it may be walked."""

    condition: ColumnElement[bool]
    matches: Select[tuple[int]]
    gives_order: bool = False


class contains(GenericFunction[bool]):
    """contains(text, word): whether the word occurs. Faster than LIKE, and % means %."""

    type = Boolean()
    inherit_cache = True
    name = "script2skin_contains"


class unindexed(GenericFunction[Any]):
    """unindexed(column): the column, kept from SQLite's choice of an index."""

    inherit_cache = True
    name = "script2skin_unindexed"


@compiles(contains)
def _contains_position(element: Function, compiler: Any, **options: Any) -> str:
    text, word = element.clauses
    name = "strpos" if compiler.dialect.name == "postgresql" else "instr"
    return f"{name}({compiler.process(text, **options)}, {compiler.process(word, **options)}) > 0"


@compiles(unindexed)
def _plain_column(element: Function, compiler: Any, **options: Any) -> str:
    (column,) = element.clauses
    sign = "+" if compiler.dialect.name == "sqlite" else ""
    return sign + compiler.process(column, **options)


def narrowings(filter: HistoryFilter, order: Order, asking: int) -> list[Narrowing]:
    """The filters that are set."""
    by_date = order is not Order.REALISM
    pairs = (("rash", filter.rashes), ("tone", filter.tones), ("model", filter.models))
    found = [_one_of(generations.c[name], values, by_date) for name, values in pairs if values]
    further = (("severity", filter.severities), ("view", filter.views))
    found += [_asked(generations.c[name], values) for name, values in further if values]
    if filter.sites:
        found.append(_sites(filter.sites))
    if filter.starred:
        found.append(_starred(asking))
    if filter.owner is not None:
        found.append(_owner(filter.owner, by_date))
    if filter.too_near is not None:
        found.append(_near(filter.too_near))
    if words := filter.text.lower().split()[:TEXT_WORDS_MAX]:
        found.append(_text(words))
    return [*found, *_rated(filter, by_date), *_dates(filter)]


def visible(filter: HistoryFilter, asking: int) -> ColumnElement[bool]:
    """What the asking user may see: own and shared pictures; of the deleted ones the own alone."""
    if filter.deleted:
        return and_(g.deleted_at.is_not(None), g.owner_id == asking, _unblinded(asking))
    return and_(g.deleted_at.is_(None), seen_by(asking))


def seen_by(asking: int) -> ColumnElement[bool]:
    """Own and shared pictures but those that a study hides, tested in passing."""
    own_or_shared = or_(g.visibility == "library", unindexed(g.owner_id, type_=Integer()) == asking)
    return and_(own_or_shared, _unblinded(asking))


def _unblinded(asking: int) -> ColumnElement[bool]:
    return unindexed(g.id, type_=Integer()).not_in(hidden_from(asking))


def _one_of(column: ColumnElement[Any], values: tuple[str, ...], by_date: bool) -> Narrowing:
    """A single value sorted by date may walk the column's own index; several would have to be merged."""
    matches = select(g.id).where(column.in_(values), g.deleted_at.is_(None))
    if len(values) == 1 and by_date:
        return Narrowing(column == values[0], matches, gives_order=True)
    return Narrowing(unindexed(column, type_=column.type).in_(values), matches)


def _asked(column: ColumnElement[Any], values: tuple[str, ...]) -> Narrowing:
    """What many pictures were not asked for at all: its index holds the others alone, in no order of time."""
    matches = select(g.id).where(column.in_(values), g.deleted_at.is_(None))
    return Narrowing(unindexed(column, type_=column.type).in_(values), matches)


def _owner(name: str, by_date: bool) -> Narrowing:
    owner = select(users.c.id).where(users.c.name == name).scalar_subquery()
    matches = select(g.id).where(g.owner_id == owner, g.deleted_at.is_(None))
    column = g.owner_id if by_date else unindexed(g.owner_id, type_=Integer())
    return Narrowing(column == owner, matches, gives_order=by_date)


def _sites(sites: tuple[str, ...]) -> Narrowing:
    named = or_(*(contains(g.sites, f" {site} ") for site in sites))
    matches = select(generation_sites.c.generation_id).where(generation_sites.c.site.in_(sites))
    return Narrowing(named, matches.distinct() if len(sites) > 1 else matches)


def _starred(asking: int) -> Narrowing:
    mine = stars.c.user_id == asking
    marked = exists().where(mine, stars.c.generation_id == g.id)
    return Narrowing(marked, select(stars.c.generation_id).where(mine))


def _near(wanted: bool) -> Narrowing:
    """Pictures marked as too near to a training picture, or all others, those not measured included."""
    marked = exists().where(readings.c.generation_id == g.id, readings.c.too_near)
    if wanted:
        return Narrowing(marked, select(readings.c.generation_id).where(readings.c.too_near))
    return Narrowing(~marked, select(g.id).where(~marked, g.deleted_at.is_(None)))


def _text(words: list[str]) -> Narrowing:
    """Every word must occur somewhere in the prompt."""
    found = select(prompts.c.id).where(*(contains(prompts.c.text, word) for word in words))
    matches = select(g.id).where(g.prompt_id.in_(found))
    return Narrowing(unindexed(g.prompt_id, type_=Integer()).in_(found), matches)


def _rated(filter: HistoryFilter, by_date: bool) -> list[Narrowing]:
    found = []
    if filter.rated is not None:
        rated = g.rating_count > 0 if filter.rated else g.rating_count == 0
        passing = unindexed(g.rating_count, type_=Integer())
        test = passing > 0 if filter.rated else passing == 0
        found.append(Narrowing(test, select(g.id).where(rated, g.deleted_at.is_(None))))
    if filter.min_realism is not None:
        high = g.realism_rank >= filter.min_realism
        test = unindexed(g.realism_rank) >= filter.min_realism if by_date else high
        found.append(
            Narrowing(test, select(g.id).where(high, g.deleted_at.is_(None)), gives_order=not by_date)
        )
    return found


def _dates(filter: HistoryFilter) -> list[Narrowing]:
    """``since`` is included, ``until`` is not, so that days and months tile."""
    tests = [g.created_at >= filter.since] if filter.since else []
    tests += [g.created_at < filter.until] if filter.until else []
    if not tests:
        return []
    return [Narrowing(and_(*tests), select(g.id).where(*tests, g.deleted_at.is_(None)), gives_order=True)]
