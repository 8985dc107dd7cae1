"""Outlines of lesions: round, irregular, polygonal, streaked, branching … each as distance in radii.

A shape takes a lesion's own axes (in radii) and returns ``r``, 1 on the outline.
"""

from collections.abc import Callable

import cv2
import numpy as np

from training.phantoms.body import Field, Frame
from training.phantoms.lesions.parts import Part
from training.phantoms.lesions.profiles import Spot

Shape = Callable[[Field, Field, np.random.Generator], Field]

REACH = 2.7
"""How far around a lesion its halo is worked out, in radii."""


def warped(depth: float, low: float, high: float) -> Shape:
    """A disc bent by six waves, ``low`` to ``high`` radians to a radius, each by about ``depth`` radii."""

    def shape(u: Field, v: Field, rng: np.random.Generator) -> Field:
        across, down = u.copy(), v.copy()
        for k in np.geomspace(low, high, 6):
            angle, phase = rng.uniform(0, 2 * np.pi), rng.uniform(0, 2 * np.pi)
            wave = np.sin(k * (u * np.cos(angle) + v * np.sin(angle)) + phase)
            wave *= np.float32(rng.uniform(0.6, 1.4) * depth * (low / k) ** 0.35)
            across += wave * np.float32(np.sin(angle + 0.8))
            down += wave * np.float32(np.cos(angle - 0.8))
        return np.asarray(np.hypot(across, down), np.float32)

    return shape


def polygon(u: Field, v: Field, rng: np.random.Generator) -> Field:
    """Five to seven nearly straight sides."""
    sides = int(rng.integers(5, 8))
    at = np.arange(sides) * 2 * np.pi / sides + rng.uniform(-0.25, 0.25, sides)
    total = np.zeros_like(u)
    for angle in at:
        toward = np.maximum(u * np.cos(angle) + v * np.sin(angle), 0) / rng.uniform(0.78, 0.95)
        total += np.asarray(toward**9, np.float32)
    return np.asarray(np.maximum(total, 1e-12) ** (1 / 9), np.float32)


def box(u: Field, v: Field, rng: np.random.Generator) -> Field:
    """The sharp rectangle something from outside left on the skin."""
    wave = 0.05 * np.sin(3 * u + rng.uniform(0, 6)) + 0.05 * np.sin(4 * v + rng.uniform(0, 6))
    power = np.float32(7)
    return np.asarray((np.abs(u) ** power + np.abs(v) ** power) ** (1 / power) + wave, np.float32)


def burrow(u: Field, v: Field, rng: np.random.Generator) -> Field:
    """A thin winding line."""
    bends, depth, width = rng.uniform(2.0, 4.0), rng.uniform(0.10, 0.26), rng.uniform(0.10, 0.14)
    course = depth * np.sin(bends * u + rng.uniform(0, 6)) + 0.08 * np.sin(2.3 * bends * u)
    return np.asarray(np.hypot(np.maximum(np.abs(u) - 1, 0), v - course) / width, np.float32)


def streak(u: Field, v: Field, rng: np.random.Generator) -> Field:
    """A line that tapers to both ends."""
    width = rng.uniform(0.09, 0.15) * np.clip(1.05 - u**2, 0.05, 1)
    bow = rng.uniform(-0.12, 0.12) * u**2
    return np.asarray(np.maximum(np.abs(u), np.abs(v - bow) / width), np.float32)


def welt(u: Field, v: Field, rng: np.random.Generator) -> Field:
    """The line that a blunt point drew: even in width, hardly bent."""
    bow = rng.uniform(-0.05, 0.05) * u**2
    return np.asarray(
        np.hypot(np.maximum(np.abs(u) - 0.95, 0), v - bow) / rng.uniform(0.045, 0.06), np.float32
    )


def twigs(count: tuple[int, int], from_centre: bool, width: float) -> Shape:
    """Fine winding vessels that leave one point or lie about; ``width`` in radii."""

    def shape(u: Field, v: Field, rng: np.random.Generator) -> Field:
        pixels = max(2.0, 1 / max(float(np.abs(np.gradient(u)).max() + np.abs(np.gradient(v)).max()), 1e-6))
        side = int(np.clip(2 * pixels, 24, 160))
        canvas = np.zeros((side, side), np.uint8)
        for _ in range(int(rng.integers(count[0], count[1] + 1))):
            start = np.zeros(2) if from_centre else rng.uniform(-0.7, 0.7, 2)
            path = (_walk(start, rng) * 0.5 + 0.5) * side
            thick = max(1, round(width * side / 2))
            cv2.polylines(canvas, [np.round(path * 16).astype(np.int32)], False, 255, thick, cv2.LINE_AA, 4)
        x, y = (u * 0.5 + 0.5) * side, (v * 0.5 + 0.5) * side
        line = cv2.remap(canvas.astype(np.float32) / 255, x, y, cv2.INTER_LINEAR, borderValue=0.0)
        return np.asarray(1.8 - 1.6 * line, np.float32)

    return shape


def _walk(start: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Points (9, 2) of a path about one radius long, bending at random."""
    heading = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.38, 8))
    steps = 0.14 * np.stack([np.cos(heading), np.sin(heading)], 1)
    return np.concatenate([start[None], start + np.cumsum(steps, 0)])


SHAPES: dict[str, Shape] = {
    "round": warped(0.03, 1.5, 3.0),
    "irregular": warped(0.09, 2.0, 6.0),
    "ragged": warped(0.16, 2.5, 13.0),
    "lobed": warped(0.17, 1.8, 4.5),
    "swollen": warped(0.12, 2.0, 4.5),
    "polygon": polygon,
    "box": box,
    "burrow": burrow,
    "streak": streak,
    "welt": welt,
    "twigs": twigs((5, 9), False, 0.03),
    "spider": twigs((7, 11), True, 0.035),
}


def contour(
    frame: Frame, place: Field, radius: float, part: Part, direction: float, rng: np.random.Generator
) -> Spot:
    """The spot of one lesion at ``place`` (row, column), ``radius`` in pixels; aligned lesions lie along
    ``direction`` (radians in the picture)."""
    cut = _cut(frame, place, radius * REACH)
    y, x = np.mgrid[cut].astype(np.float32)
    y, x = (y - np.float32(place[0])) / radius, (x - np.float32(place[1])) / radius
    angle = direction + rng.normal(0, 0.12) if part.aligned else rng.uniform(0, np.pi)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    u, v = x * c + y * s, (y * c - x * s) / np.float32(rng.uniform(*part.aspect))
    r = SHAPES[part.shape](u, v, rng)
    edge = max(rng.uniform(*part.border), 2.0 / radius)  # no edge is sharper than a pixel
    return Spot(cut, r, u, v, radius / frame.px_per_cm, edge, rng.uniform(0, 2 * np.pi))


def _cut(frame: Frame, place: Field, half: float) -> tuple[slice, slice]:
    rows, columns = (
        slice(int(np.clip(at - half, 0, frame.size - 1)), int(np.clip(at + half + 1, 1, frame.size)))
        for at in (float(place[0]), float(place[1]))
    )
    return rows, columns
