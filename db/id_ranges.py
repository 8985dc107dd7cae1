"""Many ids in few words, for the audit log."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class IdRanges:
    """Ids in the order in which they come; neighbours share a range: "1-57, 60"."""

    ranges: list[tuple[int, int]] = field(default_factory=list)

    def add(self, id: int) -> None:
        """One more; ids that rise by one take no further memory."""
        if self.ranges and self.ranges[-1][1] + 1 == id:
            self.ranges[-1] = (self.ranges[-1][0], id)
        else:
            self.ranges.append((id, id))

    def __str__(self) -> str:
        return ", ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in self.ranges)


def in_words(ids: Iterable[int]) -> str:
    """The ids as text."""
    ranges = IdRanges()
    for id in ids:
        ranges.add(id)
    return str(ranges)
