"""How far raters agree and how sure a share is: published coefficients with intervals, or too few data.

Shares of several ratings of one picture are no independent throws: their interval is Wilson's with the
effective number of ratings (n over the design effect of pictures as clusters, Korn and Graubard 1998).
Krippendorff's alpha and weighted kappa have percentile bootstrap intervals over pictures.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np

RATINGS_MIN = 10
PAIRS_MIN = 10
"""Fewer ratings, or pictures rated twice, give no figure."""

RESAMPLES = 500
CONFIDENCE = 0.95
SEED = 20260101


@dataclass(frozen=True, slots=True)
class TooFew:
    """Stands in for a figure: so many ``what`` were found of so many needed."""

    found: int
    needed: int
    what: str = "ratings"

    def __str__(self) -> str:
        return f"too few {self.what}: {self.found} of {self.needed}" if self.needed > 1 else f"no {self.what}"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; ``count`` is the number of ratings (or pictures) it is made of."""

    value: float
    low: float
    high: float
    count: int

    def beside(self, chance: float) -> str:
        """ "above", "below" or "not distinguishable from" a value of chance."""
        if self.low > chance:
            return "above"
        return "below" if self.high < chance else "not distinguishable from"


Figure = Estimate | TooFew
Level = Literal["nominal", "ordinal", "interval"]
Ratings = Mapping[Any, Mapping[str, Any]]
"""Picture to rater to value; absent where a rater gave none."""


def share(successes: Sequence[tuple[Hashable, bool]], needed: int = RATINGS_MIN) -> Figure:
    """The share of successes among (picture, success) ratings, with Wilson's interval (1927).

    Worked example: Newcombe, Statistics in Medicine 17 (1998) 857-872, table I: 81 of 263 gives 0.2553 to
    0.3662.
    """
    from statsmodels.stats.proportion import proportion_confint

    count = len(successes)
    if count < needed:
        return TooFew(count, needed)
    hits = sum(hit for _, hit in successes)
    effective = count / design_effect(successes)
    low, high = proportion_confint(hits / count * effective, effective, 1 - CONFIDENCE, "wilson")
    return Estimate(hits / count, float(low), float(high), count)


def design_effect(successes: Sequence[tuple[Hashable, bool]]) -> float:
    """How many times larger the variance of the share is than that of independent ratings; 1 or more."""
    clusters: dict[Hashable, list[int]] = {}
    for picture, hit in successes:
        clusters.setdefault(picture, []).append(int(hit))
    count, number = len(successes), len(clusters)
    p = sum(hit for _, hit in successes) / count
    if p in (0, 1) or number < 2:
        return count / number
    residuals = sum((sum(hits) - p * len(hits)) ** 2 for hits in clusters.values())
    variance = number / (number - 1) * residuals / count**2
    return max(1.0, variance / (p * (1 - p) / (count - 1)))


def mean(values: Sequence[tuple[Hashable, float]], needed: int = RATINGS_MIN) -> Figure:
    """The mean of (picture, value) ratings, with a bootstrap interval over pictures."""
    if len(values) < needed:
        return TooFew(len(values), needed)
    grouped: dict[Hashable, list[float]] = {}
    for picture, value in values:
        grouped.setdefault(picture, []).append(value)
    sums = np.array([[sum(v), len(v)] for v in grouped.values()], float)
    value = float(sums[:, 0].sum() / sums[:, 1].sum())
    return _bootstrap(len(sums), lambda rows: _ratio(sums[rows]), value, len(values))


def alpha(ratings: Ratings, level: Level = "nominal", needed: int = PAIRS_MIN) -> Figure:
    """Krippendorff's alpha; ``level`` is "nominal", "ordinal" or "interval".

    Values are ordered as Python orders them. Pictures with one rating carry nothing and don't count.
    Worked example: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), example C: 0.743 nominal,
    0.815 ordinal, 0.849 interval.
    """
    raters, table = _table(ratings)
    if len(table) < needed or raters < 2:
        return TooFew(len(table), needed, "pictures rated twice")
    if len(np.unique(table[~np.isnan(table)])) < 2:
        return TooFew(1, 2, "different answers")
    return _bootstrap(len(table), lambda rows: _alpha(table[rows], level), _alpha(table, level), len(table))


