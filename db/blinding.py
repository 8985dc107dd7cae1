"""What a study keeps from its raters, so that nothing they see elsewhere can sway their answers.

As long as a person has pictures of an open study left to rate, all drawn pictures of that study are hidden
from them wherever the library shows pictures, their own ones too. Who rates nothing in it sees everything.
"""

from sqlalchemy import ColumnElement, Connection, Select, func, select

from core.errors import BlindedError
from db.study_records import Withheld
from db.tables import studies, study_answers, study_items, study_showings

a, i, s, v = study_answers.c, study_items.c, studies.c, study_showings.c


def finished() -> ColumnElement[bool]:
    """SQL: the latest word on whether the showing is done says yes."""
    latest = select(a.value).where(a.showing_id == v.id, a.question == "finished")
    return func.coalesce(latest.order_by(a.id.desc()).limit(1).scalar_subquery() == "true", False)


def hidden_from(person: int) -> Select[tuple[int]]:
    """Ids of the pictures that the person must not see yet."""
    found = select(i.generation_id).where(i.generation_id.is_not(None))
    return found.where(i.study_id.in_(_being_rated(person)))


def withheld(connection: Connection, person: int) -> list[Withheld]:
    """The studies that hide pictures from the person, each with how many, by name."""
    count = func.count(i.generation_id)
    query = select(s.name, count).join(study_items, i.study_id == s.id).where(s.id.in_(_being_rated(person)))
    rows = connection.execute(query.group_by(s.id, s.name).having(count > 0).order_by(s.name))
    return [Withheld(name, number) for name, number in rows]


def require_unblinded(connection: Connection, picture: int, person: int) -> None:
    """Raises BlindedError if the person must not see the picture yet."""
    mine = select(s.name).join(study_items, i.study_id == s.id).where(i.generation_id == picture)
    study = connection.execute(mine.where(s.id.in_(_being_rated(person))).limit(1)).scalar()
    if study is not None:
        raise BlindedError(
            f"Picture {picture} belongs to the study '{study}' and is hidden from you until you have rated "
            "all of it, so that nothing you see here sways your answers."
        )


def _being_rated(person: int) -> Select[tuple[int]]:
    """Open studies in which the person has a picture left."""
    rating = select(v.study_id).join(studies, s.id == v.study_id)
    return rating.where(s.closed_at.is_(None), v.rater_id == person, ~finished())
