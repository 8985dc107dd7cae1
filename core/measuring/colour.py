"""Colour of skin in numbers: CIE Lab (D65, 2 degrees), CIEDE2000, ITA and the Monk scale.

Lab and CIEDE2000 are scikit-image's. Other sources: IEC 61966-2-1 (sRGB), Chardon 1991 (ITA), skintone.google
(Monk swatches). Functions take arrays whose last axis holds the three channels and compute in float64.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

Floats = NDArray[np.float64]

MONK_SWATCHES: NDArray[np.uint8] = np.array(
    [
        [0xF6, 0xED, 0xE4],
        [0xF3, 0xE7, 0xDB],
        [0xF7, 0xEA, 0xD0],
        [0xEA, 0xDA, 0xBA],
        [0xD7, 0xBD, 0x96],
        [0xA0, 0x7E, 0x56],
        [0x82, 0x5C, 0x43],
        [0x60, 0x41, 0x34],
        [0x3A, 0x31, 0x2A],
        [0x29, 0x24, 0x20],
    ],
    dtype=np.uint8,
)
"""sRGB of the Monk steps 1 to 10, shape (10, 3)."""


def srgb_to_linear(rgb: ArrayLike) -> Floats:
    """Light of sRGB values; both in 0 to 1. uint8 input is scaled from 0 to 255."""
    values = _unit(rgb)
    return np.where(values <= 0.04045, values / 12.92, ((np.maximum(values, 0) + 0.055) / 1.055) ** 2.4)


def srgb_to_lab(rgb: ArrayLike) -> Floats:
    """CIE L*, a*, b* of sRGB values (0 to 1, or uint8), shape (..., 3). L* in 0 to 100 (not OpenCV's)."""
    return np.asarray(rgb2lab(_unit(rgb)), dtype=np.float64)


def ita_degrees(lab: ArrayLike) -> Floats:
    """Individual typology angle of Lab values, shape (..., 3) to (...): atan2(L* - 50, b*) in degrees."""
    values = np.asarray(lab, dtype=np.float64)
    return np.degrees(np.arctan2(values[..., 0] - 50, values[..., 2]))


def delta_e(lab: ArrayLike, other: ArrayLike) -> Floats:
    """CIEDE2000 difference of Lab values, shapes (..., 3) that broadcast, to (...); 1 is just noticeable."""
    pair = np.broadcast_arrays(np.asarray(lab, dtype=np.float64), np.asarray(other, dtype=np.float64))
    return np.asarray(deltaE_ciede2000(*pair), dtype=np.float64)


def nearest_monk(lab: ArrayLike) -> int:
    """The Monk step (1 to 10) whose swatch is nearest to one Lab colour, shape (3,), by CIEDE2000."""
    return int(np.argmin(delta_e(np.asarray(lab, dtype=np.float64), MONK_LAB))) + 1


def _unit(rgb: ArrayLike) -> Floats:
    values = np.asarray(rgb)
    return values / 255.0 if values.dtype == np.uint8 else values.astype(np.float64)


MONK_LAB = srgb_to_lab(MONK_SWATCHES)
"""CIE Lab of the Monk swatches, shape (10, 3)."""
