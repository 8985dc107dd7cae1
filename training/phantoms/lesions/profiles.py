"""Where within a lesion a change sits. Each profile maps a ``Spot`` and a texture (unit variance) to 0..1.

``dome`` alone is a height in centimetres; profiles of relief may be negative. Nail profiles read ``u`` from
-1 at the root to 1 at the free edge and ``v`` from -1 to 1 across.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.phantoms.body import Field

TEXTURELESS = frozenset(
    ("fill", "rim", "border", "centre", "core", "halo", "ring", "dome", "dimple", "sector", "slope")
)
"""Profiles that need no texture."""


@dataclass(frozen=True)
class Spot:
    """The part of a picture one lesion touches. ``r`` is 1 on its outline; ``u`` and ``v`` are its own axes
    in radii; ``radius_cm`` its size; ``edge`` the width of its border in radii; ``angle`` its darker side."""

    part: tuple[slice, slice]
    r: Field
    u: Field
    v: Field
    radius_cm: float
    edge: float
    angle: float


Profile = Callable[[Spot, Field], Field]


def step(value: Field, width: float) -> Field:
    """A smooth step from 0 to 1 as ``value`` passes 0."""
    return np.asarray(1 / (1 + np.exp(np.clip(-value / width, -30, 30))), np.float32)


def fill(spot: Spot, texture: Field) -> Field:
    """All of the lesion."""
    return step(1 - spot.r, 0.25 * spot.edge)


def around(at: float, width: float) -> Profile:
    """A band along the outline at ``at`` radii."""
    return lambda spot, texture: np.exp(-0.5 * ((spot.r - at) / width) ** 2).astype(np.float32)


def middle(reach: float, width: float) -> Profile:
    """The lesion's middle up to ``reach`` radii."""
    return lambda spot, texture: step(reach - spot.r, width)


def halo(spot: Spot, texture: Field) -> Field:
    """The lesion and what surrounds it, fading over half its radius."""
    return np.exp(-0.5 * (np.maximum(spot.r - 0.75, 0) / 0.45) ** 2).astype(np.float32)


def dome(spot: Spot, texture: Field) -> Field:
    """Height in cm of a half sphere, a little flattened."""
    return np.asarray(spot.radius_cm * np.clip(1 - spot.r**2, 0, 1) ** 0.75, np.float32)


def dimple(spot: Spot, texture: Field) -> Field:
    """A pit in the middle."""
    return np.exp(-((spot.r / 0.36) ** 2)).astype(np.float32)


def within(above: float, gain: float, profile: Profile = fill) -> Profile:
    """Texture above a level, within the lesion: flakes, dots, clumps."""
    return lambda spot, texture: profile(spot, texture) * np.clip((texture - above) * gain, 0, 1)


def mottle(spot: Spot, texture: Field) -> Field:
    """All of it, unevenly."""
    return np.asarray(fill(spot, texture) * np.clip(0.8 + 0.35 * texture, 0.1, 1.5), np.float32)


def patches(spot: Spot, texture: Field) -> Field:
    """Irregular areas with soft edges, about half of it."""
    return fill(spot, texture) * step(texture, 0.22)


def net(spot: Spot, texture: Field) -> Field:
    """A mesh of fine lines."""
    return np.asarray(fill(spot, texture) * np.exp(-((texture / 0.16) ** 2)), np.float32)


def mesh(spot: Spot, texture: Field) -> Field:
    """A mesh of broad lines (livedo)."""
    return np.asarray(fill(spot, texture) * np.exp(-((texture / 0.42) ** 2)), np.float32)


def pebbles(spot: Spot, texture: Field) -> Field:
    """Relief of closely set knobs with clefts between."""
    return np.asarray(fill(spot, texture) * (1 - 2.2 * np.exp(-((texture / 0.35) ** 2))), np.float32)


def wrinkles(spot: Spot, texture: Field) -> Field:
    """Relief of a texture as it is."""
    return fill(spot, texture) * texture


def sector(spot: Spot, texture: Field) -> Field:
    """One side of it."""
    along = spot.u * np.cos(spot.angle) + spot.v * np.sin(spot.angle)
    return fill(spot, texture) * step(along - 0.05, 0.14)


def slope(spot: Spot, texture: Field) -> Field:
    """Fades from one side to the other."""
    along = spot.u * np.cos(spot.angle) + spot.v * np.sin(spot.angle)
    return np.asarray(fill(spot, texture) * np.clip(0.5 + 0.5 * along, 0, 1), np.float32)


def distal(spot: Spot, texture: Field) -> Field:
    """From a nail's free edge backwards, with an irregular front."""
    return fill(spot, texture) * step(spot.u + 0.25 * texture + 0.1 + 0.2 * np.sin(spot.angle), 0.08)


def onset(spot: Spot, texture: Field) -> Field:
    """The line at the front of ``distal``."""
    front = spot.u + 0.25 * texture + 0.1 + 0.2 * np.sin(spot.angle)
    return np.asarray(fill(spot, texture) * np.exp(-((front / 0.12) ** 2)), np.float32)


def stripe(spot: Spot, texture: Field) -> Field:
    """A band along a nail from root to edge."""
    off = spot.v - 0.4 * np.sin(spot.angle)
    return fill(spot, texture) * step(0.26 - np.abs(off), 0.04)


def splinters(spot: Spot, texture: Field) -> Field:
    """Short thin lines along a nail, mostly towards its edge."""
    lines = np.exp(-(((np.abs((spot.v * 4 + spot.angle) % 1 - 0.5)) / 0.09) ** 2))
    broken = np.clip((texture - 0.35) * 3, 0, 1) * step(spot.u + 0.1, 0.2)
    return np.asarray(fill(spot, texture) * lines * broken, np.float32)


def groove(spot: Spot, texture: Field) -> Field:
    """A line across a nail."""
    at = spot.u - 0.35 * np.sin(spot.angle)
    return np.asarray(fill(spot, texture) * np.exp(-((at / 0.09) ** 2)), np.float32)


def fold(spot: Spot, texture: Field) -> Field:
    """The skin around a nail's root and sides."""
    outside = step(spot.r - 1.02, 0.03) * np.exp(-((np.maximum(spot.r - 1.15, 0) / 0.38) ** 2))
    return np.asarray(outside * step(0.55 - spot.u, 0.15), np.float32)


PROFILES: dict[str, Profile] = {
    "fill": fill,
    "rim": around(0.88, 0.10),
    "border": around(0.86, 0.2),
    "centre": middle(0.55, 0.10),
    "core": middle(0.26, 0.06),
    "halo": halo,
    "ring": around(1.3, 0.22),
    "dome": dome,
    "dimple": dimple,
    "sector": sector,
    "slope": slope,
    "mottle": mottle,
    "patches": patches,
    "dust": within(0.65, 0.9),
    "flakes": within(0.0, 0.75),
    "sheet": within(-1.9, 0.55),
    "dots": within(1.15, 3.0),
    "sparse": within(1.9, 4.0),
    "collarette": within(-0.5, 1.2, around(0.78, 0.10)),
    "central_sheet": within(-1.9, 0.6, middle(0.62, 0.08)),
    "rim_flakes": within(-0.1, 1.4, around(0.92, 0.14)),
    "net": net,
    "mesh": mesh,
    "pebbles": pebbles,
    "wrinkles": wrinkles,
    "distal": distal,
    "onset": onset,
    "stripe": stripe,
    "splinters": splinters,
    "groove": groove,
    "fold": fold,
}
