"""What is asked of a rater in a study, and what an answer may be.

Every answer is one line of an append-only log: a question's name and a value; None takes the answer back.
What is asked blind comes before the attributes are revealed and can't change after it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import InputError
from core.review.checklists import CRITERIA

DIAGNOSES_MAX = 3
DIAGNOSES = tuple(f"diagnosis_{number}" for number in range(1, DIAGNOSES_MAX + 1))
DIAGNOSIS_MAX, COMMENT_MAX = 120, 1000
VERDICTS = ("yes", "partly", "no")
REAL, AI = "real", "ai"
BLIND = (
    "gradable",
    *(name for d in DIAGNOSES for name in (d, f"{d}_confidence")),
    "origin",
    "origin_confidence",
)
REVEALED = (*CRITERIA, "tone_seen", "realism", "artefacts", "comment", "finished")
ARTEFACTS = {
    "anatomy": "Wrong anatomy",
    "borders": "Unnatural borders",
    "repetition": "Repeated pattern",
    "blur": "Blur or smearing",
    "colour": "Implausible colour",
    "lighting": "Implausible light",
    "other": "Other",
}
SEVERITIES = ("mild", "moderate", "severe")
CRITERIA_MET = 3
"""A picture passes with so many of the five criteria answered yes: the literature's figure."""

Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Response:
    """One showing as it was answered; the rows that statistics are made of.

    ``item`` is the picture, ``place`` the position in the rater's own order from 1, ``source`` REAL or AI,
    ``seconds`` the time on the item. Rash, sites and tone are what was asked for, or what is known of a
    photograph.
    """

    rater: str
    item: int
    place: int
    repeat: bool
    source: str
    rash: str | None
    sites: tuple[str, ...]
    tone: str | None
    seconds: float
    answers: dict[str, Any] = field(hash=False)


def is_blind(question: str) -> bool:
    """Whether the question comes before the reveal.

    Raises:
        InputError: there is no such question.
    """
    if question not in BLIND + REVEALED:
        raise InputError(f"A study has no question '{question}'; it asks {', '.join(BLIND + REVEALED)}.")
    return question in BLIND


def open_blind(answers: Answers) -> tuple[str, ...]:
    """What must be answered before the reveal and is not yet, in the order it is asked."""
    asked = ["gradable"]
    if answers.get("gradable"):
        given = [name for name in DIAGNOSES if answers.get(name)] or [DIAGNOSES[0]]
        asked += [part for name in given for part in (name, f"{name}_confidence")]
    return tuple(name for name in (*asked, "origin", "origin_confidence") if answers.get(name) is None)


def open_revealed(answers: Answers) -> tuple[str, ...]:
    """What must be answered before the next picture and is not yet; a comment is free."""
    return tuple(n for n in (*CRITERIA, "tone_seen", "realism", "artefacts") if answers.get(n) is None)


def next_diagnosis(answers: Answers) -> str | None:
    """The first free place for a diagnosis; None while one lacks its confidence, or when all are taken."""
    for name in DIAGNOSES:
        if not answers.get(name):
            return name
        if answers.get(f"{name}_confidence") is None:
            return None
    return None


def checked_answer(question: str, value: Any) -> Any:
    """The value as it is kept.

    Raises:
        InputError: there is no such question, or this is no answer to it.
    """
    is_blind(question)
    if value is None:
        return None
    accepts, words = _RULES[_kind(question)]
    if not accepts(value):
        raise InputError(f"{value!r} is no answer to '{question}': {words}.")
    return " ".join(value.split()) if question in DIAGNOSES else value


def _kind(question: str) -> str:
    if question in CRITERIA:
        return "criterion"
    if question.endswith("_confidence"):
        return "confidence"
    return "diagnosis" if question in DIAGNOSES else question


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _artefacts(value: Any) -> bool:
    return isinstance(value, dict) and all(k in ARTEFACTS and v in SEVERITIES for k, v in value.items())


def _text(longest: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and len(value) <= longest


_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "gradable": (lambda value: isinstance(value, bool), "yes or no"),
    "diagnosis": (
        lambda value: _text(DIAGNOSIS_MAX)(value) and bool(value.strip()),
        f"1 to {DIAGNOSIS_MAX} characters",
    ),
    "confidence": (_whole(1, 5), "a whole number from 1 to 5"),
    "origin": (lambda value: value in (REAL, AI), f"{REAL} or {AI}"),
    "criterion": (lambda value: value in VERDICTS, ", ".join(VERDICTS)),
    "tone_seen": (_whole(1, 10), "a Monk step from 1 to 10"),
    "realism": (_whole(1, 7), "a whole number from 1 to 7"),
    "artefacts": (_artefacts, f"kinds ({', '.join(ARTEFACTS)}) with a severity ({', '.join(SEVERITIES)})"),
    "comment": (_text(COMMENT_MAX), f"up to {COMMENT_MAX} characters"),
    "finished": (lambda value: value is True, "true"),
}
