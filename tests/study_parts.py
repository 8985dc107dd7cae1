"""Answers to a picture of a study, and giving them all at once."""

from core.review.checklists import CRITERIA
from core.review.studies import AI
from db.repository import Repository
from db.study_records import Desk

BLIND = {"gradable": True, "diagnosis_1": "Tinea pedis", "diagnosis_1_confidence": 4}
BLIND |= {"origin": AI, "origin_confidence": 2}
OPEN = {**dict.fromkeys(CRITERIA, "yes"), "tone_seen": 7, "realism": 5, "artefacts": {"blur": "mild"}}


def rate(repository: Repository, study: int, rater: str, **changes: object) -> Desk:
    """Answers the picture in front of the rater, with the changes, and finishes it."""
    desk = repository.studies.desk(study, rater)
    assert desk is not None
    for question, value in (BLIND | {k: v for k, v in changes.items() if k in BLIND}).items():
        repository.studies.answer(desk.showing, rater, question, value, 2.0)
    repository.studies.reveal(desk.showing, rater)
    for question, value in (OPEN | {k: v for k, v in changes.items() if k in OPEN}).items():
        repository.studies.answer(desk.showing, rater, question, value, 1.0)
    repository.studies.answer(desk.showing, rater, "finished", True)
    return desk
