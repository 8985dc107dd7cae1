"""Contact sheets of a training, for a person to look at."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from training.embedded.datasets import Bytes


def to_pictures(pixels: Tensor) -> list[Bytes]:
    """(batch, 3, height, width) in -1..1 to pictures of bytes."""
    values = ((pixels.detach().float().clamp(-1, 1) + 1) * 127.5).round().byte()
    return list(values.permute(0, 2, 3, 1).cpu().numpy())


def write_grid(path: Path, pictures: Sequence[Bytes], columns: int) -> None:
    """Writes equal-sized pictures row by row as one PNG."""
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
    for i, picture in enumerate(pictures):
        y, x = divmod(i, columns)
        sheet[y * height : (y + 1) * height, x * width : (x + 1) * width] = picture
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(path)
