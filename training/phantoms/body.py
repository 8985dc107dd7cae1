"""What a body part is before light falls on it: maps over the picture, lengths in centimetres.

A site module in ``anatomy`` takes a ``Frame`` (where each pixel lies on the body) and returns a ``Body``.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""One float32 number per pixel, (size, size)."""


@dataclass(frozen=True)
class Frame:
    """Where the camera looks. ``x`` grows to the right and ``y`` downwards on the body, in centimetres from
    the middle of the part; rotation, zoom, shift and mirroring are already in them. ``nearness`` is how much
    larger the part is seen than usual: what is drawn in pixels grows with it. ``reach`` is how many usual
    widths of the part are on the canvas."""

    x: Field
    y: Field
    px_per_cm: float
    nearness: float = 1.0
    reach: float = 1.0

    @property
    def size(self) -> int:
        """Pixels along one side."""
        return int(self.x.shape[0])

    @property
    def usual_size(self) -> float:
        """Pixels along one side of what the usual camera sees."""
        return self.size / self.reach

    def cells(self, length_cm: float) -> float:
        """How many bumps of this length cross the picture (for ``noise``)."""
        return max(1.0, self.size / (self.px_per_cm * length_cm))

    def zeros(self) -> Field:
        """An empty map."""
        return np.zeros_like(self.x)

    def ones(self) -> Field:
        """A map of ones."""
        return np.ones_like(self.x)


@dataclass
class Body:
    """Maps of one body part. Only ``coverage`` and ``height`` are needed; the others have neutral defaults.

    coverage     0..1, antialiased: where skin (nails and lips included) is
    height       cm towards the camera; its gradient makes the shading, fine relief included
    shade        0..1, ambient light that reaches the place (1 open, 0 deep crease); multiplied on all light
    melanin      multiplier of the melanin density (1 ordinary skin, 0.35 palm, 1.6 areola)
    blood        added haemoglobin (0 ordinary, 1 bright red; lips about 0.8, cheeks 0.15)
    gloss        multiplier of the specular light (1 ordinary, 3 nail or wet lip, 0.4 dry)
    nail         0..1, nail plate
    lesion_area  0..1, where this picture's lesions may be; 0 on nails, lips, eyes, background
    paint        linear RGB (size, size, 3) and
    paint_alpha  0..1: what lies over the skin and takes its own colour (hair, brows, eyes, lashes);
                 it is shaded by the key light less than skin
    pores        0..1, strength of visible pores; lines 0..1, strength of the skin's fine line pattern
    """

    coverage: Field
    height: Field
    shade: Field
    melanin: Field
    blood: Field
    gloss: Field
    nail: Field
    lesion_area: Field
    paint: NDArray[np.float32]
    paint_alpha: Field
    pores: float = 0.3
    lines: float = 0.6

    @classmethod
    def bare(cls, frame: Frame, coverage: Field, height: Field) -> "Body":
        """A body of ordinary skin with this outline and relief; lesions may lie anywhere on it."""
        return cls(
            coverage=coverage.astype(np.float32),
            height=height.astype(np.float32),
            shade=frame.ones(),
            melanin=frame.ones(),
            blood=frame.zeros(),
            gloss=frame.ones(),
            nail=frame.zeros(),
            lesion_area=coverage.astype(np.float32).copy(),
            paint=np.zeros((frame.size, frame.size, 3), np.float32),
            paint_alpha=frame.zeros(),
        )

    def cover(self, alpha: Field, linear_rgb: tuple[float, float, float]) -> None:
        """Lays something opaque over the skin (a hair, an iris): ``alpha`` 0..1, colour in linear light."""
        keep = (1 - alpha)[..., None]
        self.paint = self.paint * keep + np.asarray(linear_rgb, np.float32) * alpha[..., None]
        self.paint_alpha = self.paint_alpha * (1 - alpha) + alpha


@dataclass
class Marks:
    """What a rash adds to a body; all maps zero means clear skin.

    blood     added haemoglobin (1 = strong erythema); deep adds a blue-violet cast to it (0..1)
    melanin   added relative melanin density (+0.5 = post-inflammatory hyperpigmentation, -0.6 = pale)
    height    cm of elevation (papule 0.1-0.2); negative for erosions and burrows
    scale     0..1 dry whitish scale; crust 0..1 yellow-brown crust; pus 0..1 yellow-white content
    plug      0..1 black plug of an open comedo; wet 0..1 oozing or eroded shine
    pale      0..1 bloodless or swollen skin: lighter, erythema pressed out of it
    yellow    absorption of fat, carotene or bile (1 = as xanthoma); slate: of melanin or ink in the dermis,
              which looks blue-grey to black (1 = blue naevus)
    bare      0..1 hair lost or parted; nail 0..1 diseased nail plate, whose marks lie on the nail
    gloss     multiplier on the skin's specular light
    mask      0..1 everything a clinician would outline as lesion
    """

    blood: Field
    deep: Field
    melanin: Field
    height: Field
    scale: Field
    crust: Field
    pus: Field
    plug: Field
    wet: Field
    pale: Field
    yellow: Field
    slate: Field
    bare: Field
    nail: Field
    gloss: Field
    mask: Field

    @classmethod
    def none(cls, frame: Frame) -> "Marks":
        """Clear skin."""
        maps = {field.name: frame.zeros() for field in fields(cls)}
        return cls(**{**maps, "gloss": frame.ones()})
