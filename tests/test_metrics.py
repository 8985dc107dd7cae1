import math

import numpy as np
import pytest

from training.clip_tuning.metrics import confusion, proportion, recall_at, recalls


def slow_recall(similarity, positives, k: int) -> float:
    """Sorts each row's answers and looks for a right one among the first k."""
    found, asked = 0, 0
    for scores, right in zip(similarity, positives, strict=True):
        if not any(right):
            continue
        asked += 1
        order = sorted(range(len(scores)), key=lambda i: -scores[i])
        found += any(right[i] for i in order[:k])
    return found / asked


@pytest.mark.parametrize("k", [1, 2, 5, 10, 50])
def test_recall_equals_the_obvious_version(k):
    rng = np.random.default_rng(k)
    similarity = rng.normal(size=(31, 17))
    captions = rng.integers(0, 6, 17)
    positives = rng.integers(0, 7, 31)[:, None] == captions[None]
    assert recall_at(similarity, positives, k) == pytest.approx(slow_recall(similarity, positives, k))


def test_equal_captions_count_as_right_both_ways():
    similarity = np.array([[0.1, 0.9], [0.9, 0.1]])
    assert recalls(similarity, np.eye(2, dtype=bool))["image_to_text_recall_1"] == 0
    same = recalls(similarity, np.ones((2, 2), dtype=bool))
    assert same["image_to_text_recall_1"] == same["text_to_image_recall_1"] == 1


def test_recall_without_any_right_answer_is_no_number():
    assert math.isnan(recall_at(np.zeros((2, 2)), np.zeros((2, 2), dtype=bool), 1))


def test_confusion_counts_every_pair_once():
    asked, seen = ["a", "a", "b", "c", "a"], ["a", "b", "b", "a", "a"]
    counts = confusion(asked, seen, ["a", "b", "c"])
    for i, row in enumerate("abc"):
        for j, column in enumerate("abc"):
            assert counts[i][j] == sum(1 for pair in zip(asked, seen, strict=True) if pair == (row, column))


def test_confusion_refuses_what_it_has_no_row_for():
    with pytest.raises(ValueError, match="mole"):
        confusion(["mole"], ["a"], ["a"])


def test_the_interval_is_wilsons():
    share = proportion([True] * 90 + [False] * 10)
    z, n, p = 1.959963984540054, 100, 0.9
    middle, half = (p + z * z / (2 * n)), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert share.value == 0.9
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    assert share.interval == pytest.approx((low, high))


def test_no_trials_give_no_figure():
    share = proportion([])
    assert share.value is None and share.interval is None
