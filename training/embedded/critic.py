"""A network that tells from noisy latents what a phantom shows, and what a UNet learns from it.

The squared error of a velocity hardly notices whether a plaque has scale or a ring a pale centre. The critic
does: it reads rash, site and tone from latents at any noise, as in classifier guidance (Dhariwal and Nichol
2021, arXiv 2105.05233), and the UNet learns that what it makes of noise is to be read as what was asked for
(a reward by one step's prediction, as Xu et al. 2023, arXiv 2304.05977). It sees the prediction with noise
anew, so that there is no single answer for the UNet to overfit. The judge that measures the model is another
network, of pixels, from other phantoms; neither knows of the other.
"""

import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from diffusers import DDIMScheduler
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from core.errors import TrainingError
from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from training.embedded.datasets import PhantomSet
from training.embedded.noise_schedule import TimestepSampler

HEADS = ("rash", "site", "tone")
CONFIG_NAME, WEIGHTS_NAME = "config.json", "model.safetensors"

TIME_MEAN, TIME_DEVIATION = -1.0, 1.0
"""Of the logit of the noise that it reads through: mostly a quarter, seldom more than a half."""

FREQUENCIES = 16
"""Waves that tell a timestep."""

CELL_WIDTH = 96
"""Channels of what each cell is told by."""


@dataclass(frozen=True, slots=True)
class CriticConfig:
    """Keys that the heads answer with, in order, and the size of the network."""

    rash: tuple[str, ...]
    site: tuple[str, ...]
    tone: tuple[str, ...]
    channels: int
    widths: tuple[int, ...] = (128, 192, 256)
    groups: int = 8

    def labels(self, attributes: Attributes) -> list[int]:
        """Places in the heads' keys."""
        asked = (attributes.rash, attributes.site, attributes.tone)
        return [getattr(self, head).index(key) for head, key in zip(HEADS, asked, strict=True)]


def critic_config(phantoms: PhantomSet, channels: int) -> CriticConfig:
    """Heads for all that the phantoms show, in the vocabulary's order."""
    seen = {key for phantom in phantoms.phantoms for _, key in phantom.attributes.named()}
    rash, site, tone = (tuple(k for k in load_vocabulary().entries(head) if k in seen) for head in HEADS)
    return CriticConfig(rash, site, tone, channels)


