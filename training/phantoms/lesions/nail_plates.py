"""The nails in a picture, each a spot with its own axes, so that nail disease is written like any other."""

import cv2
import numpy as np

from training.phantoms.body import Body, Field, Frame
from training.phantoms.lesions.profiles import Spot

LEAST_PIXELS = 14


def nail_spots(frame: Frame, body: Body, rng: np.random.Generator) -> list[Spot]:
    """One spot for every nail plate: ``u`` from the root (-1) to the free edge (1), ``v`` across."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((body.nail > 0.5).astype(np.uint8))
    found = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= LEAST_PIXELS]
    return [_spot(frame, labels == i, rng) for i in found]


def _spot(frame: Frame, plate: np.ndarray, rng: np.random.Generator) -> Spot:
    rows, columns = np.nonzero(plate)
    reach = int(np.ceil(0.9 * max(np.ptp(rows), np.ptp(columns)) + 4))
    middle = float(rows.mean()), float(columns.mean())
    cut = _around(frame.size, middle, reach)
    y, x = np.mgrid[cut].astype(np.float32)
    y, x = y - np.float32(middle[0]), x - np.float32(middle[1])
    points = np.stack([columns - middle[1], rows - middle[0]], 1).astype(np.float32)
    along, half_long, half_wide = _axes(frame, points)
    u = (x * along[0] + y * along[1]) / np.float32(half_long)
    v = (y * along[0] - x * along[1]) / np.float32(half_wide)
    r = (np.abs(u) ** 3 + np.abs(v) ** 3) ** np.float32(1 / 3)
    edge = max(0.15, 2.0 / half_wide)
    return Spot(cut, r, u, v, half_wide / frame.px_per_cm, edge, rng.uniform(0, 2 * np.pi))


def _around(size: int, middle: tuple[float, float], reach: int) -> tuple[slice, slice]:
    rows, columns = (slice(max(0, int(m) - reach), min(size, int(m) + reach + 1)) for m in middle)
    return rows, columns


def _axes(frame: Frame, points: Field) -> tuple[Field, float, float]:
    """Unit vector (x, y) from root to free edge, and half length and width in pixels.

    Digits point to smaller y of the frame in every picture that shows their nails."""
    up = _up(frame)
    spread, vectors = np.linalg.eigh(points.T @ points / len(points))
    nearest = int(np.argmax(np.abs(vectors.T @ up)))
    along = vectors[:, nearest] * np.sign(vectors[:, nearest] @ up + 1e-6)
    half_long, half_wide = 2 * np.sqrt(spread[nearest]), 2 * np.sqrt(spread[1 - nearest])
    return np.asarray(along, np.float32), max(float(half_long), 2.0), max(float(half_wide), 2.0)


def _up(frame: Frame) -> Field:
    """The direction of falling y in the picture, as (x, y)."""
    down = np.array([frame.y[0, -1] - frame.y[0, 0], frame.y[-1, 0] - frame.y[0, 0]])
    return np.asarray(-down / max(float(np.hypot(*down)), 1e-6), np.float32)
