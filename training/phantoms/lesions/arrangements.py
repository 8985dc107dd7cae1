"""Where the lesions of a part lie: foci first, then lesions at, around or between them.

A layout says where a disease's foci are (anywhere open, along a dermatome, mirrored, in a region); an
arrangement says how lesions gather about them, as weights from which places are drawn without crowding.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from training.phantoms.body import Body, Field, Frame
from training.phantoms.lesions.nail_plates import nail_spots
from training.phantoms.lesions.parts import Disease, Part
from training.phantoms.lesions.profiles import Spot
from training.phantoms.lesions.regions import FACIAL, HAIRY, MIDLINE, region
from training.phantoms.noise import blur, octaves


@dataclass(frozen=True)
class Foci:
    """Places (n, 2) in pixels, how far each reaches (pixels) and its direction (radians in the picture)."""

    places: Field
    reach: Field
    direction: Field


@dataclass
class Ground:
    """The body part that lesions are laid on: its open skin, the disease's foci, textures drawn so far."""

    frame: Frame
    body: Body
    site: str
    area: Field
    foci: Foci
    nails: list[Spot]
    """Nail plates in view, the diseased ones first."""
    textures: dict[float, Field] = field(default_factory=dict)

    def texture(self, grain_cm: float, rng: np.random.Generator) -> Field:
        """A texture of unit variance; parts that ask for the same grain share it."""
        if grain_cm not in self.textures:
            cells = self.frame.cells(max(grain_cm, 2.6 / self.frame.px_per_cm))
            self.textures[grain_cm] = octaves(rng, self.frame.size, cells, 2, 0.5)
        return self.textures[grain_cm]

    def distance(self, place: Field) -> tuple[Field, Field]:
        """Pixels down and right from a place."""
        index = np.arange(self.frame.size, dtype=np.float32)
        return index[:, None] - place[0], index[None, :] - place[1]


def open_skin(site: str, body: Body) -> Field:
    """Where lesions may be seen, 0..1: on the scalp hair is parted to show them."""
    area = body.coverage if site in HAIRY else body.lesion_area
    return np.asarray(np.clip(area, 0, 1) ** 2, np.float32)


def lay_ground(frame: Frame, body: Body, site: str, disease: Disease, rng: np.random.Generator) -> Ground:
    """Draws a disease's foci on a body."""
    area = open_skin(site, body)
    count = int(rng.integers(disease.foci[0], disease.foci[1] + 1))
    reach = _fitted(frame, area, 0.5 * rng.uniform(*disease.spread) * frame.px_per_cm, count)
    nowhere = Foci(*(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros(0, np.float32)))
    ground = Ground(frame, body, site, area, nowhere, _nails(frame, body, disease, rng))
    ground.foci = LAYOUTS[disease.layout](ground, count, reach, rng)
    return ground


def _nails(frame: Frame, body: Body, disease: Disease, rng: np.random.Generator) -> list[Spot]:
    """The nails in a random order, if the disease has a part on them."""
    if all(part.arrangement != "nails" for part in disease.parts):
        return []
    found = nail_spots(frame, body, rng)
    return [found[i] for i in rng.permutation(len(found))]


def _fitted(frame: Frame, area: Field, radius: float, count: int) -> float:
    """A radius (pixels) at which ``count`` large lesions find room on the skin in view."""
    room = 0.36 * np.sqrt(float(area.sum())) / max(count, 1) ** 0.35
    return float(np.clip(radius, 2.0, max(6.0, min(room, 0.34 * frame.size))))


def _roomy(ground: Ground, reach: float) -> Field:
    """Weight of places where most of a lesion of this radius will be seen."""
    room = blur(ground.area, 0.7 * reach)
    edge = np.arange(ground.frame.size, dtype=np.float32)
    inner = np.clip(np.minimum(edge, edge[::-1]) / (0.9 * reach), 0, 1)
    return np.asarray(ground.area * room**5 * inner[:, None] * inner[None, :], np.float32)


def spaced(weight: Field, reach: Field, apart: float, rng: np.random.Generator) -> Field:
    """Draws at most one place (n, 2) for each radius in ``reach``, none nearer to another than ``apart``
    times their radii; always at least one."""
    candidates = drawn(weight, rng, 14 * len(reach) + 4)
    found: list[int] = []
    for i in range(len(candidates)):
        if len(found) == len(reach):
            break
        gaps = np.hypot(*(candidates[found] - candidates[i]).T) if found else np.array([np.inf])
        if (gaps >= apart * (reach[: len(found)] + reach[len(found)] if found else 0)).all():
            found.append(i)
    return np.asarray(candidates[found or [0]], np.float32)


