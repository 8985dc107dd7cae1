"""Latents of photographs and of their mirror images, encoded once by the model's own autoencoder.

Latents can be turned back into the photographs, so a run removes them when it is finished.
"""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import CLIPImageProcessorPil

from training.clip_tuning.pictures_once import decode_all, key_of
from training.embedded.latents import encode_both_ways, fill
from training.loop.processes import Processes


def encode_pictures(
    vae: Any, paths: Sequence[Path], size: int, cache: Path, processes: Processes
) -> NDArray[np.float16]:
    """(pictures, 2, channels, h, w) memory-mapped; the second of each pair is the mirror image.

    The middle of each picture is taken, ``size`` pixels wide and high. Every process encodes its share, and a
    pass that was interrupted goes on where it stopped.

    Raises:
        TrainingError: a picture can't be read.
    """
    folder = cache / f"latents-{_key(vae, paths, size)}"
    preparation = CLIPImageProcessorPil(
        size={"shortest_edge": size}, crop_size={"height": size, "width": size}
    )
    with processes.first_alone():
        if not (folder / "latents.npy").is_file():
            _allocate(vae, len(paths), size, folder)

    def encoded(rows: NDArray[np.int64]) -> NDArray[np.float16]:
        groups = decode_all([paths[row] for row in rows], preparation)
        pixels = np.concatenate(list(groups)).transpose(0, 2, 3, 1)
        return encode_both_ways(vae, pixels)

    progress = folder / f"rows-{processes.index}-of-{processes.count}.txt"
    fill(_open(folder, "r+"), processes.share(len(paths)), progress, encoded)
    processes.meet()
    return _open(folder, "r")


def forget_latents(cache: Path) -> None:
    """Removes every latent below ``cache``, and the folder itself if nothing else is in it."""
    for folder in cache.glob("latents-*"):
        shutil.rmtree(folder)
    if cache.is_dir() and not any(cache.iterdir()):
        cache.rmdir()


def _allocate(vae: Any, count: int, size: int, folder: Path) -> None:
    """The file appears under its name when it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    side = size // 2 ** (len(vae.config.block_out_channels) - 1)
    waiting = folder / "latents.tmp"
    shape = (count, 2, vae.config.latent_channels, side, side)
    np.lib.format.open_memmap(waiting, "w+", np.float16, shape).flush()
    waiting.replace(folder / "latents.npy")


def _open(folder: Path, mode: str) -> NDArray[np.float16]:
    latents: NDArray[np.float16] = np.lib.format.open_memmap(folder / "latents.npy", mode)
    return latents


def _key(vae: Any, paths: Sequence[Path], size: int) -> str:
    """What latents depend on: files and their times, the size, and the autoencoder's weights."""
    return key_of(hashlib.sha256(str(size).encode()), paths, (vae,))
