"""How far a reconstructed picture is from the original: the losses of the autoencoder, and PSNR."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

SCALES = 3
"""Octaves of the gradient loss: edges of 1, 2 and 4 pixels."""


@dataclass(frozen=True, slots=True)
class PictureLoss:
    """How much each kind of difference counts beside the weighted L1."""

    edges: float = 0.7
    squares: float = 2.0
    colour: float = 1.5

    def __call__(self, picture: Tensor, original: Tensor, weights: Tensor) -> Tensor:
        """Pictures (batch, 3, height, width) in -1..1, weights (batch, 1, height, width), to one number."""
        difference = picture - original
        lines = reconstruction_loss(picture, original, weights, self.edges)
        squares = weighted_mean(difference.square(), weights)
        return lines + self.squares * squares + self.colour * colour_loss(difference)


def lesion_weights(lesions: Tensor, weight: float) -> Tensor:
    """(batch, height, width) booleans to (batch, 1, height, width): ``weight`` on lesions, 1 elsewhere."""
    return 1 + (weight - 1) * lesions[:, None].float()


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Mean of (batch, channels, height, width) with weights (batch, 1, height, width)."""
    return (values * weights).sum() / (weights.sum() * values.shape[1])


def reconstruction_loss(picture: Tensor, original: Tensor, weights: Tensor, edges: float) -> Tensor:
    """Weighted L1 plus ``edges`` times the L1 of gradients at several scales.

    The gradients of the difference are those of a Laplacian pyramid's bands without its filters: they ask
    for rings, scale and pores, which a plain L1 smooths away.
    """
    difference = picture - original
    loss = weighted_mean(difference.abs(), weights)
    for _ in range(SCALES):
        loss = loss + edges * gradient_loss(difference, weights)
        difference, weights = functional.avg_pool2d(difference, 2), functional.avg_pool2d(weights, 2)
    return loss


def gradient_loss(difference: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean of the absolute steps between neighbours, down plus across."""
    down = (difference[..., 1:, :] - difference[..., :-1, :]).abs()
    across = (difference[..., 1:] - difference[..., :-1]).abs()
    return weighted_mean(down, weights[..., 1:, :]) + weighted_mean(across, weights[..., 1:])


def colour_loss(difference: Tensor) -> Tensor:
    """L1 of the opponent colours red - green and green - blue, averaged over 4x4 pixels, plus their squares.

    Brightness varies ten times as much as hue in skin, so a plain loss learns hue, and redness, last.
    """
    coarse = functional.avg_pool2d(difference, 4)
    opponents = coarse[:, :-1] - coarse[:, 1:]
    return opponents.abs().mean() + 8 / 3 * opponents.square().mean()


def psnr(picture: Tensor, original: Tensor, mask: Tensor | None = None) -> float:
    """Peak signal to noise ratio in dB of values in -1..1, over ``mask`` (batch, height, width) if given."""
    errors = (picture.float().clamp(-1, 1) - original.float()).square().mean(dim=1)
    error = errors.mean() if mask is None else errors[mask].mean()
    return float(10 * torch.log10(4 / error.clamp_min(1e-12)))
