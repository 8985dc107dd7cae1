"""Where the camera stands: as usual for the body part, near to it, tilted, or far away.

Near, the part is drawn larger. Tilted or far, more of the body is drawn at the usual scale, on a canvas wider
than the picture, and that canvas is looked at: a light field seen through a pinhole.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.phantoms.body import Field, Frame

NEAR = (1.6, 1.95)
"""Close-up: how much larger the part is seen than usual."""

FAR = (1.75, 2.1)
"""At distance: how many usual widths of the body the picture takes in."""

TILT = (40.0, 52.0)
"""At an angle: degrees between the line of sight and the usual one."""

PINHOLE = 1.9
"""Distance of the tilted camera in widths of its picture: near enough for the far side to look small."""

TILTED_REACH, TILTED_ZOOM = 2.0, 1.2
"""Canvas of a tilted camera in usual widths; how much nearer it stands than the usual one, at least."""

OUT_OF_FOCUS = 0.008
"""Blur (sigma) of what a tilted camera does not focus on, as a share of the picture."""


@dataclass(frozen=True)
class Camera:
    """``nearness`` enlarges the part; ``reach`` is the canvas in usual widths of the picture; ``tilt`` and
    the direction that it leans to (``azimuth``) are in radians, ``zoom`` enlarges what it sees."""

    nearness: float = 1.0
    reach: float = 1.0
    tilt: float = 0.0
    azimuth: float = 0.0
    zoom: float = 1.0

    @property
    def is_usual(self) -> bool:
        """Whether the canvas is the picture."""
        return self.reach == 1.0 and self.tilt == 0.0

    def canvas(self, size: int) -> int:
        """Pixels along one side of the canvas for a picture of ``size``."""
        return round(size * self.reach)

    def look(self, canvas: NDArray[np.float32], size: int) -> NDArray[np.float32]:
        """The canvas (side, side) or (side, side, channels) as the camera sees it, ``size`` pixels wide."""
        if self.is_usual:
            return canvas
        if not self.tilt:
            return np.asarray(cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA), np.float32)
        column, row, far = self._places(size, canvas.shape[0])
        edge = cv2.BORDER_REPLICATE
        seen = np.asarray(cv2.remap(canvas, column, row, cv2.INTER_LINEAR, borderMode=edge), np.float32)
        return self._focused(seen, far) if canvas.ndim > 2 else seen

    def _places(self, size: int, side: int) -> tuple[Field, Field, Field]:
        """Column and row of the canvas that each pixel sees, and how far behind the middle it lies in usual
        widths: rays through a pinhole meet a leaning plane."""
        step = ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5) / self.zoom
        x, y = np.meshgrid(step, step)
        c, s = np.float32(np.cos(self.azimuth)), np.float32(np.sin(self.azimuth))
        along, beside = x * c + y * s, y * c - x * s
        far = along * PINHOLE / (PINHOLE * np.cos(self.tilt) - along * np.sin(self.tilt))
        wide = beside * (PINHOLE + far * np.sin(self.tilt)) / PINHOLE
        column, row = (
            v * (side / self.reach) + 0.5 * (side - 1) for v in (far * c - wide * s, far * s + wide * c)
        )
        return np.asarray(column, np.float32), np.asarray(row, np.float32), np.asarray(far, np.float32)

    def _focused(self, seen: NDArray[np.float32], far: Field) -> NDArray[np.float32]:
        """Sharp in the middle; what lies well before or behind it is a little out of focus."""
        soft = cv2.GaussianBlur(seen, (0, 0), OUT_OF_FOCUS * far.shape[0], borderType=cv2.BORDER_REFLECT)
        share = np.clip((np.abs(far) - 0.2) / 0.35, 0, 1)[..., None]
        return np.asarray(seen + share * (soft - seen), np.float32)


USUAL = Camera()


def sample_camera(view: str | None, most: float, rng: np.random.Generator) -> Camera:
    """A camera for a view of the vocabulary, the usual one where none is asked for; it takes in at most so
    many usual widths."""
    match view:
        case "close_up":
            return Camera(nearness=float(rng.uniform(*NEAR)))
        case "at_distance":
            return Camera(reach=float(np.clip(rng.uniform(*FAR), 1, max(1.0, most))))
        case "at_an_angle":
            tilt, azimuth = float(np.deg2rad(rng.uniform(*TILT))), float(rng.uniform(0, 2 * np.pi))
            return Camera(reach=TILTED_REACH, tilt=tilt, azimuth=azimuth, zoom=_tilted_zoom(tilt, most))
    return USUAL


def _tilted_zoom(tilt: float, most: float) -> float:
    """At which the far side shows no more than ``most`` usual widths would, about."""
    far = 0.5 * min(most, TILTED_REACH)
    seen = far * PINHOLE * np.cos(tilt) / (PINHOLE + far * np.sin(tilt))
    return max(TILTED_ZOOM, float(0.55 / seen))


def across(frame: Frame) -> Field:
    """Places (side,) along one side of the canvas, in usual widths from its middle."""
    index = np.arange(frame.size, dtype=np.float32)
    return np.asarray(((index + 0.5) / frame.size - 0.5) * frame.reach, np.float32)


def usual_field(frame: Frame) -> Field:
    """Weight 0..1 of what the usual camera would see of the canvas: lesions are put there."""
    inside = np.clip((0.5 - np.abs(across(frame))) / 0.12, 0, 1)
    return np.asarray(inside[:, None] * inside[None, :], np.float32)
