"""An invisible mark in the pixels that outlives the metadata: 32 bits that lead back to the recipe.

A band-limited noise pattern of TILE x TILE pixels is repeated over the luminance (spread spectrum; Cox et al.
1997, doi 10.1109/83.650120; repetition against shifts: Kutter 1998, doi 10.1117/12.337423). One part of it is
always the same and is found again by circular correlation, whatever was cropped; the rest are BITS patterns,
each added or subtracted: CODE_BITS of code and a checksum. The scale is found by trying.

The patterns follow from the source code: anyone can read the mark, and who wants to can remove it. It is not
meant to outlive rotation, mirroring or redrawing. docs/measurements.md states what it does outlive.
"""

import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image

TILE = 64
CODE_BITS, CHECK_BITS = 32, 16
BITS = CODE_BITS + CHECK_BITS
BAND = (0.04, 0.17)
"""Cycles per pixel: above the lesions, below what JPEG and halving the size take away."""

STRENGTH = 2.0
"""Root mean square of the change on plain mid-tone skin, in 8-bit steps."""

SYNC_SHARE = 0.4
"""Of the energy; the rest is shared by the bits."""

SIZES = tuple(range(192, 1025, 64))
"""Widths that whole pictures usually had before somebody changed their size."""

SCALES = np.geomspace(0.4, 2.5, 460)
WINDOW = 512
SYNC_MIN = 6.0
"""Standard deviations of the correlation's peak; beneath it nothing is read."""

_CANDIDATES = 6


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that was read. ``scale`` is the picture's size now by its size when drawn."""

    code: int
    scale: float
    certainty: float


