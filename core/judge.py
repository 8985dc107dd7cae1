"""The judge: a small network that says which rash and site a picture shows, and where.

It is trained on phantoms that no generator has seen (``training.train_judge``) and never takes part in
training one. A judge is a folder with ``config.json`` and ``model.safetensors``.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from core.errors import ModelMissingError

BACKGROUND, SKIN, LESION = range(3)
"""Classes of the area map; a phantom's mask holds them as 0, 128 and 255."""

CONFIG_NAME, WEIGHTS_NAME = "config.json", "model.safetensors"
PATCH = 4
"""Pixels that the first layer folds into channels, each way: nothing is thrown away before it is seen."""


@dataclass(frozen=True, slots=True)
class JudgeConfig:
    """Keys that the heads answer with, in order, and the size of the network."""

    rashes: tuple[str, ...]
    sites: tuple[str, ...]
    size: int = 256
    widths: tuple[int, ...] = (24, 48, 96, 160)
    blocks: tuple[int, ...] = (1, 1, 2, 1)
    map_width: int = 24


@dataclass(frozen=True, slots=True)
class JudgeReading:
    """What the judge sees. Probabilities by key; ``skin`` (without lesions) and ``lesion`` are boolean masks
    of the picture's height and width."""

    rash: dict[str, float]
    site: dict[str, float]
    skin: NDArray[np.bool_]
    lesion: NDArray[np.bool_]

    @property
    def likeliest_rash(self) -> str:
        """The rash with the highest probability."""
        return max(self.rash, key=self.rash.__getitem__)

    @property
    def likeliest_site(self) -> str:
        """The site with the highest probability."""
        return max(self.site, key=self.site.__getitem__)


@dataclass(frozen=True, slots=True)
class JudgeLogits:
    """Raw answers: (batch, rashes), (batch, sites), (batch, 3, size / 4, size / 4), and for training the
    rash that each square would be by itself, (batch, rashes, size / 4, size / 4)."""

    rash: Tensor
    site: Tensor
    areas: Tensor
    rash_map: Tensor


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut; the second starts at zero, so depth is free at first."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(width)
        nn.init.zeros_(self.second_norm.weight)

    def forward(self, features: Tensor) -> Tensor:
        """(batch, width, height, width) to the same shape."""
        inner = functional.relu(self.first_norm(self.first(features)))
        return functional.relu(features + self.second_norm(self.second(inner)))


class JudgeNetwork(nn.Module):
    """A residual convnet, and a pyramid that maps areas and rashes.

    The site is told by the pooled deepest features. The rash is told by those and by what the map shows where
    it sees lesions: a papule of four pixels would be lost in a mean over the whole picture.
    """

    def __init__(self, config: JudgeConfig) -> None:
        super().__init__()
        self.config = config
        self.stages = nn.ModuleList(_stages(config))
        self.laterals = nn.ModuleList(nn.Conv2d(width, config.map_width, 1) for width in config.widths)
        self.smooth = nn.Conv2d(config.map_width, config.map_width, 3, padding=1)
        self.areas = nn.Conv2d(config.map_width, 3, 1)
        self.rash_map = nn.Conv2d(config.map_width, len(config.rashes), 1)
        pooled = 2 * config.widths[-1]
        self.rash = nn.Linear(pooled + config.map_width + len(config.rashes) + 2, len(config.rashes))
        self.site = nn.Linear(pooled, len(config.sites))

    def forward(self, pixels: Tensor) -> JudgeLogits:
        """(batch, 3, size, size) in -1..1 to logits."""
        folded = functional.pixel_unshuffle(pixels, PATCH)
        features, levels = folded.contiguous(memory_format=torch.channels_last), []
        for stage in self.stages:
            features = stage(features)
            levels.append(features)
        pooled = torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1)
        merged = self._merge(levels)
        areas, rash_map = self.areas(merged), self.rash_map(merged)
        evidence = torch.cat([pooled, _on_lesions(torch.cat([merged, rash_map], dim=1), areas)], dim=1)
        return JudgeLogits(self.rash(evidence), self.site(pooled), areas, rash_map)

    def _merge(self, levels: list[Tensor]) -> Tensor:
        """Features of all levels at the finest one, (batch, map_width, size / 4, size / 4)."""
        merged = self.laterals[-1](levels[-1])
        for lateral, level in zip(self.laterals[-2::-1], levels[-2::-1], strict=True):
            merged = lateral(level) + functional.interpolate(merged, size=level.shape[-2:], mode="nearest")
        return functional.relu(self.smooth(merged))


