"""Latents of every phantom and its mirror image, encoded once into memory-mapped files."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from torch import Tensor

from core.weights.autoencoders import encode
from training.embedded.datasets import LESION, Bytes, PhantomSet
from training.train_autoencoder import to_pixels

TOUCHED = 1 / 32
"""Share of a latent cell's pixels from which it counts as lesion: a pustule is smaller than a cell."""

LEAST_WEIGHT = 0.25
"""Of a latent channel, as a share of the mean: the smallest lesions live in the weakest channels."""


@dataclass(frozen=True, slots=True)
class LatentSet:
    """``latents`` is (count, 2, channels, height, width) in float16, ``lesions`` (count, 2, height, width)
    booleans; the second entry of each pair is the mirror image."""

    latents: NDArray[np.float16]
    lesions: NDArray[np.bool_]


def encode_phantoms(vae: AutoencoderTiny, phantoms: PhantomSet, folder: Path, batch: int = 16) -> LatentSet:
    """Encodes with the posterior's mean, or opens what this autoencoder made of these phantoms before.

    A pass that was interrupted goes on at the first batch not yet written.
    """
    vae.encoder.to(memory_format=torch.channels_last)  # three times as fast on a processor
    digest = _digest(vae, phantoms)
    stamp, progress = folder / "digest.txt", folder / "rows.txt"
    if not (stamp.is_file() and stamp.read_text() == digest):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _allocate(vae, phantoms, folder)
        stamp.write_text(digest)
    fill(
        _open(folder, "r+").latents,
        slice(0, len(phantoms)),
        progress,
        lambda rows: encode_both_ways(vae, phantoms.images[rows]),
        batch,
    )
    return _open(folder, "r")


def fill(
    made: NDArray[Any],
    share: slice,
    progress: Path,
    make: Callable[[NDArray[np.int64]], NDArray[Any]],
    batch: int = 16,
) -> None:
    """Writes a share of memory-mapped rows part by part; goes on at the first part not yet written."""
    done = int(progress.read_text()) if progress.is_file() else share.start
    for start in range(done, share.stop, batch):
        rows = np.arange(start, min(start + batch, share.stop))
        made[rows] = make(rows)
        made.flush()  # type: ignore[attr-defined]
        progress.write_text(str(rows[-1] + 1))


def _allocate(vae: AutoencoderTiny, phantoms: PhantomSet, folder: Path) -> None:
    side = phantoms.size // 2 ** (len(vae.config.block_out_channels) - 1)
    shape = (len(phantoms), 2, vae.config.latent_channels, side, side)
    np.lib.format.open_memmap(folder / "latents.npy", "w+", np.float16, shape).flush()
    lesions = np.lib.format.open_memmap(
        folder / "lesions.npy", "w+", np.bool_, (len(phantoms), 2, side, side)
    )
    for row, mask in enumerate(phantoms.masks):
        lesions[row, 0] = lesion_cells(mask, side)
        lesions[row, 1] = lesions[row, 0][:, ::-1]
    lesions.flush()


def lesion_cells(mask: Bytes, side: int) -> NDArray[np.bool_]:
    """(height, width) mask to (side, side): which latent cells hold enough lesion to be weighted."""
    cell = mask.shape[0] // side
    share = (mask == LESION).reshape(side, cell, side, cell).mean(axis=(1, 3))
    return share >= TOUCHED


@torch.inference_mode()
def encode_both_ways(vae: Any, pictures: Bytes) -> NDArray[np.float16]:
    """(batch, 2, channels, h, w) scaled latents of (batch, height, width, 3) and of their mirror images."""
    both = (pictures, pictures[:, :, ::-1])
    parts = [encode(vae, to_pixels(side, vae.device)) * vae.config.scaling_factor for side in both]
    found: NDArray[np.float16] = torch.stack(parts, dim=1).half().cpu().numpy()
    return found


def _open(folder: Path, mode: str) -> LatentSet:
    latents = np.lib.format.open_memmap(folder / "latents.npy", mode)
    return LatentSet(latents, np.lib.format.open_memmap(folder / "lesions.npy", "r"))


@torch.no_grad()
def channel_weights(vae: AutoencoderTiny, encoded: LatentSet, pictures: int = 4) -> Tensor:
    """(channels, 1, 1) weights of mean 1: the root of how far pixels move with a latent channel.

    Each channel is moved by the latents' deviation. Channels of principal components all have about the same
    deviation, yet the first carries light and shape and the last a trace of texture; unweighted, a network
    would spend itself on the traces.
    """
    rows = np.linspace(0, len(encoded.latents) - 1, pictures).astype(int)
    latents = torch.from_numpy(encoded.latents[rows, 0]).to(vae.device, torch.float32)
    before, deviation = _decoded(vae, latents), latents.std()
    moves = []
    for channel in range(latents.shape[1]):
        moved = latents.clone()
        moved[:, channel] += deviation
        moves.append((_decoded(vae, moved) - before).square().mean().sqrt())
    effects = torch.stack(moves)
    weights = effects.sqrt() / effects.sqrt().mean()
    weights = weights.clamp_min(LEAST_WEIGHT)
    return (weights / weights.mean())[:, None, None]


def _decoded(vae: AutoencoderTiny, latents: Tensor) -> Tensor:
    return vae.decode(latents / vae.config.scaling_factor).sample


def _digest(vae: AutoencoderTiny, phantoms: PhantomSet) -> str:
    seen = hashlib.sha256(phantoms.digest.encode())
    for parameter in vae.parameters():
        seen.update(parameter.detach().float().cpu().numpy().tobytes())
    return seen.hexdigest()
