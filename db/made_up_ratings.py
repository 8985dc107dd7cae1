"""Ratings, a closed study, readings and twins for a made-up library, for measuring and for tests."""

import json
import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from core.recipes import Recipe
from core.review.checklists import CRITERIA
from core.review.studies import AI
from db.generations import weights_id
from db.made_up_library import RASHES, SITES, START, TONES
from db.repository import Repository
from db.rows import user_id
from db.tables import (
    generations,
    ratings,
    readings,
    studies,
    study_answers,
    study_items,
    study_reveals,
    study_showings,
)

RATERS = ("ann", "bob", "cat")
VERDICTS = ("yes", "yes", "partly", "no")
NOW = START + timedelta(days=400)
g = generations.c


def rate(repository: Repository, share: float = 0.2, seed: int = 2) -> None:
    """Rates a share of the pictures once or twice, half of it blind first; measures nine in ten pictures;
    puts a twentieth into a closed study of three raters; makes every second picture the twin of the one
    before, by a second encoder."""
    for name in RATERS:
        repository.users.ensure(name)
    rng = random.Random(seed)
    with repository.database.writing() as connection:
        raters = [user_id(connection, name) for name in RATERS]
        ids = list(connection.execute(select(g.id).order_by(g.id)).scalars())
        sheets = [sheet for id in ids if rng.random() < share for sheet in _sheets(rng, id, raters)]
        connection.execute(insert(ratings), sheets)
        connection.execute(insert(readings), [_reading(rng, id) for id in ids if rng.random() < 0.9])
        _make_twins(connection)
        _study(connection, rng, rng.sample(ids, len(ids) // 20), raters)


def _sheets(rng: random.Random, id: int, raters: list[int]) -> list[dict[str, Any]]:
    """Of one or two raters: perhaps a blind sheet, then perhaps an open one, which may leave criteria open
    and may come twice."""
    found = []
    for rater in rng.sample(raters, rng.choice((1, 2))):
        at = START + timedelta(days=rng.random() * 365)
        empty = {"generation_id": id, "rater_id": rater, "created_at": at, "comment": "", "realism": None}
        empty |= dict.fromkeys(CRITERIA)
        if rng.random() < 0.5:
            found.append(empty | {"blind": True, "realism": rng.randint(1, 7)})
        for _ in range(rng.choice((0, 1, 1, 2))):
            given = {name: rng.choice(VERDICTS) for name in CRITERIA if rng.random() < 0.98}
            realism = rng.choice((None, 2, 4, 6))
            found.append(empty | given | {"blind": False, "realism": realism, "comment": "seen"})
    return found


def _reading(rng: random.Random, id: int) -> dict[str, Any]:
    tone = rng.choice(TONES)
    judged = {"rash": rng.choice(RASHES), "site": rng.choice(SITES)} if rng.random() < 0.8 else {}
    none = {"rash": None, "site": None}
    measured = {"tone": tone, "monk": 1 + 2 * TONES.index(tone), "judge_sha256": "0" * 64}
    return {"generation_id": id, "read_at": NOW, **measured, **none, **judged}


def _make_twins(connection: Connection) -> None:
    """Every even picture takes the settings of the one before and the weights of a second encoder."""
    text = connection.execute(select(g.recipe).order_by(g.id).limit(1)).scalar_one()
    other = replace(Recipe.from_json(text), text_encoder="/runs/first", text_encoder_hash="c" * 64)
    before = generations.alias("before").c
    twin = select(before.setting_key).where(before.id == g.id - 1).scalar_subquery()
    changed = {"weights_id": weights_id(connection, other), "setting_key": twin}
    connection.execute(update(generations).where(g.id % 2 == 0).values(**changed))


def _study(connection: Connection, rng: random.Random, ids: list[int], raters: list[int]) -> None:
    plan: dict[str, Any] = {"seed": 1, "ratings_per_picture": len(raters), "repeats": 0.0, "picture_size": 64}
    plan |= {"name": "Made up", "owner_id": raters[0], "created_at": START, "checklists": "{}"}
    study = connection.execute(insert(studies).values(**plan).returning(studies.c.id)).scalar_one()
    known = {"study_id": study, "source": AI, "path": "x", "sites": ""}
    connection.execute(insert(study_items), [known | {"generation_id": id} for id in ids])
    items = connection.execute(select(study_items.c.id)).scalars().all()
    shown = [
        {"study_id": study, "item_id": item, "rater_id": rater, "place": place, "repeat": False}
        for rater in raters
        for place, item in enumerate(items, 1)
    ]
    connection.execute(insert(study_showings), shown)
    showings = connection.execute(select(study_showings.c.id)).scalars().all()
    connection.execute(insert(study_reveals), [{"showing_id": key, "created_at": START} for key in showings])
    answers = [row for key in showings for row in _answers(rng, key)]
    connection.execute(insert(study_answers), answers)
    connection.execute(update(studies).values(closed_at=NOW))


def _answers(rng: random.Random, showing: int) -> list[dict[str, Any]]:
    """All that follows the reveal; one in ten corrects an answer, three in twenty are not finished."""
    at: datetime = START + timedelta(days=rng.random() * 365)
    values: list[tuple[str, Any]] = [(name, rng.choice(VERDICTS)) for name in CRITERIA]
    values += [("realism", rng.randint(1, 7)), ("tone_seen", 4), ("artefacts", {})]
    values += [("realism", rng.randint(1, 7))] if rng.random() < 0.1 else []
    values += [("finished", True)] if rng.random() < 0.85 else []
    said = {"showing_id": showing, "created_at": at, "blind": False, "seconds": 1.0}
    return [said | {"question": name, "value": json.dumps(value)} for name, value in values]