def _on_lesions(features: Tensor, areas: Tensor) -> Tensor:
    """Mean of the features where lesions are seen, the lesions' share and the surest square's probability.

    (batch, channels, height, width) and (batch, 3, height, width) to (batch, channels + 2). No gradient goes
    back through where lesions are: the masks alone teach that.
    """
    lesion = areas.detach().float().softmax(dim=1)[:, LESION : LESION + 1]
    share, surest = lesion.mean(dim=(2, 3)), lesion.amax(dim=(2, 3))
    mean = (features * lesion).mean(dim=(2, 3)) / (share + 1e-3)
    return torch.cat([mean, share, surest], dim=1)


@dataclass(frozen=True, slots=True)
class Judge:
    """A trained network, ready to read pictures."""

    network: JudgeNetwork

    @property
    def config(self) -> JudgeConfig:
        """Keys and sizes."""
        return self.network.config

    def read(self, image: Image.Image) -> JudgeReading:
        """Reads one picture of any size."""
        return self.read_many([image])[0]

    @torch.inference_mode()
    def read_many(self, images: list[Image.Image]) -> list[JudgeReading]:
        """Reads several pictures at once; each answer is independent of its neighbours."""
        batch = torch.stack([_pixels(image, self.config.size) for image in images])
        logits = self.network(batch)
        rash, site = logits.rash.softmax(dim=1), logits.site.softmax(dim=1)
        return [
            JudgeReading(
                dict(zip(self.config.rashes, rash[i].tolist(), strict=True)),
                dict(zip(self.config.sites, site[i].tolist(), strict=True)),
                *_masks(logits.areas[i], image.size),
            )
            for i, image in enumerate(images)
        ]


def load_judge(folder: Path | str) -> Judge:
    """Loads a judge for reading.

    Raises:
        ModelMissingError: the folder lacks its config or weights, or they do not fit each other.
    """
    folder = Path(folder)
    try:
        network = JudgeNetwork(_read_config(folder / CONFIG_NAME))
        network.load_state_dict(load_file(folder / WEIGHTS_NAME))
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ModelMissingError(
            f"No usable judge in {folder}: {error}. A judge folder holds {CONFIG_NAME} and {WEIGHTS_NAME};"
            " python -m training.train_judge makes one."
        ) from error
    return Judge(network.float().eval())


def save_judge(network: JudgeNetwork, folder: Path) -> None:
    """Writes config and half-precision weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG_NAME).write_text(json.dumps(asdict(network.config), indent=2) + "\n", encoding="utf-8")
    weights = {
        name: (value.half() if value.is_floating_point() else value).cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    save_file(weights, folder / WEIGHTS_NAME)


def _read_config(path: Path) -> JudgeConfig:
    found = json.loads(path.read_text(encoding="utf-8"))
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}
    return JudgeConfig(**values)


def _stages(config: JudgeConfig) -> list[nn.Module]:
    """The first stage works at a quarter of the picture's size; each further one halves it."""
    stages: list[nn.Module] = []
    channels = 3 * PATCH**2
    for i, (width, count) in enumerate(zip(config.widths, config.blocks, strict=True)):
        entry = nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False)
        if i == 0:
            entry = nn.Conv2d(channels, width, 1, bias=False)
        blocks = [ResidualBlock(width) for _ in range(count)]
        stages.append(nn.Sequential(entry, nn.BatchNorm2d(width), nn.ReLU(), *blocks))
        channels = width
    return stages


def _pixels(image: Image.Image, size: int) -> Tensor:
    """(3, size, size) in -1..1."""
    image = image.convert("RGB")
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.LANCZOS)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 127.5 - 1


def _masks(areas: Tensor, size: tuple[int, int]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Skin and lesion masks at (width, height) ``size`` from one area map."""
    enlarged = functional.interpolate(areas[None].float(), size=size[::-1], mode="bilinear")[0]
    classes = enlarged.argmax(dim=0).numpy()
    return classes == SKIN, classes == LESION
