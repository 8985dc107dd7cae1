"""What keeps the judge fair: phantoms as a generator's decoder or a camera might hand them over."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Ranges of what is done to a picture. Geometry in shares of the side and degrees, noise in 0..255."""

    scale: tuple[float, float] = (0.92, 1.12)
    shift: float = 0.05
    turn: float = 8.0
    blur: tuple[float, float] = (0.3, 1.6)
    jpeg: tuple[int, int] = (40, 95)
    gain: float = 0.04
    gamma: float = 0.08
    noise: float = 6.0
    blurred: float = 0.5
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


def disturb_colours(pixels: Tensor, generator: torch.Generator, how: Disturbance) -> Tensor:
    """Gain by channel, gamma and noise of pictures (batch, 3, side, side) in 0..1, clipped to that range."""
    count = (pixels.shape[0], 3, 1, 1)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, device=pixels.device)

    gamma = torch.exp(how.gamma * normal(count[0], 1, 1, 1))
    gain = 1 + how.gain * normal(*count)
    strength = torch.rand((count[0], 1, 1, 1), generator=generator, device=pixels.device) * how.noise / 255
    disturbed = pixels.clamp(min=1e-4) ** gamma * gain + strength * normal(*pixels.shape)
    return disturbed.clamp(0, 1)
