"""Ratings: answer sheets that are only ever added, and the moment a rater saw the prompt.

What a picture's figures are made of: of each rater the latest blind realism, or without one the latest open
realism. ``realism_mean`` is their mean; ``rating_count`` counts the raters who answered anything at all. Both
are written in the transaction of the rating.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from core.errors import InputError, NotAllowedError, NotFoundError
from core.roles import Capability
from db.audit import Action, write
from db.blinding import require_unblinded
from db.engine import Database
from db.generations import SHUFFLE_PRIME
from db.history import generation_query
from db.narrowing import seen_by
from db.records import CRITERIA, REALISM, Generation, Rating, Verdict
from db.rows import allowed_id, insert_missing, to_generation, to_rating, user_id
from db.tables import generations, ratings, reveals, users

COMMENT_MAX = 10_000

r = ratings.c
g = generations.c


@dataclass(frozen=True, slots=True)
class Ratings:
    """The ratings of one library."""

    database: Database

    def add(
        self,
        generation_id: int,
        rater: str,
        blind: bool,
        realism: int | None = None,
        criteria: Mapping[str, Verdict | str] | None = None,
        comment: str = "",
    ) -> Rating:
        """Adds an answer sheet; an open one also records that the rater has seen the prompt.

        Raises:
            InputError: an answer out of scale, an unknown criterion, or more than realism in a blind sheet.
            NotAllowedError: a blind sheet after the prompt was shown, or a picture private to somebody else.
        """
        answers = _answers(blind, realism, criteria or {}, comment)
        with self.database.writing() as connection:
            me = allowed_id(connection, rater, Capability.RATE)
            _lock_visible(connection, generation_id, me)
            if blind and _revealed(connection, generation_id, me):
                raise NotAllowedError(
                    "You have seen this picture's prompt; the blind answer can't change any more."
                )
            if not blind:
                self._reveal(connection, generation_id, me)
            sheet = {
                "generation_id": generation_id,
                "rater_id": me,
                "created_at": self.database.clock(),
                **answers,
            }
            key = connection.execute(insert(ratings).values(**sheet).returning(r.id)).scalar_one()
            _refresh_figures(connection, generation_id)
            detail = "blind" if blind else "with the prompt in sight"
            write(connection, self.database, rater, Action.RATED, f"picture {generation_id}", detail)
            return to_rating(connection.execute(_query().where(r.id == key)).mappings().one())

    def reveal(self, generation_id: int, rater: str) -> None:
        """Records that the rater saw the prompt; from now on no blind answer is taken from them."""
        with self.database.writing() as connection:
            me = allowed_id(connection, rater, Capability.RATE)
            _lock_visible(connection, generation_id, me)
            if self._reveal(connection, generation_id, me):
                write(connection, self.database, rater, Action.REVEALED, f"picture {generation_id}")

    def revealed(self, generation_id: int, rater: str) -> bool:
        """Whether the rater saw the prompt."""
        with self.database.reading() as connection:
            return _revealed(connection, generation_id, user_id(connection, rater))

    def of(self, generation_id: int) -> list[Rating]:
        """The current sheets, oldest first: of each rater the latest blind and the latest open one."""
        latest = select(func.max(r.id)).where(r.generation_id == generation_id).group_by(r.rater_id, r.blind)
        with self.database.reading() as connection:
            rows = connection.execute(_query().where(r.id.in_(latest)).order_by(r.id)).mappings()
            return [to_rating(row) for row in rows]

    def of_many(self, ids: Collection[int]) -> dict[int, list[Rating]]:
        """``of`` for several pictures at once; those without a rating are left out."""
        latest = select(func.max(r.id)).where(r.generation_id.in_(ids))
        latest = latest.group_by(r.generation_id, r.rater_id, r.blind)
        found: dict[int, list[Rating]] = {}
        with self.database.reading() as connection:
            for row in connection.execute(_query().where(r.id.in_(latest)).order_by(r.id)).mappings():
                found.setdefault(row["generation_id"], []).append(to_rating(row))
        return found

    def next_to_review(self, rater: str, skip: Collection[int], asking: str) -> Generation | None:
        """The first picture, in an order of the rater's own that stays the same, which they have not rated in
        full (an open sheet with all criteria) and which is not to be skipped."""
        with self.database.reading() as connection:
            me = user_id(connection, asking)
            open_pictures = _to_review(connection, rater, me)
            query = open_pictures.order_by(_own_order(rater), g.id).limit(len(skip) + 1)
            skipped = set(skip)
            id = next((id for id in connection.execute(query).scalars() if id not in skipped), None)
            if id is None:
                return None
            row = connection.execute(generation_query(me).where(g.id == id)).mappings().one()
        return to_generation(row, self.database.library)

    def progress(self, rater: str) -> tuple[int, int]:
        """(rated in full, all) of the pictures that the rater may see."""
        with self.database.reading() as connection:
            me = user_id(connection, rater)
            total = connection.execute(select(func.count()).select_from(generations).where(_offered(me)))
            left = _to_review(connection, rater, me).subquery()
            remaining = connection.execute(select(func.count()).select_from(left)).scalar_one()
        all_pictures = total.scalar_one()
        return all_pictures - remaining, all_pictures

    def _reveal(self, connection: Connection, generation_id: int, me: int) -> bool:
        key = {"generation_id": generation_id, "user_id": me}
        return insert_missing(connection, reveals, created_at=self.database.clock(), **key)


def _answers(
    blind: bool, realism: int | None, criteria: Mapping[str, str], comment: str
) -> dict[str, object]:
    """Checks a sheet and lays it out as columns."""
    low, high = REALISM
    if realism is not None and (isinstance(realism, bool) or realism not in range(low, high + 1)):
        raise InputError(f"Realism is {realism!r}; it is a whole number from {low} to {high}.")
    if unknown := sorted(set(criteria) - set(CRITERIA)):
        raise InputError(f"Unknown criterion {unknown[0]!r}; known: {', '.join(CRITERIA)}.")
    if wrong := [value for value in criteria.values() if value not in set(Verdict)]:
        raise InputError(f"{wrong[0]!r} is no answer; answer {', '.join(Verdict)}.")
    if len(comment) > COMMENT_MAX:
        raise InputError(f"The comment has {len(comment)} characters; {COMMENT_MAX} are kept.")
    if blind and (realism is None or criteria or comment):
        raise InputError(
            "A blind answer is the realism alone; criteria and comment come after the prompt is shown."
        )
    if not blind and realism is None and not criteria and not comment:
        raise InputError("Nothing was answered.")
    verdicts = {name: Verdict(value).value for name, value in criteria.items()}
    return {"blind": blind, "realism": realism, "comment": comment, **verdicts}


def _query() -> Select:
    return select(ratings, users.c.name.label("rater")).join(users, users.c.id == r.rater_id)


def _lock_visible(connection: Connection, generation_id: int, me: int) -> None:
    """Rating and revealing one picture come one after the other, on PostgreSQL too."""
    row = select(g.owner_id, g.visibility, g.deleted_at).where(g.id == generation_id).with_for_update()
    found = connection.execute(row).first()
    if found is None or found.deleted_at is not None:
        raise NotFoundError(f"Picture {generation_id} is not in this library any more.")
    if found.owner_id != me and found.visibility != "library":
        raise NotAllowedError(f"Picture {generation_id} is private to somebody else.")
    require_unblinded(connection, generation_id, me)


def _revealed(connection: Connection, generation_id: int, me: int) -> bool:
    seen = select(reveals.c.user_id).where(reveals.c.generation_id == generation_id, reveals.c.user_id == me)
    return connection.execute(seen).first() is not None


def _refresh_figures(connection: Connection, generation_id: int) -> None:
    """Counts anew from the sheets: one picture has few, and figures that are added up drift."""
    mine = r.generation_id == generation_id
    raters = connection.execute(select(func.count(r.rater_id.distinct())).where(mine)).scalar_one()
    answered = select(r.rater_id, r.realism).where(mine, r.realism.is_not(None))
    by_weight = answered.order_by(case((r.blind, 1), else_=0), r.id)
    current = {row.rater_id: row.realism for row in connection.execute(by_weight)}
    mean = sum(current.values()) / len(current) if current else None
    values = {"rating_count": raters, "realism_mean": mean, "realism_rank": mean or 0.0}
    connection.execute(update(generations).where(g.id == generation_id).values(**values))


def _offered(me: int) -> ColumnElement[bool]:
    return and_(g.deleted_at.is_(None), seen_by(me))


def _to_review(connection: Connection, rater: str, me: int) -> Select[tuple[int]]:
    mine = (r.generation_id == g.id, r.rater_id == user_id(connection, rater), ~r.blind)
    complete = exists().where(*mine, *(ratings.c[name].is_not(None) for name in CRITERIA))
    return select(g.id).where(_offered(me), ~complete)


def _own_order(rater: str) -> ColumnElement[int]:
    """Multiplying by a number of the rater's own, modulo a prime, permutes the pictures' random places."""
    factor = 1 + int.from_bytes(sha256(rater.encode()).digest()[:8]) % (SHUFFLE_PRIME - 1)
    return (cast(g.shuffle, BigInteger) * literal(factor, BigInteger())) % SHUFFLE_PRIME
