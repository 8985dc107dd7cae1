"""One page of History by keyset: pictures beyond the edge of the page before, never counted or skipped over.

Two plans keep every page cheap. If some filter lets few pictures through, those are looked up and sorted
(sparse). Otherwise the index of the order is walked from the edge and pictures are tested in passing until
the page is full (dense). Each filter's own index tells which, counting no further than SPARSE.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Select,
    exists,
    func,
    literal,
    select,
    tuple_,
)

from core.errors import InputError
from db.cursors import Cursor
from db.narrowing import Narrowing, narrowings, visible
from db.records import HistoryFilter, Order
from db.tables import generations, stars, users
from db.times import UtcTime

SPARSE = 1000
LIMIT_MAX = 200

g = generations.c


@dataclass(frozen=True, slots=True)
class Question:
    """What one page shows: filter, order and who asks (a user's id)."""

    filter: HistoryFilter
    order: Order
    asking: int


@dataclass(frozen=True, slots=True)
class Edges:
    """A page as its pictures' ids in display order, with the cursors beside it."""

    ids: tuple[int, ...]
    next: str | None
    previous: str | None


def walk(
    connection: Connection, question: Question, after: str | None, before: str | None, limit: int
) -> Edges:
    """Finds the page after one cursor or before the other; the first page without either.

    Raises:
        InputError: a broken cursor, both cursors, or a limit out of range.
    """
    if after is not None and before is not None:
        raise InputError("A page lies after one cursor or before another, not both.")
    if not 1 <= limit <= LIMIT_MAX:
        raise InputError(f"A page shows 1 to {LIMIT_MAX} pictures, not {limit}.")
    backwards = before is not None
    text = before if backwards else after
    start = Cursor.decode(text, question.order) if text is not None else None
    query = candidates(connection, question, start, backwards).limit(limit + 1)
    rows = [Cursor(question.order, *row) for row in connection.execute(query)]
    return _edges(rows[:limit], len(rows) > limit, start, backwards)


def count(connection: Connection, question: Question) -> int:
    """How many pictures the filter lets through."""
    chosen = narrowings(question.filter, question.order, question.asking)
    query = _chosen(connection, question, chosen, g.id).subquery()
    return connection.execute(select(func.count()).select_from(query)).scalar_one()


def generation_query(asking: int) -> Select:
    """Rows of generations with the owner's name and the asking user's star."""
    starred = exists().where(stars.c.user_id == asking, stars.c.generation_id == g.id)
    return select(generations, users.c.name.label("owner"), starred.label("starred")).join(
        users, users.c.id == g.owner_id
    )


def _edges(found: Sequence[Cursor], more: bool, start: Cursor | None, backwards: bool) -> Edges:
    """Turns what was walked over into a page. Where one came from there is always a way back, even from a
    page that has become empty."""
    shown = list(reversed(found)) if backwards else list(found)
    first = shown[0] if shown else start
    last = shown[-1] if shown else start
    has_previous = more if backwards else start is not None
    has_next = start is not None if backwards else more
    return Edges(
        ids=tuple(cursor.id for cursor in shown),
        next=last.encode() if last and has_next else None,
        previous=first.encode() if first and has_previous else None,
    )


def candidates(
    connection: Connection, question: Question, start: Cursor | None = None, backwards: bool = False
) -> Select:
    """Selects (realism, created_at, id) of all pictures beyond the start, nearest first."""
    chosen = narrowings(question.filter, question.order, question.asking)
    query = _chosen(connection, question, chosen, g.realism_rank, g.created_at, g.id)
    falling = (question.order is not Order.OLDEST) != backwards
    keys = _keys(question.order)
    if start is not None:
        query = query.where(_beyond(keys, start, falling))
    return query.order_by(*(key.desc() if falling else key for key in keys))


def _keys(order: Order) -> list[ColumnElement]:
    """Equally realistic pictures come newest first. The date stands before the id in every order because
    SQLite does not seek in an index by (anything, primary key)."""
    return [g.realism_rank, g.created_at, g.id] if order is Order.REALISM else [g.created_at, g.id]


def _beyond(keys: list[ColumnElement], start: Cursor, falling: bool) -> ColumnElement[bool]:
    values = [literal(start.realism, Float()), literal(start.created_at, UtcTime()), literal(start.id)]
    here, edge = tuple_(*keys), tuple_(*values[-len(keys) :])
    return here < edge if falling else here > edge


def _chosen(
    connection: Connection, question: Question, chosen: list[Narrowing], *columns: ColumnElement
) -> Select:
    """Selects the pictures that pass all filters, by the sparse or the dense plan."""
    few = _few(connection, chosen) if not question.filter.deleted else None
    tests = [visible(question.filter, question.asking), *(one.condition for one in chosen if one is not few)]
    if few is None:
        return select(*columns).where(*tests)
    listed = few.matches.limit(SPARSE).cte("few")
    return select(*columns).select_from(listed).join(generations, g.id == listed.c[0]).where(*tests)


def _few(connection: Connection, chosen: list[Narrowing]) -> Narrowing | None:
    """The filter that lets fewest pictures through, if fewer than SPARSE."""
    if not chosen:
        return None
    counts = [
        select(func.count()).select_from(narrowing.matches.limit(SPARSE).subquery()).scalar_subquery()
        for narrowing in chosen
    ]
    sizes = connection.execute(select(*counts)).one()
    smallest = min(range(len(chosen)), key=sizes.__getitem__)
    return chosen[smallest] if sizes[smallest] < SPARSE else None
