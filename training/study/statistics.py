"""Shares of pictures with 95 % intervals over pictures and seeds, and how much they change.

Pictures of one seed share a trained network, so they are no independent throws. A share over several seeds
has Wilson's interval at the effective number of pictures: their number over the design effect of seeds as
clusters (Korn and Graubard 1998), never less than 1. A change from one arm to another has Newcombe's hybrid
score interval made of the two shares' own, for pairs: both arms drew each picture from the same prompt and
noise (Newcombe 1998, Statistics in Medicine 17, 2635, method 10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import sqrt

from statsmodels.stats.proportion import proportion_confint

from core.review.agreement import design_effect

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """A share of ``pictures``, 0 to 1, with its interval, and the share of each seed."""

    value: float
    low: float
    high: float
    pictures: int
    by_seed: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A difference of two shares, later less earlier, with its interval."""

    value: float
    low: float
    high: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval leaves out no change at all."""
        return self.low > 0 or self.high < 0


def share_of(hits: Mapping[int, Sequence[bool]]) -> Share:
    """The share of hits by seed. Where all seeds have everything, or all nothing, no spread is seen: their
    design effect is taken as 1."""
    thrown = [(seed, hit) for seed, found in hits.items() for hit in found]
    count, right = len(thrown), sum(hit for _, hit in thrown)
    spread = 0 < right < count and len(hits) > 1
    effective = count / (design_effect(thrown) if spread else 1.0)
    value = right / count
    low, high = proportion_confint(value * effective, effective, 1 - CONFIDENCE, "wilson")
    by_seed = tuple(sum(found) / len(found) for found in hits.values())
    return Share(value, max(0.0, float(low)), min(1.0, float(high)), count, by_seed)


def change(before: Share, after: Share, correlation: float = 0.0) -> Change:
    """How much larger the later share is; ``correlation`` is that of its hits with the earlier ones."""
    value = after.value - before.value
    low = _spread(after.value - after.low, before.high - before.value, correlation)
    high = _spread(after.high - after.value, before.value - before.low, correlation)
    return Change(value, value - low, value + high)


def _spread(one: float, other: float, correlation: float) -> float:
    return sqrt(one**2 - 2 * correlation * one * other + other**2)


def paired_correlation(pairs: Sequence[tuple[bool, bool]]) -> float:
    """Phi of hits in pairs, -1 to 1, by Newcombe's continuity correction; 0 where an arm does not vary."""
    both, first, second, none = (pairs.count(kind) for kind in product((True, False), repeat=2))
    margins = (both + first) * (second + none) * (both + second) * (first + none)
    cross = float(both * none - first * second)
    if cross > 0:
        cross = max(cross - len(pairs) / 2, 0.0)
    return cross / sqrt(margins) if margins else 0.0
