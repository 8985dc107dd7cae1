"""Colour of skin in numbers: sRGB, CIE Lab (D65, 2 degrees), CIEDE2000, ITA and the Monk scale.

Sources: IEC 61966-2-1 (sRGB), CIE 15 (Lab), Sharma, Wu and Dalal 2005 (CIEDE2000), Chardon 1991 (ITA),
skintone.google (Monk swatches). Functions take arrays whose last axis holds the three channels and compute in
float64.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_XYZ_OF_RGB = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = _XYZ_OF_RGB.sum(axis=1)
_DELTA = 6 / 29

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


def linear_to_srgb(light: ArrayLike) -> Floats:
    """sRGB values of light; both in 0 to 1, not clipped."""
    values = np.asarray(light, dtype=np.float64)
    return np.where(values <= 0.0031308, values * 12.92, 1.055 * np.maximum(values, 0) ** (1 / 2.4) - 0.055)


def srgb_to_lab(rgb: ArrayLike) -> Floats:
    """CIE L*, a*, b* of sRGB values (0 to 1, or uint8), shape (..., 3). L* in 0 to 100 (not OpenCV's)."""
    ratio = srgb_to_linear(rgb) @ _XYZ_OF_RGB.T / _WHITE
    bent = np.where(ratio > _DELTA**3, np.cbrt(ratio), ratio / (3 * _DELTA**2) + 4 / 29)
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def ita_degrees(lab: ArrayLike) -> Floats:
    """Individual typology angle of Lab values, shape (..., 3) to (...): atan2(L* - 50, b*) in degrees."""
    values = np.asarray(lab, dtype=np.float64)
    return np.degrees(np.arctan2(values[..., 0] - 50, values[..., 2]))


def delta_e(lab: ArrayLike, other: ArrayLike) -> Floats:
    """CIEDE2000 difference of Lab values, shapes (..., 3) that broadcast, to (...); 1 is just noticeable.

    Names follow Sharma, Wu and Dalal 2005, equations 2 to 22; hues in radians.
    """
    first, second = _balanced(lab, other), _balanced(other, lab)
    mean_l, mean_c = (first[0] + second[0]) / 2, (first[1] + second[1]) / 2
    d_l, d_c = second[0] - first[0], second[1] - first[1]
    turn, mean_h = _hues(first, second)
    d_h = 2 * np.sqrt(first[1] * second[1]) * np.sin(turn / 2)
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    s_c = 1 + 0.045 * mean_c
    s_h = 1 + 0.015 * mean_c * _hue_weight(mean_h)
    chroma, hue = d_c / s_c, d_h / s_h
    return np.sqrt((d_l / s_l) ** 2 + chroma**2 + hue**2 + _rotation(mean_c, mean_h) * chroma * hue)


def nearest_monk(lab: ArrayLike) -> int:
    """The Monk step (1 to 10) whose swatch is nearest to one Lab colour, shape (3,), by CIEDE2000."""
    return int(np.argmin(delta_e(np.asarray(lab, dtype=np.float64), MONK_LAB))) + 1


def _unit(rgb: ArrayLike) -> Floats:
    values = np.asarray(rgb)
    return values / 255.0 if values.dtype == np.uint8 else values.astype(np.float64)


def _balanced(lab: ArrayLike, other: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """L*, C' and h' (0 to 2 pi) with a* stretched for near-greys by the pair's mean chroma."""
    values, partner = np.asarray(lab, dtype=np.float64), np.asarray(other, dtype=np.float64)
    mean = (np.hypot(values[..., 1], values[..., 2]) + np.hypot(partner[..., 1], partner[..., 2])) / 2
    a = values[..., 1] * (1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25.0**7)))
    b = np.broadcast_to(values[..., 2], a.shape)
    return values[..., 0], np.hypot(a, b), np.arctan2(b, a) % (2 * np.pi)


def _hues(
    first: tuple[Floats, Floats, Floats], second: tuple[Floats, Floats, Floats]
) -> tuple[Floats, Floats]:
    """Signed turn from first to second hue on the shorter way, and the mean hue; greys have no hue."""
    grey = first[1] * second[1] == 0
    gap, total = second[2] - first[2], first[2] + second[2]
    turn = np.where(gap > np.pi, gap - 2 * np.pi, np.where(gap < -np.pi, gap + 2 * np.pi, gap))
    around = np.where(total < 2 * np.pi, total + 2 * np.pi, total - 2 * np.pi)
    mean = np.where(np.abs(gap) > np.pi, around, total) / 2
    return np.where(grey, 0.0, turn), np.where(grey, total, mean)


def _hue_weight(mean_h: Floats) -> Floats:
    return (
        1
        - 0.17 * np.cos(mean_h - np.radians(30))
        + 0.24 * np.cos(2 * mean_h)
        + 0.32 * np.cos(3 * mean_h + np.radians(6))
        - 0.20 * np.cos(4 * mean_h - np.radians(63))
    )


def _rotation(mean_c: Floats, mean_h: Floats) -> Floats:
    """The term that turns the ellipses in the blues."""
    blue = np.radians(60) * np.exp(-(((np.degrees(mean_h) - 275) / 25) ** 2))
    return -2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)) * np.sin(blue)


MONK_LAB = srgb_to_lab(MONK_SWATCHES)
"""CIE Lab of the Monk swatches, shape (10, 3)."""
