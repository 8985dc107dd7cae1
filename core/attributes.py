"""What a picture is asked to show: rash, body sites, skin tone, as vocabulary keys."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attributes:
    """One reading of a caption or one choice of the dropdowns.

    ``rash`` and ``tone`` are vocabulary keys or None where the text names none; ``sites`` holds keys in the
    order named (the captions of real photographs sometimes name two) and may be empty.
    """

    rash: str | None = None
    sites: tuple[str, ...] = ()
    tone: str | None = None

    @property
    def site(self) -> str | None:
        """The first site named, or None."""
        return self.sites[0] if self.sites else None
