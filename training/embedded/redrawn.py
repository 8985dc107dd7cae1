"""Latents that a UNet drew anew from the middle, beside the phantoms they began as."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import TrainingError
from training.embedded.datasets import LESION, Bytes, PhantomSet

LATENTS_NAME = "latents.npy"
RECORD_NAME, PROGRESS_NAME = "redrawn.json", "progress.json"
"""The same record, when all is done and before."""


@dataclass(frozen=True, slots=True)
class RedrawnSet:
    """``latents`` is (count, channels, height, width) in float16 on the UNet's scale; ``rows`` (count,) says
    which phantom each began as."""

    latents: NDArray[np.float16]
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LatentCrops:
    """Crops of redrawn latents with the same part of the phantom: pictures (count, size, size, 3), lesion
    masks (count, size, size), latents (count, channels, size / cell, size / cell)."""

    pictures: Bytes
    lesions: NDArray[np.bool_]
    latents: NDArray[np.float16]


def open_redrawn(folder: Path, phantoms: PhantomSet) -> RedrawnSet:
    """Opens what ``training.redraw_latents`` has written of these phantoms.

    Raises:
        TrainingError: the folder holds nothing finished, or was made of other phantoms.
    """
    if (folder / PROGRESS_NAME).is_file():
        raise TrainingError(f"{folder} is half redrawn; the same training.redraw_latents goes on from there.")
    try:
        record = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
        latents = np.load(folder / LATENTS_NAME, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{folder} holds no redrawn latents: make them by training.redraw_latents."
        ) from error
    if record["phantoms"] != phantoms.digest:
        raise TrainingError(f"{folder} was made of other phantoms than {phantoms.folder}.")
    return RedrawnSet(latents, np.array(record["rows"], np.int64))


def crop_redrawn(
    redrawn: RedrawnSet, phantoms: PhantomSet, count: int, size: int, rng: np.random.Generator
) -> LatentCrops:
    """Random crops on the grid of latent cells, half of them around a lesion where there is one."""
    cells = redrawn.latents.shape[-1]
    cell = phantoms.size // cells
    side = size // cell
    chosen = rng.integers(len(redrawn.rows), size=count)
    pictures = np.empty((count, size, size, 3), np.uint8)
    lesions = np.empty((count, size, size), np.bool_)
    latents = np.empty((count, redrawn.latents.shape[1], side, side), np.float16)
    for i, index in enumerate(chosen):
        row = redrawn.rows[index]
        lesion = phantoms.masks[row] == LESION
        top, left = _corner(lesion[::cell, ::cell], side, rng)
        window = np.s_[top * cell : top * cell + size, left * cell : left * cell + size]
        pictures[i], lesions[i] = phantoms.images[row][window], lesion[window]
        latents[i] = redrawn.latents[index, :, top : top + side, left : left + side]
    return LatentCrops(pictures, lesions, latents)


def _corner(lesion: NDArray[np.bool_], side: int, rng: np.random.Generator) -> tuple[int, int]:
    """Top and left of a window of ``side`` cells, as cells."""
    room = len(lesion) - side
    spots = np.argwhere(lesion)
    if len(spots) and rng.random() < 0.5:
        top, left = np.clip(spots[rng.integers(len(spots))] - rng.integers(side, size=2), 0, room)
        return int(top), int(left)
    return int(rng.integers(room + 1)), int(rng.integers(room + 1))
