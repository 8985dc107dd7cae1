"""Shares and means from sums beside published values and slow obvious versions."""

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp

from core.review.agreement import Estimate, TooFew
from core.review.shares import mean_of_sums, proportion, told_apart


def test_wilsons_interval_is_newcombes_example() -> None:
    """Newcombe 1998 (Statistics in Medicine 17:857), table I: 81 of 263 and 15 of 148, score method."""
    for hits, count, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)):
        found = proportion(hits, count)
        assert isinstance(found, Estimate)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)
        assert found.value == hits / count and found.count == count


def test_a_mean_from_its_sums_is_students() -> None:
    values = np.array([2, 3, 5, 5, 6, 7, 1, 4, 4, 6.5])
    found = mean_of_sums(len(values), values.sum(), (values**2).sum())
    interval = ttest_1samp(values, 0).confidence_interval(0.95)
    assert isinstance(found, Estimate)
    assert (found.value, found.low, found.high) == pytest.approx((values.mean(), *interval))
    same = mean_of_sums(12, 60, 300)
    assert isinstance(same, Estimate) and (same.low, same.high) == (5, 5)


def test_few_numbers_give_no_figure_but_say_how_many_there_are() -> None:
    assert proportion(3, 4) == TooFew(4, 10, "pictures")
    assert proportion(0, 0, 0) == TooFew(0, 1, "pictures")
    assert mean_of_sums(9, 30, 120) == TooFew(9, 10)
    assert mean_of_sums(1, 3, 9, 0) == TooFew(1, 2)


@pytest.mark.parametrize(("first", "second"), [(9, 1), (3, 3), (0, 12), (6, 2)])
def test_two_shares_are_told_apart_by_the_pairs_that_differ(first: int, second: int) -> None:
    assert told_apart(first, second) == pytest.approx(binomtest(first, first + second).pvalue)


def test_weights_that_never_differ_are_not_told_apart() -> None:
    assert told_apart(0, 0) == 1.0
