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
BLOCK = 512
"""Rows compared at once; with 20,000 pictures a block holds 80 MB."""


def near_duplicates(hashes: Sequence[str], distance: int) -> NDArray[np.int64]:
    """The group of each picture, as the place of the group's first picture.

    ``hashes`` are hexadecimal, 64 bits each; pictures that differ in at most ``distance`` bits are one group,
    and so are pictures that are joined by a third.
    """
    values = np.array([int(text, 16) for text in hashes], np.uint64)
    pairs = list(_pairs(values, distance))
    rows, columns = np.concatenate(pairs, axis=1) if pairs else np.empty((2, 0), np.int64)
    links = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(len(values), len(values)))
    _, groups = connected_components(links, directed=False)
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    return first[inverse].astype(np.int64)


def _pairs(values: NDArray[np.uint64], distance: int) -> Iterator[NDArray[np.int64]]:
    """(2, count) places of pairs that are near, block by block; each pair once, the first place smaller."""
    for start in range(0, len(values), BLOCK):
        block, rest = values[start : start + BLOCK], values[start:]
        near = np.bitwise_count(block[:, None] ^ rest[None, :]) <= distance
        near[:, : len(block)] = np.triu(near[:, : len(block)], 1)
        rows, columns = np.nonzero(near)
        if len(rows):
            yield np.stack([rows + start, columns + start]).astype(np.int64)
