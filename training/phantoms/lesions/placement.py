"""Where lesions lie: places drawn from the body's lesion area, scattered, clustered, or deep inside it."""

from dataclasses import dataclass

import numpy as np

from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import blur, octaves


@dataclass(frozen=True)
class Places:
    """Lesion centres in pixels (n,) and their radii in pixels (n,)."""

    row: Field
    column: Field
    radius: Field

    def __len__(self) -> int:
        return len(self.row)


def area_cm2(frame: Frame, body: Body) -> float:
    """Surface on which lesions may lie."""
    return float(body.lesion_area.sum()) / frame.px_per_cm**2


def scattered(frame: Frame, body: Body, rng: np.random.Generator, count: int, clumped: float = 0.6) -> Field:
    """Draws ``count`` pixel positions (count, 2); ``clumped`` 0 is even, 1 gathers them in a few regions."""
    weight = np.clip(body.lesion_area, 0, 1) ** 2
    clumps = np.exp(clumped * 1.6 * octaves(rng, frame.size, 3.0, 2))
    return _drawn(weight * clumps, rng, count)


def centres(frame: Frame, body: Body, rng: np.random.Generator, count: int, radius_px: float) -> Field:
    """Draws ``count`` positions (count, 2) for large lesions: where most of the lesion will be seen."""
    room = blur(np.clip(body.lesion_area, 0, 1), radius_px * 0.7)
    weight = np.clip(body.lesion_area, 0, 1) * room**6 * _not_at_border(frame, radius_px)
    found = np.zeros((0, 2), np.float32)
    for _ in range(count):
        place = _drawn(weight, rng, 1)
        found = np.concatenate([found, place])
        rows, columns = np.indices(weight.shape, dtype=np.float32)
        apart = np.hypot(rows - place[0, 0], columns - place[0, 1]) / (1.7 * radius_px)
        weight = weight * np.clip(apart - 0.4, 0.0, 1) ** 2
        if weight.sum() <= 0:
            break
    return found


def _not_at_border(frame: Frame, radius_px: float) -> Field:
    edge = np.minimum(np.arange(frame.size), np.arange(frame.size)[::-1]).astype(np.float32)
    inner = np.clip(edge / (0.9 * radius_px), 0, 1)
    return np.asarray(inner[:, None] * inner[None, :], np.float32)


def _drawn(weight: Field, rng: np.random.Generator, count: int) -> Field:
    """Positions with probability proportional to ``weight``; the middle of the picture if all is zero."""
    cumulative = np.cumsum(weight.ravel(), dtype=np.float64)
    if cumulative[-1] <= 0:
        return np.full((count, 2), weight.shape[0] / 2, np.float32)
    flat = np.searchsorted(cumulative, rng.random(count) * cumulative[-1])
    return np.stack(np.unravel_index(np.minimum(flat, weight.size - 1), weight.shape), 1).astype(np.float32)
