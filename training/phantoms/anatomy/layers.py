"""Opaque things laid over a part of a picture: eyes, lips' gap, hair."""

import numpy as np
from numpy.typing import NDArray

from training.phantoms.anatomy.chart import Window
from training.phantoms.anatomy.likeness import RGB3
from training.phantoms.body import Body


def lay(
    body: Body,
    window: Window,
    alpha: NDArray[np.floating],
    rgb: RGB3,
    gain: NDArray[np.floating] | float = 1.0,
) -> None:
    """``Body.cover`` within a window only; ``gain`` brightens the colour in places (strands)."""
    paint, covered = window.of(body.paint), window.of(body.paint_alpha)
    alpha = np.asarray(alpha, np.float32)
    keep, light = 1 - alpha, alpha * np.asarray(gain, np.float32)
    for channel in range(3):  # a plane at a time is several times faster than broadcasting over three
        paint[..., channel] = paint[..., channel] * keep + light * np.float32(rgb[channel])
    covered *= keep
    covered += alpha
