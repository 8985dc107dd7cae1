"""What a rater is shown and answers. Every answer is kept at once; the reveal parts what can still change."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from core.errors import InputError, NotAllowedError, NotFoundError
from core.review.checklists import checklist_of
from core.review.studies import REAL, checked_answer, is_blind, open_blind, open_revealed
from core.roles import Capability
from db.audit import Action, write
from db.blinding import finished
from db.engine import Database
from db.rows import allowed_id, insert_missing
from db.study_records import Asked, Desk
from db.study_responses import fold
from db.tables import studies, study_answers, study_items, study_reveals, study_showings

SECONDS_MAX = 3600.0
"""Longer pauses are no time on the item."""

a, i, s, v = study_answers.c, study_items.c, studies.c, study_showings.c


@dataclass(frozen=True, slots=True)
class StudyDesks:
    """The raters' side of the studies of one library."""

    database: Database

    def desk(self, study: int, rater: str) -> Desk | None:
        """The rater's first picture that is not finished, in their own order; None when all are."""
        with self.database.reading() as connection:
            me = allowed_id(connection, rater, Capability.RATE)
            mine = _query().where(v.study_id == study, v.rater_id == me)
            row = connection.execute(mine.where(~finished()).order_by(v.place).limit(1)).first()
            return _desk(connection, row) if row is not None else None

    def answer(self, showing: int, rater: str, question: str, value: Any, seconds: float = 0.0) -> None:
        """Keeps an answer; None takes it back.

        Raises:
            InputError: no such question or answer, the picture is to be finished while answers are open, or
                it is finished.
            NotAllowedError: a blind answer after the reveal, another before it, another's or a closed study.
        """
        value = checked_answer(question, value)
        with self.database.writing() as connection:
            row = _own(connection, showing, rater)
            _check_moment(connection, showing, question)
            standing = fold(_said(connection, showing))
            if question != "finished" and standing.get("finished"):
                raise InputError("This picture is finished, in another window perhaps. Undo goes back to it.")
            if question == "finished" and value and (left := open_revealed(standing)):
                raise InputError(f"'{left[0]}' has no answer yet; answer it before the next picture.")
            self._add(connection, showing, question, value, seconds)
            if question == "finished" and value:
                write(
                    connection,
                    self.database,
                    rater,
                    Action.RATED,
                    f"study {row.study_id}",
                    f"place {row.place}",
                )

    def reveal(self, showing: int, rater: str) -> None:
        """Shows what was asked for; from now on the blind answers stand.

        Raises:
            InputError: a blind question is open.
        """
        with self.database.writing() as connection:
            row = _own(connection, showing, rater)
            if left := open_blind(fold(_said(connection, showing))):
                raise InputError(f"'{left[0]}' has no answer yet; it is asked before the reveal.")
            if insert_missing(
                connection, study_reveals, showing_id=showing, created_at=self.database.clock()
            ):
                subject = f"study {row.study_id}"
                write(connection, self.database, rater, Action.REVEALED, subject, f"place {row.place}")

    def undo(self, showing: int, rater: str) -> None:
        """Takes back the last answer that can change, or else goes back to the picture finished before."""
        with self.database.writing() as connection:
            row = _own(connection, showing, rater)
            question = _last_open(connection, showing)
            if fold(_said(connection, showing)).get("finished"):
                self._add(connection, showing, "finished", None, 0.0)
            elif question is not None:
                self._add(connection, showing, question, None, 0.0)
            elif (before := _finished_before(connection, row)) is not None:
                self._add(connection, before, "finished", None, 0.0)

    def _add(self, connection: Connection, showing: int, question: str, value: Any, seconds: float) -> None:
        values = {"showing_id": showing, "created_at": self.database.clock(), "question": question}
        values |= {"blind": is_blind(question), "seconds": min(max(seconds, 0.0), SECONDS_MAX)}
        kept = None if value is None else json.dumps(value, ensure_ascii=False)
        connection.execute(insert(study_answers).values(value=kept, **values))


def _query() -> Select:
    columns = (v.id, v.study_id, v.rater_id, v.place, s.name, s.picture_size, s.closed_at, s.checklists)
    known = (i.path, i.source, i.rash, i.sites, i.tone)
    joined = select(*columns, *known).select_from(study_showings).join(studies, s.id == v.study_id)
    return joined.join(study_items, i.id == v.item_id)


def _desk(connection: Connection, row: Row) -> Desk:
    mine = (v.study_id == row.study_id, v.rater_id == row.rater_id)
    total = connection.execute(select(func.count()).select_from(study_showings).where(*mine)).scalar_one()
    asked = None
    if _revealed(connection, row.id):
        checklist = checklist_of(row.rash, json.loads(row.checklists))
        asked = Asked(row.rash, tuple(row.sites.split()), row.tone, checklist)
    can_undo = _last_open(connection, row.id) is not None or _finished_before(connection, row) is not None
    answers = fold(_said(connection, row.id))
    picture = (row.path, row.source == REAL, row.picture_size)
    return Desk(row.id, row.name, row.place, total, *picture, answers, asked, can_undo)


def _own(connection: Connection, showing: int, rater: str) -> Row:
    me = allowed_id(connection, rater, Capability.RATE)
    row = connection.execute(_query().where(v.id == showing).with_for_update(of=study_showings)).first()
    if row is None:
        raise NotFoundError(f"There is no showing {showing}; its study may have been deleted.")
    if row.rater_id != me:
        raise NotAllowedError("This picture is in front of another rater.")
    if row.closed_at is not None:
        raise NotAllowedError(f"The study '{row.name}' is closed; it takes no more answers.")
    return row


def _check_moment(connection: Connection, showing: int, question: str) -> None:
    seen = _revealed(connection, showing)
    if seen and is_blind(question):
        raise NotAllowedError(
            "You have seen what was asked for; the answers before it can't change any more."
        )
    if not seen and not is_blind(question):
        raise NotAllowedError("This is asked after the reveal.")


def _said(connection: Connection, showing: int) -> list[Row]:
    query = select(a.id, a.question, a.value, a.blind).where(a.showing_id == showing)
    return list(connection.execute(query.order_by(a.id)))


def _revealed(connection: Connection, showing: int) -> bool:
    seen = select(study_reveals.c.showing_id).where(study_reveals.c.showing_id == showing)
    return connection.execute(seen).first() is not None


def _last_open(connection: Connection, showing: int) -> str | None:
    """The question answered last among those that can still change (fold keeps the order of answering)."""
    blind = not _revealed(connection, showing)
    standing = [name for name in fold(_said(connection, showing)) if is_blind(name) == blind]
    return next((name for name in reversed(standing) if name != "finished"), None)


def _finished_before(connection: Connection, row: Row) -> int | None:
    """Only where nothing of the present picture was revealed: its answers are not to be left behind."""
    if _revealed(connection, row.id):
        return None
    before = select(v.id).where(v.study_id == row.study_id, v.rater_id == row.rater_id, v.place < row.place)
    found = connection.execute(before.where(finished()).order_by(v.place.desc()).limit(1)).first()
    return int(found[0]) if found else None
