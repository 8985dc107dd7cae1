"""What was measured in a finished picture: its skin tone and, where a judge knows the words, what it shows.

``core.measuring.examiner`` measures, a ``ReadingStore`` keeps. A reading never changes: another judge would
read anew.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.recipes import Recipe


@dataclass(frozen=True, slots=True)
class Reading:
    """One picture's measures; None where nothing could be measured, and ``note`` says why.

    ``monk`` is the nearest Monk swatch (1 to 10) by CIEDE2000 and ``monk_distance`` its distance, ``ita`` the
    individual typology angle in degrees, both of skin without lesions and background. ``tone`` is the
    vocabulary's step whose pictures look most like it at that site. ``lesion_share`` is lesions among all
    skin, 0 to 1. ``rash``, ``site``, ``severity`` and ``view`` are the judge's likeliest with their
    probabilities; None for models that no judge was trained for, and what the judge does not tell.
    ``judge_sha256`` names the weights that read.

    ``nearest`` is the name of the nearest training picture, ``nearest_of`` says which pictures were searched;
    ``nearest_share`` of those lie nearer to another of their own than ``nearest_distance``
    (``core.measuring.training_index``). All are None where no index was there.
    """

    tone: str | None = None
    monk: int | None = None
    monk_distance: float | None = None
    ita: float | None = None
    lesion_share: float | None = None
    rash: str | None = None
    rash_probability: float | None = None
    site: str | None = None
    site_probability: float | None = None
    judge_sha256: str = ""
    note: str = ""
    severity: str | None = None
    severity_probability: float | None = None
    view: str | None = None
    view_probability: float | None = None
    nearest: str | None = None
    nearest_of: str | None = None
    nearest_distance: float | None = None
    nearest_share: float | None = None
    too_near: bool | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A picture that waits to be measured. ``image_path`` is absolute."""

    generation_id: int
    image_path: Path
    recipe: Recipe


class ReadingStore(Protocol):
    """What an examiner needs of the database."""

    def next_unread(self) -> Unread | None:
        """The oldest picture that is newer than all measured ones."""

    def record(self, generation_id: int, reading: Reading) -> None:
        """Keeps a reading; does nothing where there is one already, or the picture is gone."""
