"""What a LoRA learns from: latents, captions as hidden states, and the batch of each step.

A step's batch is decided by its number alone: the pictures, which of them are mirrored, which captions give
way to the empty prompt, noise and timesteps. Pictures of the prior follow those of the data, as many of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.drawing.loading import Pipeline
from core.errors import TrainingError
from core.weights.checkpoints import scale_factor
from core.weights.model_folders import read_config
from training.clip_tuning.captioned import CaptionedSet
from training.clip_tuning.data import Rows, tokenise_captions
from training.loop.processes import Processes
from training.loop.runs import step_generator
from training.lora.config import UNetLoraConfig
from training.lora.picture_latents import encode_pictures
from training.words.text_states import states_of

SIDED = re.compile(r"\b(left|right)\b", re.IGNORECASE)
"""Captions whose pictures are not mirrored."""

LEAST_MEASURED = 16
"""Timesteps that are measured on at least; few held-out pictures are measured on several times."""

LATENT_SIDE = 64
"""Of Stable Diffusion 1.x, for a UNet whose configuration says nothing."""

EMPTY = -1
"""Row of the empty prompt's states, which stand last."""


@dataclass(frozen=True, slots=True)
class PriorPicture:
    """One picture of the model's own, and the caption it was drawn from."""

    image: Path
    caption: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """Latents (pictures, 2, channels, h, w), the row of each one's caption, and which may be mirrored."""

    latents: NDArray[np.float16]
    captions: Rows
    mirrors: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.captions)


@dataclass(frozen=True, slots=True)
class Lessons:
    """Pictures of the data and of the prior; ``states`` is (captions + 1, positions, width)."""

    data: Pictures
    prior: Pictures
    training: Rows
    held_out: Rows
    states: Tensor
    distinct_captions: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """What the UNet is asked. ``shares`` (batch,) is what each picture's error counts for in the loss."""

    latents: Tensor
    noise: Tensor
    timesteps: Tensor
    states: Tensor
    shares: Tensor

    def part(self, rows: slice) -> "Batch":
        """Some of its pictures."""
        return Batch(
            self.latents[rows], self.noise[rows], self.timesteps[rows], self.states[rows], self.shares[rows]
        )

    def to(self, device: torch.device) -> "Batch":
        """The same on a device."""
        tensors = (self.latents, self.noise, self.timesteps, self.states, self.shares)
        return Batch(*(tensor.to(device) for tensor in tensors))

    def __len__(self) -> int:
        return len(self.latents)


def prepare_lessons(
    pipeline: Pipeline,
    source: CaptionedSet,
    prior: Sequence[PriorPicture],
    config: UNetLoraConfig,
    cache: Path,
    processes: Processes,
) -> Lessons:
    """Reads every caption and encodes every picture, once.

    Raises:
        TrainingError: a picture can't be read, or a caption is longer than the text encoder reads.
    """
    parts = pipeline.parts
    texts = sorted({row.caption for row in source.rows} | {picture.caption for picture in prior})
    captions = tokenise_captions(texts, parts.tokenizer)
    tokens = torch.from_numpy(np.concatenate([captions.tokens, captions.empty]))
    place, size = {text: i for i, text in enumerate(texts)}, side_of(pipeline.folder, config)

    def pictures(pairs: Sequence[tuple[Path, str]]) -> Pictures:
        rows = np.array([place[caption] for _, caption in pairs], np.int64)
        mirrors = np.array([config.mirror and not SIDED.search(caption) for _, caption in pairs], bool)
        if not pairs:
            return Pictures(np.zeros((0, 2, 0, 0, 0), np.float16), rows, mirrors)
        latents = encode_pictures(parts.vae, [image for image, _ in pairs], size, cache, processes)
        return Pictures(latents, rows, mirrors)

    return Lessons(
        pictures([(row.image, row.caption) for row in source.rows]),
        pictures([(picture.image, picture.caption) for picture in prior]),
        source.training,
        source.held_out,
        states_of(parts.text_encoder, tokens),
        len(texts),
    )


def side_of(folder: Path, config: UNetLoraConfig) -> int:
    """Pixels of a picture's side: as asked, or what the model in ``folder`` was built for.

    Raises:
        TrainingError: the autoencoder can't make that size.
    """
    factor = scale_factor(folder)
    if config.size % factor:
        raise TrainingError(f"size is {config.size}; this model draws multiples of {factor} only.")
    return config.size or int(read_config(folder / "unet").get("sample_size") or LATENT_SIDE) * factor


def rows_of_step(rows: Rows, step: int, size: int, seed: int) -> Rows:
    """``size`` of the rows: one round after another, each in an order of its own."""
    numbers = np.arange(step * size, (step + 1) * size)
    rounds, places = numbers // len(rows), numbers % len(rows)
    orders = {r: np.random.default_rng((seed, r)).permutation(rows) for r in np.unique(rounds)}
    return np.array([orders[r][place] for r, place in zip(rounds, places, strict=True)], np.int64)


def batch_of_step(lessons: Lessons, config: UNetLoraConfig, step: int, timesteps: int) -> Batch:
    """The pictures of one step on the CPU; ``timesteps`` is how many the schedule has."""
    rng, generator = np.random.default_rng((config.seed, step)), step_generator(config.seed, step)
    parts = [
        _draw(lessons.data, rows_of_step(lessons.training, step, config.batch, config.seed), config, rng)
    ]
    shares = [torch.full((config.batch,), 1 / config.batch)]
    if len(lessons.prior):
        parts.append(_draw(lessons.prior, rng.integers(len(lessons.prior), size=config.batch), config, rng))
        shares.append(torch.full((config.batch,), config.prior_weight / config.batch))
    latents = torch.from_numpy(np.concatenate([found for found, _ in parts])).float()
    captions = np.concatenate([found for _, found in parts])
    return Batch(
        latents,
        torch.randn(latents.shape, generator=generator),
        torch.randint(timesteps, (len(latents),), generator=generator),
        lessons.states[torch.from_numpy(captions)].float(),
        torch.cat(shares),
    )


def _draw(
    pictures: Pictures, rows: Rows, config: UNetLoraConfig, rng: np.random.Generator
) -> tuple[NDArray[Any], Rows]:
    """Latents of the rows, some of them mirrored, and rows of their captions, some of them emptied."""
    mirrored = rng.integers(2, size=len(rows)) * pictures.mirrors[rows]
    emptied = rng.random(len(rows)) < config.empty_share
    return pictures.latents[rows, mirrored], np.where(emptied, EMPTY, pictures.captions[rows])


def measured_batch(lessons: Lessons, config: UNetLoraConfig, timesteps: int) -> Batch:
    """Held-out pictures at timesteps spread over the whole schedule; the same whenever it is asked for."""
    count = min(config.measured, max(LEAST_MEASURED, len(lessons.held_out)))
    rows = np.resize(lessons.held_out, count)
    generator = torch.Generator().manual_seed(config.seed)
    latents = torch.from_numpy(lessons.data.latents[rows, 0]).float()
    spread = (torch.arange(count) + 0.5) * timesteps / count
    return Batch(
        latents,
        torch.randn(latents.shape, generator=generator),
        spread.long()[torch.randperm(count, generator=generator)],
        lessons.states[torch.from_numpy(lessons.data.captions[rows])].float(),
        torch.full((count,), 1 / count),
    )