def drawn(weight: Field, rng: np.random.Generator, count: int) -> Field:
    """Places (count, 2) with probability proportional to ``weight``; the picture's middle if all is zero."""
    total = np.cumsum(weight.ravel(), dtype=np.float64)
    if total[-1] <= 0:
        return np.full((count, 2), weight.shape[0] / 2, np.float32)
    flat = np.minimum(np.searchsorted(total, rng.random(count) * total[-1]), weight.size - 1)
    return np.stack(np.unravel_index(flat, weight.shape), 1).astype(np.float32)


def _open(ground: Ground, count: int, reach: float, rng: np.random.Generator) -> Foci:
    """Apart from each other, where there is room."""
    radii = (reach * rng.uniform(0.85, 1.15, count)).astype(np.float32)
    places = spaced(_roomy(ground, reach), radii, 0.95, rng)
    return Foci(places, radii[: len(places)], rng.uniform(0, np.pi, len(places)).astype(np.float32))


def _dermatome(ground: Ground, count: int, reach: float, rng: np.random.Generator) -> Foci:
    """In one band that stops at the midline."""
    frame = ground.frame
    across, along = _band_axes(ground, rng)
    side = np.float32(1 if rng.random() < 0.5 else -1)
    half = (along * side > 0.3) if ground.site in MIDLINE else np.ones_like(ground.area)
    level = rng.uniform(-0.15, 0.15) * frame.size / frame.px_per_cm
    band = np.exp(-0.5 * ((across - level) / (0.05 * frame.size / frame.px_per_cm)) ** 2)
    radii = np.full(count, reach, np.float32)
    places = spaced(np.asarray(ground.area * band * half, np.float32), radii, 0.7, rng)
    fitted = radii[: len(places)] * rng.uniform(0.7, 1.2, len(places)).astype(np.float32)
    return Foci(places, fitted, np.full(len(places), rng.normal(0, 0.2), np.float32))


def _band_axes(ground: Ground, rng: np.random.Generator) -> tuple[Field, Field]:
    """Across and along a dermatome (cm): girdles on the trunk, lengthwise on limbs."""
    x, y = ground.frame.x, ground.frame.y
    if ground.site in MIDLINE or ground.site in ("waist", "shoulder", "buttock"):
        return np.asarray(y + 0.012 * x * x - 0.15 * np.abs(x), np.float32), x
    return np.asarray(x + rng.uniform(-0.2, 0.2) * y, np.float32), y


def _mirrored(ground: Ground, count: int, reach: float, rng: np.random.Generator) -> Foci:
    """On both sides of the midline alike; elsewhere like ``_open``."""
    half = _open(ground, max(1, count // 2), reach, rng)
    if ground.site not in MIDLINE:
        return _open(ground, count, reach, rng)
    twins = np.stack([_twin(ground, place) for place in half.places])
    kept = np.array([ground.area[int(r), int(c)] > 0.25 for r, c in twins], bool)
    places = np.concatenate([half.places, twins[kept]])
    reaches = np.concatenate([half.reach, half.reach[kept]])
    return Foci(places, reaches, np.concatenate([half.direction, np.pi - half.direction[kept]]))


def _twin(ground: Ground, place: Field) -> Field:
    """The place mirrored about the body's midline, with a little asymmetry allowed by the pixel grid."""
    frame = ground.frame
    row, column = int(place[0]), int(place[1])
    gap = (frame.x + frame.x[row, column]) ** 2 + (frame.y - frame.y[row, column]) ** 2
    return np.asarray(np.unravel_index(int(np.argmin(gap)), gap.shape), np.float32)


def _within(name: str) -> Callable[[Ground, int, float, np.random.Generator], Foci]:
    """A layout in a region."""

    def layout(ground: Ground, count: int, reach: float, rng: np.random.Generator) -> Foci:
        inside = region(name, ground.site, ground.frame, ground.body)
        radii = (reach * rng.uniform(0.85, 1.15, count)).astype(np.float32)
        places = spaced(np.asarray(ground.area * np.clip(inside, 0, 1.2) ** 2, np.float32), radii, 0.8, rng)
        return Foci(places, radii[: len(places)], rng.uniform(0, np.pi, len(places)).astype(np.float32))

    return layout


Layout = Callable[[Ground, int, float, np.random.Generator], Foci]

LAYOUTS: dict[str, Layout] = {
    "open": _open,
    "dermatome": _dermatome,
    "mirrored": _mirrored,
    "folds": _within("folds"),
    **{name: _within(name) for name in FACIAL},
}


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
