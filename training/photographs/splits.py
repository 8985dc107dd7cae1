"""Train, validation and test: drawn by seed, near-duplicates together, every rash spread over all three."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

from core.errors import InputError
from core.photographs.photographs import SPLITS

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def check_shares(validation: float, test: float) -> dict[str, float]:
    """The shares of all three splits.

    Raises:
        InputError: a share is out of range, or nothing is left to train on.
    """
    for name, share in (("validation", validation), ("test", test)):
        if not 0 <= share < 1:
            raise InputError(f"The {name} share is {share}; it must be at least 0 and below 1.")
    if validation + test >= 1:
        raise InputError(f"Shares of {validation} and {test} leave nothing to train on.")
    return {"train": 1 - validation - test, "validation": validation, "test": test}


def draw_splits(
    groups: Sequence[str], rashes: Sequence[str | None], shares: Mapping[str, float], seed: int
) -> list[str]:
    """The split of each picture, given its group and its rash.

    Groups are gone through rash by rash, in an order drawn by the seed; each falls to the split that is
    furthest behind its share, so that every rash with pictures enough is found in all of them.
    """
    sizes = Counter(groups)
    rash_of = {group: rash or "" for group, rash in zip(reversed(groups), reversed(rashes), strict=True)}
    order = sorted(sizes, key=lambda group: (rash_of[group], _drawn(seed, group)))
    counts: Counter[str] = Counter()
    chosen: dict[str, str] = {}
    for group in order:
        total = counts.total() + sizes[group]
        split = max(SPLITS, key=lambda name: shares[name] * total - counts[name])
        counts[split] += sizes[group]
        chosen[group] = split
    return [chosen[group] for group in groups]


def _drawn(seed: int, group: str) -> bytes:
    return hashlib.sha256(f"{seed}:{group}".encode()).digest()
