"""Pictures and masks at a coarser grid."""

import numpy as np
from numpy.typing import NDArray

from core.measuring.judge_network import BACKGROUND, LESION, SKIN

LESION_VALUE = 255
"""How a phantom's mask marks lesions; skin is 128, background 0."""


def shrink(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Means of equal squares: (height, width, 3) to (size, size, 3).

    Pixels beyond the largest multiple of ``size`` are cut off; ``size`` must not exceed the picture's side.
    """
    step = image.shape[0] // size
    squares = image[: step * size, : step * size].reshape(size, step, size, step, -1)
    return np.round(squares.mean(axis=(1, 3), dtype=np.float32)).astype(np.uint8)


def area_classes(masks: NDArray[np.uint8], side: int, lesion_share: float = 0.05) -> NDArray[np.int64]:
    """Class numbers of ``core.measuring.judge`` by square, (..., height, width) to (..., side, side).

    A square with at least ``lesion_share`` of lesion is lesion; else skin if half of it is.
    """
    step = masks.shape[-1] // side
    cut = masks[..., : step * side, : step * side]
    squares = cut.reshape(*masks.shape[:-2], side, step, side, step)
    lesion = (squares == LESION_VALUE).mean(axis=(-3, -1)) >= lesion_share
    skin = (squares > 0).mean(axis=(-3, -1)) >= 0.5
    return np.where(lesion, LESION, np.where(skin, SKIN, BACKGROUND)).astype(np.int64)
