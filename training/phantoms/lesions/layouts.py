"""Where a disease's foci lie: anywhere open, along a dermatome, mirrored, or in a region."""

from collections.abc import Callable

import numpy as np

from training.phantoms.body import Body, Field, Frame
from training.phantoms.lesions.degrees import BY_CHANCE, Degree
from training.phantoms.lesions.ground import Foci, Ground, open_skin, spaced
from training.phantoms.lesions.nail_plates import nail_spots
from training.phantoms.lesions.parts import Disease
from training.phantoms.lesions.profiles import Spot
from training.phantoms.lesions.regions import FACIAL, MIDLINE, region
from training.phantoms.noise import blur


def lay_ground(
    frame: Frame,
    body: Body,
    site: str,
    disease: Disease,
    rng: np.random.Generator,
    degree: Degree = BY_CHANCE,
) -> Ground:
    """Draws a disease's foci on a body."""
    area = open_skin(site, frame, body, disease)
    low, high = int(disease.foci[0]), int(disease.foci[1])
    count = degree.counted(int(rng.integers(low, high + 1)), low, high)
    reach = _fitted(frame, area, 0.5 * rng.uniform(*disease.spread) * frame.px_per_cm, count) * degree.extent
    nowhere = Foci(*(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros(0, np.float32)))
    ground = Ground(frame, body, site, area, nowhere, _nails(frame, body, disease, rng), degree)
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
    room = 0.36 * frame.nearness * np.sqrt(float(area.sum())) / max(count, 1) ** 0.35
    return float(np.clip(radius, 2.0, max(6.0, min(room, 0.34 * frame.usual_size))))


def _roomy(ground: Ground, reach: float) -> Field:
    """Weight of places where most of a lesion of this radius will be seen, away from the picture's border."""
    room = blur(ground.area, 0.7 * reach)
    edge = np.arange(ground.frame.size, dtype=np.float32)
    inner = np.clip(np.minimum(edge, edge[::-1]) / max(0.9 * reach, 0.22 * ground.frame.usual_size), 0, 1)
    return np.asarray(ground.area * room**5 * inner[:, None] * inner[None, :], np.float32)


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
    level = rng.uniform(-0.15, 0.15) * frame.usual_size / frame.px_per_cm
    band = np.exp(-0.5 * ((across - level) / (0.05 * frame.usual_size / frame.px_per_cm)) ** 2)
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
    """The pixel nearest to a place's mirror image about the body's midline."""
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
