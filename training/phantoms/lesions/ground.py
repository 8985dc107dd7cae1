"""What lesions are laid on: open skin, the foci of a disease; places drawn from weights without crowding."""

from dataclasses import dataclass, field

import numpy as np

from training.phantoms.body import Body, Field, Frame
from training.phantoms.camera import usual_field
from training.phantoms.lesions.degrees import BY_CHANCE, Degree
from training.phantoms.lesions.parts import Disease
from training.phantoms.lesions.profiles import Spot
from training.phantoms.lesions.regions import HAIRY, HEAD_HAIR
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
    degree: Degree = BY_CHANCE
    textures: dict[float, Field] = field(default_factory=dict)

    @property
    def number(self) -> float:
        """Factor on how many lesions there are: fewer are in view from near."""
        return self.degree.number / self.frame.nearness**1.5

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


def open_skin(site: str, frame: Frame, body: Body, disease: Disease) -> Field:
    """Where lesions may be seen, 0..1: on the scalp hair is parted for them; hair is lost where it grows."""
    area = body.coverage if site in HAIRY else body.lesion_area
    if any(layer.map == "bare" for part in disease.parts for layer in part.layers):
        hair = blur(body.paint_alpha, 0.5 * frame.px_per_cm)
        area = body.coverage if site in HEAD_HAIR else area
        area = area * np.clip(2.5 * hair - 0.2, 0.001, 1)
    if frame.reach > 1:
        area = area * usual_field(frame)
    return np.asarray(np.clip(area, 0, 1) ** 2, np.float32)


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
