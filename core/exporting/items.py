"""What is exported: a picture with its recipe and ratings, whoever keeps it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from core.exporting.study import StudyAnswers
from core.provenance.outgoing import Outgoing
from core.recipes import Recipe

NAME_MAX = 90


@dataclass(frozen=True, slots=True)
class Sheet:
    """One rater's answers. ``criteria`` maps a criterion to "yes", "partly" or "no"."""

    rater: str
    created_at: datetime
    blind: bool
    realism: int | None
    criteria: dict[str, str]
    comment: str


@dataclass(frozen=True, slots=True)
class Item:
    """One picture. ``image_path`` is absolute; ``too_near``: to a training picture, as
    ``core.measuring.training_index`` tells."""

    id: int
    owner: str
    created_at: datetime
    recipe: Recipe
    image_path: Path
    rating_count: int = 0
    realism_mean: float | None = None
    sheets: tuple[Sheet, ...] = ()
    too_near: bool = False

    @property
    def stem(self) -> str:
        """File name without ending: id, rash, sites, tone; letters, digits, hyphen and underscore alone."""
        recipe = self.recipe
        words = [f"{self.id:06d}", recipe.rash or "prompt", *recipe.sites, recipe.tone or ""]
        return re.sub(r"[^A-Za-z0-9_]+", "-", "-".join(filter(None, words)))[:NAME_MAX].strip("-")


Walk = Callable[[], Iterator[Item]]
"""Begins at the first picture each time it is called; ``total`` of the order says how many there are."""

WriteDown = Callable[[str, int], None]
"""Called once with the form's name and the number of pictures, before the export is put in its place."""


def nobody_writes(form: str, count: int) -> None:
    """For orders that no log is kept of."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. ``rater_names``: people are named, else they are "rater 1", "rater 2", ...
    ``margin``: difference in mean realism from which one picture counts as better. ``left_out``: pictures
    chosen but not walked over, since they are too near to a training picture. ``write_down``: keeps a record
    that they left. ``study``: the pictures are those of a reader study, and so are their ratings."""

    walk: Walk
    total: int
    outgoing: Outgoing
    rater_names: bool = False
    margin: float = 1.0
    left_out: int = 0
    write_down: WriteDown = nobody_writes
    study: StudyAnswers | None = None


@dataclass(slots=True)
class Names:
    """People's names, or numbers in the order in which they appear."""

    shown: bool
    numbers: dict[str, int] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """The name, or its stand-in."""
        if self.shown:
            return name
        return f"rater {self.numbers.setdefault(name, len(self.numbers) + 1)}"
