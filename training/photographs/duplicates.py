"""Near-duplicates: pictures whose perceptual hashes differ in few of their 64 bits.

A copy that was compressed again, made smaller or brighter differs in about 0 to 6 bits; two pictures of
different skin in 8 and more, 28 as a rule (measured on rendered skin, docs/datasets.md). Pairs are found by
comparing all hashes with all, a block at a time: 200 million comparisons for 20,000 pictures, some seconds.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

DISTANCE = 6
DISTANCE_MAX = 16
"""From here on pictures that have nothing in common would be taken for duplicates."""
BLOCK = 256
"""Rows compared at once: 40 MB with 20,000 pictures, twice that where they are all alike."""

Places = NDArray[np.int64]


def near_duplicates(hashes: Sequence[str], distance: int) -> Places:
    """The group of each picture, as the place of the group's first picture.

    ``hashes`` are hexadecimal, 64 bits each; pictures that differ in at most ``distance`` bits are one group,
    and so are pictures that are joined by a third.
    """
    values = np.array([int(text, 16) for text in hashes], np.uint64)
    groups = np.arange(len(values))
    for rows, columns in _pairs(values, distance):
        groups = _joined(groups, rows, columns)
    return groups


def _joined(groups: Places, rows: Places, columns: Places) -> Places:
    """The groups once every picture of ``rows`` is joined with its neighbour in ``columns``."""
    ends = np.concatenate([np.arange(len(groups)), rows]), np.concatenate([groups, columns])
    links = coo_matrix((np.ones(len(ends[0]), np.int8), ends), shape=(len(groups), len(groups)))
    _, labels = connected_components(links, directed=False)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return first[inverse].astype(np.int64)


def _pairs(values: NDArray[np.uint64], distance: int) -> Iterator[tuple[Places, Places]]:
    """Places of pairs that are near, block by block; each pair once, the first place smaller."""
    for start in range(0, len(values), BLOCK):
        block, rest = values[start : start + BLOCK], values[start:]
        near = np.bitwise_count(block[:, None] ^ rest[None, :]) <= distance
        near[:, : len(block)] = np.triu(near[:, : len(block)], 1)
        rows, columns = np.nonzero(near)
        if len(rows):
            yield rows + start, columns + start
