"""Figures: recall at k, accuracies with Wilson intervals, confusion matrices."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

RECALL_AT = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Proportion:
    """``right`` of ``total`` trials, with the 95 % Wilson interval. Without trials all values are None."""

    right: int
    total: int

    @property
    def value(self) -> float | None:
        """The share, 0 to 1."""
        return self.right / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """(low, high)."""
        if not self.total:
            return None
        found = binomtest(self.right, self.total).proportion_ci(method="wilson")
        return float(found.low), float(found.high)


def proportion(hits: Sequence[bool] | NDArray[np.bool_]) -> Proportion:
    """Counts the hits."""
    return Proportion(int(np.count_nonzero(hits)), len(hits))


def confusion(asked: Sequence[str], answered: Sequence[str], labels: Sequence[str]) -> list[list[int]]:
    """Counts by (asked row, answered column) in the order of ``labels``.

    Raises:
        ValueError: a value is not among the labels.
    """
    place = {label: i for i, label in enumerate(labels)}
    if unknown := sorted((set(asked) | set(answered)) - set(place)):
        raise ValueError(f"Not among the labels: {', '.join(map(str, unknown))}.")
    counts = np.zeros((len(labels), len(labels)), dtype=int)
    np.add.at(counts, ([place[a] for a in asked], [place[b] for b in answered]), 1)
    rows: list[list[int]] = counts.tolist()
    return rows


def recall_at(similarity: NDArray[np.floating], positives: NDArray[np.bool_], k: int) -> float:
    """Share of rows with at least one right column among the k most similar.

    Rows without any right column are left out.

    Args:
        similarity: (queries, gallery).
        positives: (queries, gallery) booleans.
        k: number of answers looked at; a gallery smaller than k is looked at whole.
    """
    asked = positives.any(axis=1)
    if not asked.any():
        return float("nan")
    nearest = np.argsort(-similarity[asked], axis=1, kind="stable")[:, :k]
    found = np.take_along_axis(positives[asked], nearest, axis=1).any(axis=1)
    return float(found.mean())


def recalls(similarity: NDArray[np.floating], positives: NDArray[np.bool_]) -> dict[str, float]:
    """Recall at 1, 5 and 10 both ways, of a matrix of images by captions."""
    ways = {"image_to_text": (similarity, positives), "text_to_image": (similarity.T, positives.T)}
    return {
        f"{way}_recall_{k}": recall_at(scores, right, k)
        for way, (scores, right) in ways.items()
        for k in RECALL_AT
    }
