"""Smooth random fields: one coarse grid of normal numbers, enlarged; octaves of it summed."""

import cv2
import numpy as np

from training.phantoms.body import Field

COARSE = 12.0

cv2.setNumThreads(1)  # same bytes however many workers; the command parallelises over pictures


def smooth_noise(rng: np.random.Generator, size: int, cells: float) -> Field:
    """Returns a (size, size) field of about zero mean and unit variance with ``cells`` bumps across."""
    grid = int(np.ceil(cells)) + 3
    coarse = rng.standard_normal((grid, grid), dtype=np.float32)
    left, top = rng.uniform(1, grid - 1 - cells, size=2) if cells < grid - 2 else (1.0, 1.0)
    if cells < COARSE:  # enlarging the whole grid would draw several pictures and keep one
        step = np.array([[cells / size, 0, left], [0, cells / size, top]])
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        return _unit(cv2.warpAffine(coarse, step, (size, size), flags=flags, borderMode=cv2.BORDER_REFLECT))
    full = int(np.ceil(size * grid / cells))
    big = cv2.resize(coarse, (full, full), interpolation=cv2.INTER_CUBIC)
    row, column = int(top * size / cells), int(left * size / cells)
    row, column = min(row, full - size), min(column, full - size)
    return _unit(big[row : row + size, column : column + size])


def _unit(field: Field) -> Field:
    """Interpolation averages neighbours; this gives the variance back."""
    return np.asarray(field * np.float32(1.25), np.float32)


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
