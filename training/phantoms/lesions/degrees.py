"""How pronounced a rash is drawn: how many lesions, how large, how red, raised and scaly."""

from dataclasses import dataclass, fields

import numpy as np

from training.phantoms.body import Marks

STRENGTHENED = ("blood", "height", "scale", "crust", "wet", "melanin")
"""Maps that grow with the severity; pigment that is lost is lost wholly however large the patch."""

WHOLE = frozenset(("scale", "crust", "wet"))
"""Maps that end at 1."""


@dataclass(frozen=True)
class Degree:
    """``level`` 0 to 1 stands for what chance would choose otherwise (None: it does); the rest are factors:
    ``extent`` on radii, ``number`` on how many lesions there are, ``strength`` on how much each changes."""

    level: float | None = None
    extent: float = 1.0
    number: float = 1.0
    strength: float = 1.0

    def chosen(self, by_chance: float, low: float = 0.0, high: float = 1.0) -> float:
        """The level between ``low`` and ``high``, or what chance chose."""
        return by_chance if self.level is None else low + (high - low) * self.level

    def counted(self, by_chance: int, low: int, high: int) -> int:
        """A number of lesions between two, by the level or by chance."""
        return by_chance if self.level is None else round(low + (high - low) * self.level)

    def strengthen(self, marks: Marks) -> None:
        """Applies ``strength`` to finished marks."""
        if self.strength == 1.0:
            return
        for name in STRENGTHENED:
            field = getattr(marks, name)
            field[field > 0] *= np.float32(self.strength)
            if name in WHOLE:
                np.minimum(field, 1, out=field)


BY_CHANCE = Degree()
DEGREES = {
    "mild": Degree(0.15, extent=0.76, number=0.55, strength=0.74),
    "moderate": Degree(0.50, extent=1.0, number=1.0, strength=0.98),
    "severe": Degree(0.92, extent=1.34, number=1.7, strength=1.26),
}
"""The middle of each step of the vocabulary, by its key."""

SPREAD = 0.08
"""How far a picture lies from the middle of its step, at most, as a share of its factors."""


def sample_degree(severity: str | None, rng: np.random.Generator) -> Degree:
    """A degree for a severity of the vocabulary; by chance, as ever, where none is asked for."""
    if severity is None:
        return BY_CHANCE
    middle, moved = DEGREES[severity], 1 + SPREAD * rng.uniform(-1, 1, len(fields(Degree)))
    level = float(np.clip((middle.level or 0) + SPREAD * rng.uniform(-1, 1), 0, 1))
    extent, number, strength = middle.extent * moved[1], middle.number * moved[2], middle.strength * moved[3]
    return Degree(level, float(extent), float(number), float(strength))
