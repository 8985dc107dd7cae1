"""From the log of answers to one response for each finished showing."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, select

from core.review.studies import Response
from db.tables import study_answers, study_items, study_showings, users

a, i, v = study_answers.c, study_items.c, study_showings.c


def fold(rows: Iterable[Row]) -> dict[str, Any]:
    """The answers that stand: of each question the latest, without those taken back."""
    standing: dict[str, Any] = {}
    for row in rows:
        standing.pop(row.question, None)
        if row.value is not None:
            standing[row.question] = json.loads(row.value)
    return standing


def read_responses(connection: Connection, study: int) -> list[Response]:
    """Finished showings of a study, by rater and place."""
    shown = (
        select(v.id, users.c.name, v.item_id, v.place, v.repeat, i.source, i.rash, i.sites, i.tone)
        .join(users, users.c.id == v.rater_id)
        .join(study_items, i.id == v.item_id)
        .where(v.study_id == study)
        .order_by(users.c.name, v.place)
    )
    said = select(a.showing_id, a.question, a.value, a.seconds).join(study_showings, v.id == a.showing_id)
    by_showing: dict[int, list[Row]] = {}
    for row in connection.execute(said.where(v.study_id == study).order_by(a.id)):
        by_showing.setdefault(row.showing_id, []).append(row)
    found = [_response(row, by_showing.get(row.id, [])) for row in connection.execute(shown)]
    return [response for response in found if response.answers.get("finished")]


def _response(row: Row, said: list[Row]) -> Response:
    seconds = sum(one.seconds for one in said)
    known = (row.source, row.rash, tuple(row.sites.split()), row.tone)
    return Response(row.name, row.item_id, row.place, bool(row.repeat), *known, seconds, fold(said))
