"""What keeps the judge fair: phantoms as a generator's decoder or a camera might hand them over."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Ranges of what is done to a picture. Geometry in shares of the side and degrees, noise in 0..255."""

    scale: tuple[float, float] = (0.92, 1.12)
    shift: float = 0.05
    turn: float = 8.0
    blur: tuple[float, float] = (0.3, 1.2)
    jpeg: tuple[int, int] = (40, 95)
    gain: float = 0.04
    gamma: float = 0.08
    noise: float = 5.0
    blurred: float = 0.4
    compressed: float = 0.25
    """Shares of the pictures that are blurred and compressed."""


def disturb_views(
    images: Bytes, masks: Bytes, rng: np.random.Generator, how: Disturbance
) -> tuple[Bytes, Bytes]:
    """Moves, mirrors, blurs and compresses each picture, its mask moving with it.

    Args:
        images: (batch, side, side, 3).
        masks: (batch, side, side).
    """
    pairs = [_disturb_view(image, mask, rng, how) for image, mask in zip(images, masks, strict=True)]
    return np.stack([image for image, _ in pairs]), np.stack([mask for _, mask in pairs])


def _disturb_view(
    image: Bytes, mask: Bytes, rng: np.random.Generator, how: Disturbance
) -> tuple[Bytes, Bytes]:
    side = image.shape[0]
    matrix = _placement(side, rng, how)
    image, mask = _moved(image, matrix, cv2.INTER_LINEAR), _moved(mask, matrix, cv2.INTER_NEAREST)
    if rng.random() < how.blurred:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(*how.blur) * side / 256)
    if rng.random() < how.compressed:
        image = _compressed(image, int(rng.integers(*how.jpeg)))
    return image, mask


def _moved(picture: Bytes, matrix: NDArray[np.float64], interpolation: int) -> Bytes:
    size = (picture.shape[1], picture.shape[0])
    border = cv2.BORDER_REFLECT_101
    return np.asarray(cv2.warpAffine(picture, matrix, size, flags=interpolation, borderMode=border))


def _compressed(image: Bytes, quality: int) -> Bytes:
    """The picture after JPEG. OpenCV wants blue first."""
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1]


def _placement(side: int, rng: np.random.Generator, how: Disturbance) -> NDArray[np.float64]:
    """A 2x3 matrix: turn and scale about the centre, shift, and a mirror for every other picture."""
    middle = (side - 1) / 2
    turn, scale = rng.uniform(-how.turn, how.turn), rng.uniform(*how.scale)
    matrix = np.asarray(cv2.getRotationMatrix2D((middle, middle), turn, scale))
    matrix[:, 2] += rng.uniform(-how.shift, how.shift, 2) * side
    if rng.random() < 0.5:
        matrix[0] = [-matrix[0, 0], -matrix[0, 1], side - 1 - matrix[0, 2]]
    return matrix


def disturb_colours(images: Bytes, rng: np.random.Generator, how: Disturbance) -> Bytes:
    """Gamma, gain by channel and noise of pictures (batch, side, side, 3)."""
    tables = _tone_curves(len(images), rng, how)
    toned = np.stack([cv2.LUT(image, table) for image, table in zip(images, tables, strict=True)])
    strengths = rng.uniform(0, how.noise, len(images)).astype(np.float32)
    for image, strength in zip(toned, strengths, strict=True):
        grain = strength * _grain(image.shape[0], rng)
        image[:] = np.clip(image + grain, 0, 255).astype(np.uint8)
    return toned


def _tone_curves(count: int, rng: np.random.Generator, how: Disturbance) -> Bytes:
    """What each of 256 values becomes, (count, 256, 1, 3) as OpenCV wants it."""
    gamma = np.exp(how.gamma * rng.normal(size=(count, 1, 1, 1)))
    gain = 1 + how.gain * rng.normal(size=(count, 1, 1, 3))
    values = np.arange(256)[None, :, None, None] / 255
    return np.round(np.clip(values**gamma * gain, 0, 1) * 255).astype(np.uint8)


def _grain(side: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A window (side, side, 3) of unit noise: drawing fresh noise would cost more than the network's step."""
    sheet = _noise_sheet(2 * side)
    top, left = rng.integers(0, side + 1, 2)
    return sheet[top : top + side, left : left + side]


@lru_cache(maxsize=2)
def _noise_sheet(side: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal((side, side, 3), dtype=np.float32)
