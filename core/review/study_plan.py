"""Who rates which picture, and in which order: made of the seed alone, so that it can be made again.

Each picture goes to the raters with the fewest so far, ties broken by chance, so that any two raters share
pictures. Each rater has an own random order. Repeats come late: at least GAP other pictures lie between both
showings, or as many as a short list allows.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import InputError

GAP = 8
REPEATS_MAX = 0.5
SEED_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Showing:
    """One picture (its index) in front of one rater; ``repeat`` if they have seen it before in this study."""

    item: int
    repeat: bool = False


def plan_showings(
    items: int, raters: Sequence[str], ratings_per_picture: int, repeats: float, seed: int
) -> dict[str, tuple[Showing, ...]]:
    """Each rater's showings in order.

    Raises:
        InputError: no picture, no rater or one twice, more ratings than raters, a share or seed out of range.
    """
    _check(items, raters, ratings_per_picture, repeats, seed)
    shares = _shares(items, list(raters), ratings_per_picture, seed)
    return {name: _ordered(mine, repeats, random.Random(f"{seed}/{name}")) for name, mine in shares.items()}


def repeats_of(pictures: int, share: float) -> int:
    """How many of a rater's pictures are shown twice: none of fewer than two."""
    return min(round(share * pictures), pictures - 1) if pictures > 1 else 0


def _shares(items: int, raters: list[str], each: int, seed: int) -> dict[str, list[int]]:
    chance = random.Random(f"{seed}/shares")
    shares: dict[str, list[int]] = {name: [] for name in raters}
    for item in chance.sample(range(items), items):
        by_load = sorted(raters, key=lambda name: (len(shares[name]), chance.random()))
        for name in by_load[:each]:
            shares[name].append(item)
    return shares


def _ordered(items: list[int], share: float, chance: random.Random) -> tuple[Showing, ...]:
    """Firsts in random order; repeated ones are taken from the front, so that there is room for the gap."""
    first = chance.sample(items, len(items))
    count = repeats_of(len(items), share)
    gap = min(GAP, len(items) - count)
    twice = chance.sample(first[: len(first) - gap], count) if count else []
    order = [Showing(item) for item in first]
    for item in sorted(twice, key=first.index):
        earliest = order.index(Showing(item)) + gap + 1
        order.insert(chance.randint(earliest, len(order)), Showing(item, True))
    return tuple(order)


def _check(items: int, raters: Sequence[str], each: int, repeats: float, seed: int) -> None:
    if items < 1:
        raise InputError("The study has no pictures; choose some by filter, by hand or from a dataset.")
    if not raters or len(set(raters)) != len(raters):
        raise InputError("A study needs at least one rater, each named once.")
    if not 1 <= each <= len(raters):
        raise InputError(f"{each} ratings per picture were asked of {len(raters)} raters; ask for 1 to "
                         f"{len(raters)}.")  # fmt: skip
    if not 0 <= repeats <= REPEATS_MAX:
        raise InputError(f"The share of repeats is {repeats:.0%}; it lies between 0 % and {REPEATS_MAX:.0%}.")
    if not 0 <= seed <= SEED_MAX:
        raise InputError(f"The seed is {seed}; it lies between 0 and {SEED_MAX}.")
