"""The judge's network: areas, a map of rashes, and what a whole picture shows."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

BACKGROUND, SKIN, LESION = range(3)
"""Classes of the area map; a phantom's mask holds them as 0, 128 and 255."""

PATCH = 4
"""Pixels that the first layer folds into channels, each way: nothing is thrown away before it is seen."""


@dataclass(frozen=True, slots=True)
class JudgeConfig:
    """Keys that the heads answer with, in order, and the size of the network. A judge of phantoms without
    severities or views has no head for them."""

    rashes: tuple[str, ...]
    sites: tuple[str, ...]
    size: int = 256
    widths: tuple[int, ...] = (24, 48, 96, 160)
    blocks: tuple[int, ...] = (1, 1, 2, 1)
    map_width: int = 24
    severities: tuple[str, ...] = ()
    views: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgeLogits:
    """Raw answers: (batch, rashes), (batch, sites), (batch, 3, size / 4, size / 4), and for training the
    rash that each square would be by itself, (batch, rashes, size / 4, size / 4). ``further`` holds (batch,
    values) by "severity" and "view", where the judge tells them."""

    rash: Tensor
    site: Tensor
    areas: Tensor
    rash_map: Tensor
    further: dict[str, Tensor]


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

    The site and the view are told by the pooled deepest features. The rash and its severity are told by those
    and by what the map shows where it sees lesions: a papule of four pixels would be lost in a mean over the
    whole picture.
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
        if config.severities:
            self.severity = nn.Linear(self.rash.in_features, len(config.severities))
        if config.views:
            self.view = nn.Linear(pooled, len(config.views))

    def forward(self, pixels: Tensor) -> JudgeLogits:
        """(batch, 3, size, size) in -1..1 to logits."""
        levels = self._levels(pixels)
        pooled = _pooled(levels[-1])
        merged = self._merge(levels)
        areas, rash_map = self.areas(merged), self.rash_map(merged)
        evidence = torch.cat([pooled, _on_lesions(torch.cat([merged, rash_map], dim=1), areas)], dim=1)
        further = self._further(pooled, evidence)
        return JudgeLogits(self.rash(evidence), self.site(pooled), areas, rash_map, further)

    def _further(self, pooled: Tensor, evidence: Tensor) -> dict[str, Tensor]:
        severity = {"severity": self.severity(evidence)} if self.config.severities else {}
        return severity | ({"view": self.view(pooled)} if self.config.views else {})

    def features(self, pixels: Tensor) -> Tensor:
        """(batch, 3, size, size) in -1..1 to (batch, 2 x last width): what both answers start from."""
        return _pooled(self._levels(pixels)[-1])

    def _levels(self, pixels: Tensor) -> list[Tensor]:
        """Features of every stage, the finest first."""
        folded = functional.pixel_unshuffle(pixels, PATCH)
        features, levels = folded.contiguous(memory_format=torch.channels_last), []
        for stage in self.stages:
            features = stage(features)
            levels.append(features)
        return levels

    def _merge(self, levels: list[Tensor]) -> Tensor:
        """Features of all levels at the finest one, (batch, map_width, size / 4, size / 4)."""
        merged = self.laterals[-1](levels[-1])
        for lateral, level in zip(self.laterals[-2::-1], levels[-2::-1], strict=True):
            merged = lateral(level) + functional.interpolate(merged, size=level.shape[-2:], mode="nearest")
        return functional.relu(self.smooth(merged))


def _pooled(features: Tensor) -> Tensor:
    """Mean and maximum over places: (batch, channels, h, w) to (batch, 2 x channels)."""
    return torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1)


def _on_lesions(features: Tensor, areas: Tensor) -> Tensor:
    """Mean of the features where lesions are seen, the lesions' share and the surest square's probability.

    (batch, channels, height, width) and (batch, 3, height, width) to (batch, channels + 2). No gradient goes
    back through where lesions are: the masks alone teach that.
    """
    lesion = areas.detach().float().softmax(dim=1)[:, LESION : LESION + 1]
    share, surest = lesion.mean(dim=(2, 3)), lesion.amax(dim=(2, 3))
    mean = (features * lesion).mean(dim=(2, 3)) / (share + 1e-3)
    return torch.cat([mean, share, surest], dim=1)


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
