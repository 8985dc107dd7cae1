"""Hair strokes: many short, curved, tapered lines drawn as one antialiased alpha map."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.phantoms.body import Field, Frame

DARKEST_HAIR = (0.018, 0.012, 0.009)
"""Linear RGB of almost black brown hair."""

_SHIFT = 4  # cv2 takes fixed-point coordinates: sixteenths of a pixel


@dataclass(frozen=True)
class Hairs:
    """How a patch of hair looks. Lengths in centimetres of body, ``width`` too (0.006 is a fine body hair);
    ``curl`` is the whole turn of a hair in radians, ``opacity`` the alpha of a hair a pixel wide."""

    length: float = 0.9
    width: float = 0.006
    curl: float = 0.6
    opacity: float = 0.9
    spread: float = 0.35
    segments: int = 4


def sow(rng: np.random.Generator, density: Field, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draws at most ``count`` root pixels (rows, columns), thinned by ``density`` 0..1 by rejection."""
    size = density.shape[0]
    spots = rng.random((count, 3))
    rows, columns = (spots[:, 0] * size).astype(np.int64), (spots[:, 1] * size).astype(np.int64)
    kept = spots[:, 2] < density[rows, columns]
    return rows[kept], columns[kept]


def hair_alpha(
    frame: Frame, rng: np.random.Generator, density: Field, count: int, angle: Field | float, style: Hairs
) -> Field:
    """Returns the alpha map (0..1) of hairs rooted where ``density`` (0..1) allows, out of ``count`` tries.

    ``angle`` is the direction of growth on the body in radians (0 = +x, pi/2 = +y), one number or a field.
    """
    rows, columns = sow(rng, density, count)
    if rows.size == 0:
        return frame.zeros()
    start = np.stack([columns, rows], 1) + rng.random((rows.size, 2))
    course = np.broadcast_to(np.asarray(angle), density.shape)[rows, columns]
    course = _on_picture(frame, course) + rng.normal(0, style.spread, rows.size)
    paths = _paths(frame, rng, start, course, style)
    return _stroked(frame, paths, style)


def _on_picture(frame: Frame, angle: NDArray[np.floating]) -> NDArray[np.floating]:
    """Turns directions on the body into directions on the picture (rotation and mirroring undone)."""
    xc, yc = frame.x[0, -1] - frame.x[0, 0], frame.y[0, -1] - frame.y[0, 0]
    xr, yr = frame.x[-1, 0] - frame.x[0, 0], frame.y[-1, 0] - frame.y[0, 0]
    c, s = np.cos(angle), np.sin(angle)
    return np.asarray(np.arctan2(c * xr + s * yr, c * xc + s * yc))


def _paths(
    frame: Frame,
    rng: np.random.Generator,
    start: NDArray[np.floating],
    course: NDArray[np.floating],
    style: Hairs,
) -> NDArray[np.floating]:
    """Returns (hairs, segments + 1, 2) points in pixels; each hair bends evenly one way."""
    number = course.size
    length = style.length * rng.uniform(0.5, 1.2, number) * frame.px_per_cm
    turn = rng.normal(0, style.curl, number)
    along = (np.arange(style.segments) + 0.5) / style.segments
    heading = course[:, None] + turn[:, None] * (along - 0.3)
    step = (length / style.segments)[:, None, None] * np.stack([np.cos(heading), np.sin(heading)], 2)
    walked = np.concatenate([np.zeros((number, 1, 2)), np.cumsum(step, 1)], 1)
    return np.asarray(start[:, None, :] + walked)


def _stroked(frame: Frame, paths: NDArray[np.floating], style: Hairs) -> Field:
    """Draws the paths; the outer part of each hair is drawn fainter, so that hairs end in a point."""
    pixels = style.width * frame.px_per_cm
    thick = max(1, round(pixels))
    strength = style.opacity * min(1.0, (pixels / thick) ** 0.5)
    fixed = np.round(paths * (1 << _SHIFT)).astype(np.int32)
    tip = max(1, style.segments // 2)
    canvas = np.zeros(frame.x.shape, np.uint8)
    cv2.polylines(canvas, list(fixed[:, tip:]), False, round(140 * strength), thick, cv2.LINE_AA, _SHIFT)
    cv2.polylines(canvas, list(fixed[:, : tip + 1]), False, round(255 * strength), thick, cv2.LINE_AA, _SHIFT)
    return canvas.astype(np.float32) / np.float32(255)
