"""How the lesions of a part gather about a disease's foci: weights from which their places are drawn."""

from collections.abc import Callable

import numpy as np

from training.phantoms.body import Field
from training.phantoms.lesions.ground import Ground
from training.phantoms.lesions.parts import Part
from training.phantoms.lesions.regions import FACIAL, region
from training.phantoms.noise import blur, octaves


def _clusters(low: float, high: float) -> Callable[[Ground, Part, np.random.Generator], Field]:
    """Weight between ``low`` and ``high`` reaches from the foci."""

    def weight(ground: Ground, part: Part, rng: np.random.Generator) -> Field:
        total = np.zeros_like(ground.area)
        for place, reach in zip(ground.foci.places, ground.foci.reach, strict=True):
            far = np.hypot(*ground.distance(place)) / reach
            total += np.exp(-0.5 * (np.maximum(np.maximum(low - far, far - high), 0) / 0.16) ** 2)
        return ground.area * total

    return weight


def _lined(ground: Ground, part: Part, rng: np.random.Generator) -> Field:
    """Weight along a line through each focus."""
    total = np.zeros_like(ground.area)
    for place, reach, angle in zip(*vars(ground.foci).values(), strict=True):
        down, right = ground.distance(place)
        along = (right * np.cos(angle) + down * np.sin(angle)) / reach
        across = (down * np.cos(angle) - right * np.sin(angle)) / reach
        total += np.exp(-0.5 * (across / 0.07) ** 2) * (np.abs(along) < 1.1)
    return ground.area * total


def _scattered(ground: Ground, part: Part, rng: np.random.Generator) -> Field:
    """Everywhere, denser in some places."""
    return ground.area * np.exp(0.8 * octaves(rng, ground.frame.size, 3.0, 2))


def _even(ground: Ground, part: Part, rng: np.random.Generator) -> Field:
    """Everywhere alike."""
    return ground.area


def _follicular(ground: Ground, part: Part, rng: np.random.Generator) -> Field:
    """At hair follicles: a slightly disturbed lattice around the foci."""
    pitch = max(0.45, 8.0 / ground.frame.px_per_cm)
    bend = 0.12 * octaves(rng, ground.frame.size, ground.frame.cells(3 * pitch), 1)
    x, y = ground.frame.x / pitch + bend, ground.frame.y / pitch - bend
    lattice = (0.5 + 0.5 * np.cos(2 * np.pi * x)) * (0.5 + 0.5 * np.cos(2 * np.pi * (y + 0.5 * np.floor(x))))
    return np.asarray(_clusters(0.0, 1.0)(ground, part, rng) * lattice**6, np.float32)


def _beside_nails(ground: Ground, part: Part, rng: np.random.Generator) -> Field:
    """On the folds around nails; everywhere where none is in view."""
    near = blur(ground.body.nail, 0.25 * ground.frame.px_per_cm) * (1 - ground.body.nail)
    return ground.area * near if near.max() > 0.05 else ground.area


def _regional(name: str) -> Callable[[Ground, Part, np.random.Generator], Field]:
    def weight(ground: Ground, part: Part, rng: np.random.Generator) -> Field:
        inside = region(name, ground.site, ground.frame, ground.body)
        return np.asarray(ground.area * np.clip(inside, 0, 1.2) ** 2, np.float32)

    return weight


Arrangement = Callable[[Ground, Part, np.random.Generator], Field]

ARRANGEMENTS: dict[str, Arrangement] = {
    "scattered": _scattered,
    "generalised": _even,
    "grouped": _clusters(0.0, 0.7),
    "satellite": _clusters(1.15, 1.5),
    "ringed": _clusters(0.93, 1.0),
    "lined": _lined,
    "follicular": _follicular,
    "periungual": _beside_nails,
    "folds": _regional("folds"),
    **{name: _regional(name) for name in FACIAL},
}
"""Beside these, "focus" puts a lesion on each focus, "base" one as large as it, "nails" one on each nail."""
