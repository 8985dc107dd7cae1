"""How many photographs show each combination of rash, site and tone, so that the holes are seen."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from core.photographs.photographs import Photograph


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination and its photographs; None stands for what is not known."""

    rash: str | None
    site: str | None
    tone: str | None
    count: int


def coverage(photographs: Iterable[Photograph]) -> tuple[Cell, ...]:
    """Counts usable photographs, most first; one that shows two sites counts at both."""
    counts: Counter[tuple[str | None, str | None, str | None]] = Counter()
    for photograph in photographs:
        if photograph.usable:
            shown = photograph.attributes
            counts.update((shown.rash, site, shown.tone) for site in shown.sites or (None,))
    order = sorted(counts.items(), key=lambda item: (-item[1], tuple(key or "" for key in item[0])))
    return tuple(Cell(*key, count) for key, count in order)
