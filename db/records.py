"""What the store hands out: frozen records, never ORM objects. Times are aware UTC datetimes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from core.recipes import Recipe
from core.review.checklists import CRITERIA as CRITERIA


class Visibility(StrEnum):
    """Who may see a generation: its owner alone, or everyone who uses the library."""

    PRIVATE = "private"
    LIBRARY = "library"


class Verdict(StrEnum):
    """Answer to one criterion."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


REALISM = (1, 7)
"""Realism scale, both ends included."""


@dataclass(frozen=True, slots=True)
class User:
    """A person who generates or rates. ``name`` is unique."""

    id: int
    name: str
    role: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Generation:
    """One picture in the library. Paths are absolute; ``starred`` is the asking user's own mark."""

    id: int
    owner: str
    visibility: Visibility
    created_at: datetime
    recipe: Recipe
    image_path: Path
    thumbnail_path: Path
    file_sha256: str
    bytes: int
    seconds: float
    starred: bool
    rating_count: int
    realism_mean: float | None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    """One answer sheet, never changed: a later one by the same rater replaces it as the current one.

    ``blind`` answers were given before the rater saw the prompt and carry realism alone. ``criteria`` maps
    the names in CRITERIA to verdicts (unanswered ones are absent).
    """

    id: int
    generation_id: int
    rater: str
    created_at: datetime
    blind: bool
    realism: int | None
    criteria: dict[str, Verdict]
    comment: str


class Order(StrEnum):
    """How History is sorted. Pictures without ratings come last in REALISM."""

    NEWEST = "newest"
    OLDEST = "oldest"
    REALISM = "realism"


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """What History shows. None or empty means: do not filter by this. ``too_near``: those too near to a
    training picture alone, or all but those."""

    rashes: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    tones: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    rated: bool | None = None
    min_realism: float | None = None
    too_near: bool | None = None
    owner: str | None = None
    starred: bool = False
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page by keyset. ``next`` and ``previous`` are opaque cursors, None at the ends."""

    items: tuple[Generation, ...]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A model the user added: a local diffusers folder or a hub id."""

    id: int
    source: str
    label: str
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class DiskUse:
    """Bytes taken by the library and bytes free on its disk."""

    images: int
    thumbnails: int
    database: int
    free: int
    starts: int = 0
    exports: int = 0

    @property
    def taken(self) -> int:
        """All that is the library's."""
        return self.images + self.thumbnails + self.database + self.starts + self.exports
