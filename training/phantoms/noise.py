"""Smooth random fields: one coarse grid of normal numbers, enlarged; octaves of it summed."""

import cv2
import numpy as np

from training.phantoms.body import Field

cv2.setNumThreads(1)  # same bytes however many workers; the command parallelises over pictures


def smooth_noise(rng: np.random.Generator, size: int, cells: float) -> Field:
    """Returns a (size, size) field of about zero mean and unit variance with ``cells`` bumps across."""
    grid = max(2, int(np.ceil(cells)) + 3)
    coarse = rng.standard_normal((grid, grid), dtype=np.float32)
    full = max(size, int(np.ceil(size * grid / max(cells, 1.0))))
    big = cv2.resize(coarse, (full, full), interpolation=cv2.INTER_CUBIC)
    top, left = rng.integers(0, full - size + 1, size=2)
    return np.asarray(big[top : top + size, left : left + size] * 1.25, dtype=np.float32)


def octaves(rng: np.random.Generator, size: int, cells: float, count: int, falloff: float = 0.5) -> Field:
    """Sums ``count`` noises, each twice as fine and ``falloff`` as strong; unit variance."""
    total = np.zeros((size, size), np.float32)
    power = 0.0
    for octave in range(count):
        weight = falloff**octave
        total += weight * smooth_noise(rng, size, min(cells * 2**octave, size))
        power += weight * weight
    return total / np.float32(np.sqrt(power))


def white_noise(rng: np.random.Generator, size: int) -> Field:
    """Unit-variance noise, independent in every pixel."""
    return rng.standard_normal((size, size), dtype=np.float32)


def blur(field: Field, sigma: float) -> Field:
    """Gaussian blur, sigma in pixels."""
    if sigma <= 0.05:
        return field
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float32)
