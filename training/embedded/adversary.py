"""A network that tells decoded pictures from real ones, and what a decoder learns from it.

A plain loss settles for the mean of what could be there: scale, pustules and highlights fade. The adversary
sees such fading and asks for pictures that could be real (Esser et al. 2021, arXiv 2012.09841, section 3.2).
It judges patches, and counts lesions as much as the plain loss does.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from training.embedded.reconstruction import weighted_mean

PATCH = 4
"""Pixels folded into channels, each way, by the first layer."""

CELL = 4 * PATCH
"""Pixels that one verdict stands for, each way; it sees 76 of them."""


class Adversary(nn.Module):
    """Convolutions over patches, each normalised by its largest singular value so that none runs away."""

    def __init__(self, widths: tuple[int, ...] = (32, 64, 96, 128)) -> None:
        super().__init__()
        self.first = nn.Conv2d(3 * PATCH**2, widths[0], 3, padding=1)
        self.deeper = nn.ModuleList(
            spectral_norm(nn.Conv2d(before, after, 3, padding=1)) for before, after in pairwise(widths)
        )
        self.verdict = nn.Conv2d(widths[-1], 1, 1)

    def forward(self, pictures: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(batch, 3, height, width) to verdicts (batch, 1, height / 16, width / 16), above 0 for real, and
        the features of every layer."""
        features = [_bent(self.first(functional.pixel_unshuffle(pictures, PATCH)))]
        for i, layer in enumerate(self.deeper):
            inner = features[-1] if i == 0 else functional.avg_pool2d(features[-1], 2)
            features.append(_bent(layer(inner)))
        return self.verdict(features[-1]), features


def _bent(values: Tensor) -> Tensor:
    return functional.leaky_relu(values, 0.2)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the decoder is told: how real it looks (lower is better), and how far its features are off."""

    realism: Tensor
    features: Tensor


def telling_loss(adversary: Adversary, original: Tensor, picture: Tensor, weights: Tensor) -> Tensor:
    """The adversary's own hinge loss (Lim and Ye 2017); ``picture`` is not changed by it."""
    by_cell = cell_weights(weights)
    real, made = adversary(original)[0], adversary(picture.detach())[0]
    return weighted_mean(functional.relu(1 - real), by_cell) + weighted_mean(
        functional.relu(1 + made), by_cell
    )


def ask(adversary: Adversary, original: Tensor, picture: Tensor, weights: Tensor) -> Verdict:
    """What the adversary says to the decoder that made ``picture``."""
    by_cell = cell_weights(weights)
    with torch.no_grad():
        wanted = adversary(original)[1]
    seen, features = adversary(picture)
    offs = [_off(made, real, by_cell) for made, real in zip(features, wanted, strict=True)]
    return Verdict(-weighted_mean(seen, by_cell), torch.stack(offs).mean())


def _off(made: Tensor, real: Tensor, weights: Tensor) -> Tensor:
    return weighted_mean((made - real).abs(), functional.interpolate(weights, made.shape[-2:]))


def cell_weights(weights: Tensor) -> Tensor:
    """(batch, 1, height, width) to the mean of each verdict's cell."""
    return functional.avg_pool2d(weights, CELL)
