"""Preference pairs: two pictures of one caption and the same settings, by another seed or model, one rated
better.

The form is what preference tuning (DPO and its kin) reads: caption, chosen, rejected.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nlargest
from itertools import combinations

from core.exporting.items import Item
from core.recipes import Recipe

GROUP_MAX = 1000
"""Pairs of one caption: with many pictures, those furthest apart."""

_MAY_DIFFER = ("seed", "model", "model_hash", "text_encoder", "text_encoder_hash", "versions")


@dataclass(frozen=True, slots=True)
class Rated:
    """What of a picture is kept in memory until all are known."""

    id: int
    stem: str
    realism: float
    count: int
    seed: int
    model: str


@dataclass(frozen=True, slots=True)
class Preference:
    """``chosen`` was rated at least the margin above ``rejected``."""

    caption: str
    chosen: Rated
    rejected: Rated

    @property
    def differs(self) -> str:
        """What tells the two apart: "seed", "model" or "seed and model"."""
        seed, model = self.chosen.seed != self.rejected.seed, self.chosen.model != self.rejected.model
        return " and ".join(["seed"] * seed + ["model"] * model)


def preferences(items: Iterable[Item], margin: float) -> list[Preference]:
    """All pairs of rated pictures that may be compared, widest difference first within a caption."""
    groups: dict[tuple[str, str], list[Rated]] = defaultdict(list)
    for item in items:
        if item.realism_mean is not None:
            groups[item.recipe.prompt, _setting(item.recipe)].append(_rated(item, item.realism_mean))
    return [pair for (caption, _), rated in groups.items() for pair in _pairs(caption, rated, margin)]


def _setting(recipe: Recipe) -> str:
    return repr(sorted((k, v) for k, v in recipe.to_dict().items() if k not in _MAY_DIFFER))


def _rated(item: Item, realism: float) -> Rated:
    recipe = item.recipe
    model = f"{recipe.model}:{recipe.model_hash}:{recipe.text_encoder}:{recipe.text_encoder_hash}"
    return Rated(item.id, item.stem, realism, item.rating_count, recipe.seed, model)


def _pairs(caption: str, rated: list[Rated], margin: float) -> list[Preference]:
    best_first = sorted(rated, key=lambda one: (-one.realism, one.id))
    found = (
        Preference(caption, better, worse)
        for better, worse in combinations(best_first, 2)
        if better.realism - worse.realism >= margin
        and (better.seed, better.model) != (worse.seed, worse.model)
    )
    return nlargest(GROUP_MAX, found, key=lambda pair: pair.chosen.realism - pair.rejected.realism)
