"""What a picture is asked to show: rash, body sites, skin tone, severity, view, as vocabulary keys."""

from collections.abc import Iterator
from dataclasses import dataclass

KINDS = ("rash", "site", "tone", "severity", "view")
"""The attributes by the names that a vocabulary, a model card and a comparison know them by."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """One reading of a caption or one choice of the dropdowns.

    All but ``sites`` are vocabulary keys or None where the text names none; ``sites`` holds keys in the
    order named (the captions of real photographs sometimes name two) and may be empty.
    """

    rash: str | None = None
    sites: tuple[str, ...] = ()
    tone: str | None = None
    severity: str | None = None
    view: str | None = None

    @property
    def site(self) -> str | None:
        """The first site named, or None."""
        return self.sites[0] if self.sites else None

    def named(self) -> Iterator[tuple[str, str]]:
        """Pairs (kind, key) of everything named."""
        asked = (("rash", self.rash), *(("site", site) for site in self.sites))
        further = (("tone", self.tone), ("severity", self.severity), ("view", self.view))
        return ((kind, key) for kind, key in (*asked, *further) if key is not None)