def kappa(ratings: Ratings, needed: int = PAIRS_MIN) -> Figure:
    """Cohen's kappa with quadratic weights (Fleiss and Cohen 1973), the mean over all pairs of raters,
    weighted by the pictures each pair shares.

    Worked example: Gamer, Lemon, Fellows and Singh, R package irr (2012), data set anxiety, raters 2 and 3,
    squared weights: 0.2520.
    """
    _, table = _table(ratings)
    if len(table) < needed:
        return TooFew(len(table), needed, "pictures rated twice")
    value = _kappa(table, library_kappa)
    if np.isnan(value):
        return TooFew(1, 2, "different answers")
    return _bootstrap(len(table), lambda rows: _kappa(table[rows]), value, len(table))


def difference(earlier: Sequence[bool], later: Sequence[bool], needed: int = RATINGS_MIN) -> Figure:
    """How much larger the share of successes is later than earlier, with Newcombe's interval.

    Worked example: Newcombe, Statistics in Medicine 17 (1998) 873-890, table II: 56/70 - 48/80 gives 0.0524
    to 0.3339.
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    fewest = min(len(earlier), len(later))
    if fewest < needed:
        return TooFew(fewest, needed, "ratings in each half")
    a, b = (sum(later), len(later)), (sum(earlier), len(earlier))
    low, high = confint_proportions_2indep(*a, *b, method="newcomb", compare="diff")
    return Estimate(a[0] / a[1] - b[0] / b[1], float(low), float(high), a[1] + b[1])


def _table(ratings: Ratings) -> tuple[int, np.ndarray]:
    """(raters, pictures x raters): numbers or ranks, NaN for none; of pictures rated twice or more."""
    values = sorted({value for given in ratings.values() for value in given.values()})
    rank: dict[Any, float] = {value: _number(value, place) for place, value in enumerate(values)}
    raters = sorted({rater for given in ratings.values() for rater in given})
    shared = [given for given in ratings.values() if len(given) > 1]
    rows = [[rank[given[r]] if r in given else np.nan for r in raters] for given in shared]
    return len(raters), np.array(rows, float).reshape(len(rows), len(raters))


def _number(value: Any, place: int) -> float:
    return float(value) if isinstance(value, int | float) else float(place)


def _alpha(table: np.ndarray, level: Level) -> float:
    import krippendorff

    if len(np.unique(table[~np.isnan(table)])) < 2:
        return float("nan")
    return float(krippendorff.alpha(reliability_data=table.T, level_of_measurement=level))


def _kappa(table: np.ndarray, pair: Callable[[np.ndarray, np.ndarray], float] | None = None) -> float:
    """The mean over pairs of raters by a pair's own kappa; pairs that always said the same have none."""
    found = []
    for a, b in combinations(table.T, 2):
        both = ~np.isnan(a) & ~np.isnan(b)
        if both.sum() > 1 and len(np.unique([a[both], b[both]])) > 1:
            found.append(((pair or pair_kappa)(a[both], b[both]), int(both.sum())))
    return float(np.average([k for k, _ in found], weights=[n for _, n in found])) if found else float("nan")


def library_kappa(a: np.ndarray, b: np.ndarray) -> float:
    """scikit-learn's, of whole numbers."""
    from sklearn.metrics import cohen_kappa_score

    grid = np.arange(min(a.min(), b.min()), max(a.max(), b.max()) + 1).astype(int)
    return float(cohen_kappa_score(a.astype(int), b.astype(int), labels=grid, weights="quadratic"))


def pair_kappa(a: np.ndarray, b: np.ndarray) -> float:
    """The same in closed form, fast enough to resample: 1 - E(a-b)^2 over its value by chance."""
    chance = a.var() + b.var() + (a.mean() - b.mean()) ** 2
    return float(1 - ((a - b) ** 2).mean() / chance)


def _ratio(sums: np.ndarray) -> float:
    return float(sums[:, 0].sum() / sums[:, 1].sum())


def _bootstrap(size: int, figure: Callable[[np.ndarray], float], value: float, count: int) -> Estimate:
    """Percentile interval over resampled rows; samples in which the figure is not defined are left out."""
    chance = np.random.default_rng(SEED)
    drawn = np.array([figure(chance.integers(0, size, size)) for _ in range(RESAMPLES)])
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(drawn, [tail, 1 - tail])
    return Estimate(value, float(min(low, value)), float(max(high, value)), count)
