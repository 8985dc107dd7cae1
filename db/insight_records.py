"""What Insights asks of the store and gets back."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from db.records import Generation

NOT_NAMED = ""
"""Stands for the rash, site or tone of a picture whose prompt named none."""

DIMENSIONS = ("rash", "site", "tone")


class Standing(StrEnum):
    """Which pictures of a cell are meant."""

    DRAWN = "drawn"
    RATED = "rated"
    JUDGED = "judged"
    GOOD = "good"
    SCORED = "scored"


class Measure(StrEnum):
    """What twins are compared by: each is right or not for a picture."""

    GOOD = "good"
    TONE = "tone"
    RASH = "rash"
    SITE = "site"


class Outcome(StrEnum):
    """For which of two twins a measure is right."""

    BOTH = "both"
    FIRST = "first"
    SECOND = "second"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which pictures are counted. None is any; ``weights`` are ids; times are of drawing, ``until`` excluded.

    ``rash``, ``site`` and ``tone`` are keys, or NOT_NAMED.
    """

    since: datetime | None = None
    until: datetime | None = None
    weights: tuple[int, ...] | None = None
    owner: str | None = None
    rash: str | None = None
    site: str | None = None
    tone: str | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """Which pictures of a scope lie behind a mark of a chart. ``measured`` is the measured tone, ``monk`` the
    nearest Monk step; rated between two times, of which the later is excluded."""

    standing: Standing = Standing.DRAWN
    measured: str | None = None
    monk: int | None = None
    rated_since: datetime | None = None
    rated_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """What drew pictures, by name. ``text_encoder_weight`` and ``lora_strength`` are None where not used."""

    id: int
    model: str
    text_encoder: str
    text_encoder_weight: float | None
    lora: str | None
    lora_strength: float | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Pictures, how many of them were rated, judged by the five criteria, found good, and scored for realism;
    ``realism`` is the mean of the pictures' means, None where nobody scored any."""

    pictures: int
    rated: int
    judged: int
    good: int
    scored: int
    realism: float | None


@dataclass(frozen=True, slots=True)
class Cell:
    """The counts of one row and column; a picture of two sites counts in both."""

    row: str
    column: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class ToneCell:
    """How many pictures asked for one tone were measured as ``measured``, nearest to a Monk step."""

    asked: str
    measured: str
    monk: int
    pictures: int


@dataclass(frozen=True, slots=True)
class RatedDay:
    """What was said on one day (UTC): scores of realism with their sum and sum of squares, answers to all
    five criteria, and how many of those met enough."""

    day: date
    scored: int
    realism_sum: float
    realism_squares: float
    judged: int
    met: int


@dataclass(frozen=True, slots=True)
class TwinWeights:
    """Two weights (ids) and how many recipes both drew."""

    first: int
    second: int
    recipes: int


@dataclass(frozen=True, slots=True)
class TwinCounts:
    """Twins by outcome, for one measure; those for which it is not known of both are left out."""

    both: int
    first: int
    second: int
    neither: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.both + self.first + self.second + self.neither


@dataclass(frozen=True, slots=True)
class TwinRealism:
    """Twins both scored: their number, the sums of the first's and the second's realism, and of the squares
    of the differences."""

    count: int
    first_sum: float
    second_sum: float
    difference_squares: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two weights on the recipes that both drew."""

    recipes: int
    measures: dict[Measure, TwinCounts]
    realism: TwinRealism


@dataclass(frozen=True, slots=True)
class Pictures:
    """Some of the pictures behind a mark, newest first, and how many there are."""

    items: tuple[Generation, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Twins:
    """Some of the twins behind a mark, newest first, and how many there are."""

    items: tuple[tuple[Generation, Generation], ...]
    total: int