class _Block(nn.Module):
    """Two 3x3 convolutions around a shortcut; the second starts at zero."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.GroupNorm(groups, width) for _ in range(2))
        self.layers = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        nn.init.zeros_(self.layers[1].get_parameter("weight"))

    def forward(self, features: Tensor) -> Tensor:
        inner = features
        for norm, layer in zip(self.norms, self.layers, strict=True):
            inner = layer(functional.silu(norm(inner)))
        return features + inner


@dataclass(frozen=True, slots=True)
class Reading:
    """Logits: (batch, keys) by head, and (batch, rashes + 1, height, width) of what each cell shows by
    itself, the last for what is no lesion."""

    heads: dict[str, Tensor]
    cells: Tensor


class Critic(nn.Module):
    """Residual convolutions, a level of half the size for each further width. Every level is pooled, and the
    rash is told by what single cells show as well: a papule is lost where many cells are."""

    def __init__(self, config: CriticConfig) -> None:
        super().__init__()
        self.config = config
        widths = (config.channels, *config.widths)
        self.entries = nn.ModuleList(
            nn.Conv2d(before, after, 3, stride=1 if i == 0 else 2, padding=1)
            for i, (before, after) in enumerate(pairwise(widths))
        )
        self.blocks = nn.ModuleList(_Block(width, config.groups) for width in config.widths)
        self.time = nn.Linear(2 * FREQUENCIES, config.widths[0])
        self.laterals = nn.ModuleList(nn.Conv2d(width, CELL_WIDTH, 1) for width in config.widths)
        self.cells = nn.Conv2d(CELL_WIDTH, len(config.rash) + 1, 3, padding=1)
        pooled = 2 * (sum(config.widths) + len(config.rash) + 1)
        self.heads = nn.ModuleDict({head: nn.Linear(pooled, len(getattr(config, head))) for head in HEADS})

    def forward(self, latents: Tensor, times: Tensor) -> Reading:
        """(batch, channels, height, width) noisy latents and (batch,) shares of noise in 0..1 to logits."""
        levels = self._levels(latents, times)
        size, merged = levels[0].shape[-2:], torch.zeros((), device=latents.device)
        for lateral, level in zip(self.laterals, levels, strict=True):
            merged = merged + functional.interpolate(lateral(level), size=size, mode="nearest")
        cells = self.cells(functional.silu(merged))
        pooled = torch.cat([_pooled(level) for level in (*levels, cells.float().softmax(dim=1))], dim=1)
        return Reading({head: answer(pooled) for head, answer in self.heads.items()}, cells)

    def _levels(self, latents: Tensor, times: Tensor) -> list[Tensor]:
        """Features, the finest first."""
        waves = times[:, None] * torch.linspace(1, 20, FREQUENCIES, device=times.device)
        told = self.time(torch.cat([waves.sin(), waves.cos()], dim=1))
        features, levels = latents.contiguous(memory_format=torch.channels_last), []
        for i, (entry, block) in enumerate(zip(self.entries, self.blocks, strict=True)):
            features = entry(features)
            if i == 0:
                features = features + told[:, :, None, None]
            features = block(features)
            levels.append(features)
        return levels


def _pooled(features: Tensor) -> Tensor:
    """Mean and maximum over places: (batch, channels, height, width) to (batch, 2 x channels)."""
    return torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1)


@dataclass(frozen=True, slots=True)
class NoiseForReading:
    """Adds the noise that a critic reads through."""

    scheduler: DDIMScheduler
    sampler: TimestepSampler

    @classmethod
    def of(cls, scheduler: DDIMScheduler) -> "NoiseForReading":
        """For the schedule that the UNet draws by."""
        return cls(scheduler, TimestepSampler(scheduler, TIME_MEAN, TIME_DEVIATION, 0.0))

    def add(self, latents: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """(batch, ...) latents to the same with noise, and (batch,) shares of noise."""
        timesteps = self.sampler.draw(len(latents), generator)
        return self.with_noise(latents, torch.randn(latents.shape, generator=generator), timesteps)

    def add_at(self, latents: Tensor, time: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The same, all at one share of noise."""
        timestep = torch.searchsorted(self.sampler.times, torch.tensor(time, dtype=torch.float64))
        noise = torch.randn(latents.shape, generator=generator)
        return self.with_noise(latents, noise, timestep.expand(len(latents)))

    def with_noise(self, latents: Tensor, noise: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        """The same, with noise and timesteps that were drawn before."""
        times = self.sampler.times[timesteps.cpu()].to(latents)
        return self.scheduler.add_noise(latents, noise.to(latents), timesteps.to(latents.device)), times


def reading_losses(found: Reading, labels: Tensor, smoothing: float = 0.0) -> dict[str, Tensor]:
    """(batch,) cross-entropies by head; ``labels`` is (batch, heads)."""
    return {
        head: functional.cross_entropy(
            found.heads[head].float(), labels[:, i], reduction="none", label_smoothing=smoothing
        )
        for i, head in enumerate(HEADS)
    }


def cell_loss(found: Reading, labels: Tensor, lesions: Tensor) -> Tensor:
    """Cross-entropy of the cells, lesions and the rest counted alike; ``lesions`` is (batch, height, width)
    booleans."""
    nothing = found.cells.shape[1] - 1
    wanted = torch.where(lesions, labels[:, 0, None, None], nothing)
    errors = functional.cross_entropy(found.cells.float(), wanted, reduction="none")
    kinds = [errors[kind].mean() for kind in (lesions, ~lesions) if kind.any()]
    return torch.stack(kinds).sum()


def save_critic(critic: Critic, folder: Path) -> None:
    """Writes config.json and model.safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: value.contiguous() for name, value in critic.state_dict().items()}, folder / WEIGHTS_NAME
    )
    (folder / CONFIG_NAME).write_text(json.dumps(asdict(critic.config), indent=2) + "\n", encoding="utf-8")


def load_critic(folder: Path) -> Critic:
    """A frozen critic.

    Raises:
        TrainingError: there is none in ``folder``.
    """
    if not (folder / CONFIG_NAME).is_file():
        raise TrainingError(f"There is no critic in {folder}; training.train_critic makes one.")
    values = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    critic = Critic(CriticConfig(**known))
    critic.load_state_dict(load_file(folder / WEIGHTS_NAME))
    return critic.eval().requires_grad_(False)