def code_of(pixel_sha256: str) -> int:
    """The code of a picture: the first 32 bits of the hash of its pixels in the library."""
    return int(pixel_sha256[: CODE_BITS // 4], 16)


def embed(image: Image.Image, code: int) -> Image.Image:
    """The picture with the mark, RGB of the same size."""
    rgb = np.asarray(image.convert("RGB"), np.float32)
    height, width = rgb.shape[:2]
    tiles = (-(-height // TILE), -(-width // TILE))
    change = np.tile(_tile(code), tiles)[:height, :width] * _gain(_luminance(rgb))
    return Image.fromarray(np.clip(np.rint(rgb + change[..., None]), 0, 255).astype(np.uint8))


def read_mark(image: Image.Image, thorough: bool = True) -> Mark | None:
    """The mark in a picture, or None. ``thorough`` also tries sizes between the usual ones (a second or two).

    Unmarked pictures pass by chance rarely: only with a peak and a fitting 16-bit checksum.
    """
    residual = _residual(_luminance(np.asarray(image.convert("RGB"), np.float32)))
    if min(residual.shape) < TILE // 2:
        return None
    for scale in _usual_scales(*residual.shape[::-1]):
        if mark := _read_at(residual, scale):
            return mark
    if not thorough:
        return None
    return next(filter(None, (_read_at(residual, scale) for scale in _likely_scales(residual))), None)


@lru_cache(maxsize=1)
def _patterns() -> np.ndarray:
    """Orthogonal patterns of root mean square 1, [1 + BITS, TILE, TILE]; the first finds the place."""
    noise = np.random.default_rng(20_240_801).standard_normal((1 + BITS, TILE, TILE))
    y, x = np.meshgrid(np.fft.fftfreq(TILE), np.fft.fftfreq(TILE), indexing="ij")
    radius = np.hypot(x, y)
    inside = (radius >= BAND[0]) & (radius <= BAND[1])
    limited = np.fft.ifft2(np.fft.fft2(noise) * inside).real.reshape(1 + BITS, -1)
    orthogonal = np.linalg.qr(limited.T)[0].T
    return (orthogonal * TILE).reshape(1 + BITS, TILE, TILE).astype(np.float32)


def _tile(code: int) -> np.ndarray:
    signs = np.where(_bits(code), 1.0, -1.0)
    patterns = _patterns()
    share = np.sqrt((1 - SYNC_SHARE) / BITS)
    mixed = np.sqrt(SYNC_SHARE) * patterns[0] + share * np.tensordot(signs, patterns[1:], 1)
    return (STRENGTH * mixed).astype(np.float32)


def _bits(code: int) -> np.ndarray:
    """Code and checksum, highest bit first."""
    word = (code << CHECK_BITS) | _checksum(code)
    return np.array([(word >> (BITS - 1 - i)) & 1 for i in range(BITS)], bool)


def _checksum(code: int) -> int:
    """CRC-16/CCITT."""
    return binascii.crc_hqx(code.to_bytes(CODE_BITS // 8), 0xFFFF)


def _luminance(rgb: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(rgb @ np.array([0.299, 0.587, 0.114], np.float32))


def _gain(luminance: np.ndarray) -> np.ndarray:
    """More where the picture is busy, less where it is dark: there the eye sees smaller steps."""
    busy = np.clip(0.8 + 0.12 * _spread(luminance), 0.8, 2.0)
    return busy * (0.55 + 0.45 * np.clip(cv2.GaussianBlur(luminance, (0, 0), 3) / 90, 0, 1))


def _spread(values: np.ndarray) -> np.ndarray:
    """Local standard deviation."""
    detail = values - cv2.GaussianBlur(values, (0, 0), 3)
    return np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), 4))


def _residual(luminance: np.ndarray) -> np.ndarray:
    """What is left without the large shapes, edges held down so that no single one outweighs the mark."""
    detail = luminance - cv2.GaussianBlur(luminance, (0, 0), 3.5)
    level = _spread(luminance) + 1.0
    return np.clip(detail / level, -2.5, 2.5)


def _usual_scales(width: int, height: int) -> Iterator[float]:
    yield 1.0
    yield from (max(width, height) / size for size in SIZES if max(width, height) != size)


def _likely_scales(residual: np.ndarray) -> list[float]:
    """Scales at which the middle of the picture correlates best, each with its close neighbours."""
    scores = []
    for scale in SCALES:
        size = int(WINDOW * scale)
        top, left = (max(0, (length - size) // 2) for length in residual.shape)
        window = _rescaled(residual[top : top + size, left : left + size], scale)
        scores.append(_correlation(_folded(window)).max() if min(window.shape) >= TILE // 2 else 0.0)
    best = np.argsort(scores)[::-1][:_CANDIDATES]
    return [float(SCALES[i] * factor) for i in best for factor in np.linspace(0.997, 1.003, 7)]


def _rescaled(residual: np.ndarray, scale: float) -> np.ndarray:
    if scale == 1.0:
        return residual
    height, width = (max(1, round(length / scale)) for length in residual.shape)
    return cv2.resize(
        residual, (width, height), interpolation=cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC
    )


def _folded(residual: np.ndarray) -> np.ndarray:
    """All tiles laid over each other and averaged, [TILE, TILE]."""
    height, width = residual.shape
    padding = ((0, -height % TILE), (0, -width % TILE))
    shape = ((height + padding[0][1]) // TILE, TILE, (width + padding[1][1]) // TILE, TILE)
    summed = np.pad(residual, padding).reshape(shape).sum((0, 2))
    counted = np.pad(np.ones_like(residual), padding).reshape(shape).sum((0, 2))
    return summed / np.maximum(counted, 1)


def _correlation(folded: np.ndarray) -> np.ndarray:
    """Circular correlation with the first pattern, in its own standard deviations."""
    spectrum = np.fft.rfft2(folded) * np.conj(np.fft.rfft2(_patterns()[0]))
    found = np.fft.irfft2(spectrum, folded.shape)
    return (found - found.mean()) / (found.std() + 1e-12)


def _read_at(residual: np.ndarray, scale: float) -> Mark | None:
    folded = _folded(_rescaled(residual, scale))
    correlation = _correlation(folded)
    place = np.unravel_index(int(correlation.argmax()), correlation.shape)
    certainty = float(correlation[place])
    if certainty < SYNC_MIN:
        return None
    settled = np.roll(folded, (-int(place[0]), -int(place[1])), (0, 1))
    bits = np.tensordot(_patterns()[1:], settled, 2) > 0
    word = int("".join("1" if bit else "0" for bit in bits), 2)
    code = word >> CHECK_BITS
    return Mark(code, scale, certainty) if _checksum(code) == word & (2**CHECK_BITS - 1) else None
