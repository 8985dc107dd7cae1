"""Free-hand drawing in centimetres: closed spline outlines as distances; strokes (creases, veins, tendons).

Outlines are smooth, so their distance is evaluated on a grid four times coarser and enlarged.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from training.phantoms.body import Field, Frame
from training.phantoms.noise import blur

Points = NDArray[np.float32]
"""(n, 2) points x, y in centimetres or pixels."""

_COARSE = 4
_SHIFT = 4  # cv2 takes fixed-point coordinates: sixteenths of a pixel


def pixel_axes(frame: Frame) -> tuple[Points, Points, Points]:
    """Returns the first pixel's place and the steps to the next column and the next row, in cm."""
    corner = np.array([frame.x[0, 0], frame.y[0, 0]], np.float32)
    column = np.array([frame.x[0, -1], frame.y[0, -1]], np.float32) - corner
    row = np.array([frame.x[-1, 0], frame.y[-1, 0]], np.float32) - corner
    steps = np.float32(frame.size - 1)
    return corner, np.asarray(column / steps, np.float32), np.asarray(row / steps, np.float32)


def to_pixels(frame: Frame, points: Points) -> Points:
    """Maps body points (n, 2) in cm to picture points (column, row)."""
    corner, column, row = pixel_axes(frame)
    return np.asarray((points - corner) @ np.linalg.inv(np.stack([column, row])), np.float32)


def spline(points: Sequence[tuple[float, float]] | Points, closed: bool = False, steps: int = 8) -> Points:
    """Returns a Catmull-Rom curve through the points, ``steps`` pieces between neighbours."""
    p = np.asarray(points, np.float32)
    padded = np.vstack([p[-1:], p, p[:2]]) if closed else np.vstack([p[:1], p, p[-1:]])
    before, start, end, after = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = (np.arange(steps, dtype=np.float32) / steps)[None, :, None]
    a, b, c, d = (q[:, None, :] for q in (before, start, end, after))
    curve = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    flat = curve.reshape(-1, 2)
    return np.asarray(flat if closed else np.vstack([flat, p[-1:]]), np.float32)


def outline_distance(frame: Frame, points: Sequence[tuple[float, float]] | Points, steps: int = 4) -> Field:
    """Returns the signed distance (cm, negative inside) to the closed spline through the points."""
    x, y = _coarse_places(frame)
    curve = spline(points, closed=True, steps=steps)
    coarse = _polygon_distance(x.ravel(), y.ravel(), curve).reshape(x.shape)
    big = cv2.resize(coarse, None, fx=_COARSE, fy=_COARSE, interpolation=cv2.INTER_LINEAR)
    return blur(np.ascontiguousarray(big[_COARSE * 2 :, _COARSE * 2 :][: frame.size, : frame.size]), 2.0)


def _coarse_places(frame: Frame) -> tuple[Field, Field]:
    """Places of the coarse cells' middles, two cells beyond the picture on each side."""
    corner, column, row = pixel_axes(frame)
    cells = -(-frame.size // _COARSE) + 4
    steps = (np.arange(cells, dtype=np.float32) - 2) * _COARSE + (_COARSE - 1) / 2
    x = corner[0] + steps[None, :] * column[0] + steps[:, None] * row[0]
    y = corner[1] + steps[None, :] * column[1] + steps[:, None] * row[1]
    return x.astype(np.float32), y.astype(np.float32)


def _polygon_distance(x: Field, y: Field, curve: Points) -> Field:
    """Exact signed distance of flat ``x``, ``y`` to a polygon; the sign by counting crossings."""
    nearest = np.full_like(x, 1e12)
    odd = np.zeros(x.shape, bool)
    for (ax, ay), (bx, by) in zip(curve, np.roll(curve, -1, 0), strict=True):
        ex, ey = bx - ax, by - ay
        px, py = x - ax, y - ay
        t = np.clip((px * ex + py * ey) * (1 / (ex * ex + ey * ey + 1e-9)), 0, 1)
        nearest = np.minimum(nearest, (px - t * ex) ** 2 + (py - t * ey) ** 2)
        if ay != by:
            odd ^= ((ay > y) != (by > y)) & (px < py * (ex / ey))
    return np.asarray(np.sqrt(nearest) * np.where(odd, -1, 1), np.float32)


def strokes(
    frame: Frame, curves: Sequence[Points], width: float, soft: float = 0.0, fade: float = 0.0
) -> Field:
    """Returns an antialiased map 0..1 of curves (cm) drawn ``width`` cm wide, then blurred by ``soft`` cm.

    Curves thinner than a pixel are drawn one pixel wide and fainter; blurred ones keep their peak near 1.
    ``fade`` is the share of a curve over which each of its ends rises from nothing.
    """
    pixels = width * frame.px_per_cm
    thick = max(1, round(pixels))
    canvas = np.zeros(frame.x.shape, np.uint8)
    for curve in curves:
        fixed = np.round(to_pixels(frame, curve) * (1 << _SHIFT)).astype(np.int32)
        for piece, level in _pieces(fixed, fade):
            cv2.polylines(canvas, [piece], False, level, thick, cv2.LINE_AA, _SHIFT)
    drawn = canvas.astype(np.float32) * np.float32(min(1.0, max(pixels, 0.35)) / 255)
    if soft <= 0:
        return drawn
    sigma = soft * frame.px_per_cm
    return blur(drawn, sigma) * np.float32(max(1.0, np.sqrt(1 + (2.5 * sigma / thick) ** 2)))


def _pieces(curve: NDArray[np.int32], fade: float) -> list[tuple[NDArray[np.int32], int]]:
    """Cuts a curve into pieces, each with its grey level; one piece where nothing fades."""
    if fade <= 0:
        return [(curve, 255)]
    middle = (np.arange(len(curve) - 1) + 0.5) / (len(curve) - 1)
    rise = np.clip(np.minimum(middle, 1 - middle) / fade, 0, 1)
    levels = np.round(255 * rise * rise * (3 - 2 * rise)).astype(int)
    return [(curve[k : k + 2], int(level)) for k, level in enumerate(levels)]


def wavy(rng: np.random.Generator, curve: Points, amount: float) -> Points:
    """Shakes a curve smoothly by about ``amount`` cm, its ends included."""
    knots = rng.normal(0, amount, (6, 2))
    t = np.linspace(0, 5, len(curve))
    shake = np.stack([np.interp(t, np.arange(6), knots[:, k]) for k in (0, 1)], 1)
    return np.asarray(curve + shake, np.float32)


def cavity(height: Field, coverage: Field, sigma: float, strength: float, least: float = 0.45) -> Field:
    """Ambient light 0..1 left in hollows: where the neighbourhood (``sigma`` pixels) stands higher."""
    level = blur(height * coverage, sigma) / np.maximum(blur(coverage, sigma), 0.05)
    return np.asarray(np.clip(1 - strength * np.maximum(level - height, 0), least, 1), np.float32)


def mound(
    x: Field,
    y: Field,
    centre: tuple[float, float],
    radii: tuple[float, float],
    angle: float,
    flatness: float = 1.0,
) -> Field:
    """A soft elliptic hill, 1 in the middle; ``angle`` in radians, clockwise, ``flatness`` of its top."""
    dx, dy = x - np.float32(centre[0]), y - np.float32(centre[1])
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    reach = ((dx * c + dy * s) / radii[0]) ** 2 + ((dy * c - dx * s) / radii[1]) ** 2
    return np.asarray(np.exp(-0.7 * (reach if flatness == 1 else reach**flatness)), np.float32)
