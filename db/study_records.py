"""What the store of studies takes and hands out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.review.checklists import Checklist


@dataclass(frozen=True, slots=True)
class StudyPhotograph:
    """A real photograph for a study. ``path`` is relative to the folder of datasets; sides are in pixels."""

    path: str
    rash: str | None
    sites: tuple[str, ...]
    tone: str | None
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class StudyDraft:
    """What a lead decides before a study begins. ``checklists`` holds the sentences by rash."""

    name: str
    generations: tuple[int, ...]
    raters: tuple[str, ...]
    ratings_per_picture: int
    seed: int
    repeats: float = 0.15
    photographs: tuple[StudyPhotograph, ...] = ()
    checklists: Mapping[str, Checklist] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Study:
    """A study as its lead sees it. ``pictures`` counts all of them, ``photographs`` the real ones."""

    id: int
    name: str
    owner: str
    created_at: datetime
    closed_at: datetime | None
    seed: int
    ratings_per_picture: int
    repeats: float
    picture_size: int
    pictures: int
    photographs: int


@dataclass(frozen=True, slots=True)
class RaterProgress:
    """How far one rater is in one study, in showings; ``closed`` if no answer is taken any more."""

    study_id: int
    study: str
    rater: str
    done: int
    total: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Withheld:
    """A study that hides so many drawn pictures from one of its raters until all of it is rated."""

    study: str
    pictures: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a picture was to show; handed out after the reveal only."""

    rash: str | None
    sites: tuple[str, ...]
    tone: str | None
    checklist: Checklist = field(hash=False)


@dataclass(frozen=True, slots=True)
class Desk:
    """The picture in front of a rater. ``asked`` is None until the reveal; nothing here says real or AI.

    ``path`` is relative to the folder of datasets if ``in_datasets``, else to the library. ``can_undo`` tells
    whether there is an answer to take back, or a picture finished before to go back to.
    """

    showing: int
    study: str
    place: int
    total: int
    path: str = field(repr=False)
    in_datasets: bool = field(repr=False)
    picture_size: int
    answers: dict[str, Any] = field(hash=False)
    asked: Asked | None
    can_undo: bool
