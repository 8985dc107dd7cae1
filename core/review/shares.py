"""Shares, means and differences from counts and sums alone, with 95 % intervals, or too few data.

For figures that a database adds up: one throw is one picture, so intervals need no design effect
(``core.review.agreement`` has those of ratings). Wilson's interval for a share, Student's for a mean,
McNemar's exact test for two shares of the same recipes; all statsmodels' and scipy's.
"""

import math

from core.review.agreement import CONFIDENCE, RATINGS_MIN, Estimate, Figure, TooFew

ALPHA = 1 - CONFIDENCE


def proportion(hits: int, count: int, needed: int = RATINGS_MIN, what: str = "pictures") -> Figure:
    """The share of hits."""
    from statsmodels.stats.proportion import proportion_confint

    if count < max(needed, 1):
        return TooFew(count, max(needed, 1), what)
    low, high = proportion_confint(hits, count, ALPHA, "wilson")
    return Estimate(hits / count, float(low), float(high), count)


def mean_of_sums(
    count: int, total: float, squares: float, needed: int = RATINGS_MIN, what: str = "ratings"
) -> Figure:
    """The mean of numbers of which their count, sum and sum of squares are known."""
    from scipy.stats import t

    if count < max(needed, 2):
        return TooFew(count, max(needed, 2), what)
    mean = total / count
    variance = max(0.0, (squares - total * mean) / (count - 1))
    reach = float(t.ppf(1 - ALPHA / 2, count - 1)) * math.sqrt(variance / count)
    return Estimate(mean, mean - reach, mean + reach, count)


def told_apart(only_first: int, only_second: int) -> float:
    """The probability of a gap at least as wide if both were equally often right (McNemar's exact test);
    1 where they never differ."""
    from statsmodels.stats.contingency_tables import mcnemar

    if not only_first + only_second:
        return 1.0
    return float(mcnemar([[0, only_first], [only_second, 0]], exact=True).pvalue)
