"""Signed distances (cm, negative inside) of simple outlines, and how to join and round them.

The smooth minimum is Quilez' polynomial form: https://iquilezles.org/articles/smin/.
"""

from itertools import pairwise

import numpy as np

from training.phantoms.body import Field


def circle(x: Field, y: Field, cx: float, cy: float, radius: float) -> Field:
    """Distance to a disc."""
    return np.asarray(np.hypot(x - cx, y - cy) - radius, np.float32)


def ellipse(
    x: Field, y: Field, centre: tuple[float, float], radii: tuple[float, float], angle: float = 0.0
) -> Field:
    """Approximate distance to an ellipse (exact on the axes); ``angle`` in radians."""
    dx, dy = x - centre[0], y - centre[1]
    c, s = np.cos(angle), np.sin(angle)
    u, v = (dx * c + dy * s) / radii[0], (-dx * s + dy * c) / radii[1]
    length = np.hypot(u, v) + 1e-6
    gradient = np.hypot(u / radii[0], v / radii[1]) + 1e-6
    return np.asarray(length * (length - 1) / gradient, np.float32)


def capsule(
    x: Field, y: Field, a: tuple[float, float], b: tuple[float, float], ra: float, rb: float
) -> Field:
    """Distance to a bone from ``a`` to ``b`` whose radius goes from ``ra`` to ``rb`` (a tapered finger)."""
    return capsule_along(x, y, a, b, ra, rb)[0]


def capsule_along(
    x: Field, y: Field, a: tuple[float, float], b: tuple[float, float], ra: float, rb: float
) -> tuple[Field, Field]:
    """Distance to a tapered bone, and the position along it (0 at ``a``, 1 at ``b``)."""
    bx, by = b[0] - a[0], b[1] - a[1]
    t = np.clip(((x - a[0]) * bx + (y - a[1]) * by) / (bx * bx + by * by), 0, 1).astype(np.float32)
    d = np.hypot(x - a[0] - t * bx, y - a[1] - t * by) - (ra + (rb - ra) * t)
    return np.asarray(d, np.float32), t


def polyline(x: Field, y: Field, points: list[tuple[float, float]]) -> Field:
    """Unsigned distance to a line through the points (a crease, a vein, a lid)."""
    d = np.full_like(x, 1e6)
    for a, b in pairwise(points):
        d = np.minimum(d, capsule(x, y, a, b, 0.0, 0.0))
    return d


def union(a: Field, b: Field, blend: float = 0.0) -> Field:
    """Both shapes; ``blend`` cm of rounded joint."""
    if blend <= 0:
        return np.minimum(a, b)
    h = np.maximum(blend - np.abs(a - b), 0) / blend
    return np.asarray(np.minimum(a, b) - h * h * blend * 0.25, np.float32)


def inside(distance: Field, px_per_cm: float, soft_cm: float = 0.0) -> Field:
    """Coverage 0..1 of a shape, antialiased over one pixel or ``soft_cm``."""
    width = max(1.0 / px_per_cm, soft_cm)
    return np.asarray(np.clip(0.5 - distance / width, 0, 1), np.float32)


def dome(distance: Field, radius: float, flatness: float = 2.0) -> Field:
    """Height (cm) of a rounded body over its outline: 0 at the edge, ``radius`` where ``radius`` deep inside.

    ``flatness`` 2 is a cylinder's cross-section; higher is flatter on top with steeper sides.
    """
    depth = np.clip(-distance / radius, 0, 1)
    return np.asarray(radius * (1 - (1 - depth) ** flatness) ** (1 / flatness), np.float32)


def bump(distance: Field, width: float) -> Field:
    """A Gaussian ridge of height 1 where ``distance`` is 0, ``width`` cm wide (sigma)."""
    return np.asarray(np.exp(-0.5 * (distance / width) ** 2), np.float32)
