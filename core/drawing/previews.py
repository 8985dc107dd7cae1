"""A rough picture from latents in well under a millisecond: a linear map from latent channels to RGB.

The map is fitted by least squares to what the model's own decoder makes of a few latents, so it needs no
published table and follows any autoencoder.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from core.weights.autoencoders import encode

PREVIEW_SIZE = 128
FIT_IMAGES = 16
FIT_CELLS = 6
"""Latent rows and columns of each fitted picture: 16 pictures give 576 equations for at most 17 unknowns."""


@dataclass(frozen=True, slots=True)
class Projection:
    """Weights of shape (channels + 1, 3), the last row an offset; RGB in -1..1 over scaled latents."""

    weights: np.ndarray

    def image(self, latents: torch.Tensor) -> Image.Image:
        """Picture of latents (1, channels, h, w), enlarged so that its longer side is PREVIEW_SIZE."""
        values = latents[0].detach().float().cpu().numpy().transpose(1, 2, 0)
        rgb = values @ self.weights[:-1] + self.weights[-1]
        pixels = ((np.nan_to_num(rgb) / 2 + 0.5).clip(0, 1) * 255).round().astype(np.uint8)
        small = Image.fromarray(pixels)
        scale = PREVIEW_SIZE / max(small.size)
        size = (max(1, round(small.width * scale)), max(1, round(small.height * scale)))
        return small.resize(size, Image.Resampling.BICUBIC)


@torch.inference_mode()
def fit_projection(vae: Any) -> Projection:
    """Fits the map on smooth coloured pictures sent through encoder and decoder; always the same ones."""
    factor = 2 ** (len(vae.config.block_out_channels) - 1)
    pictures = _smooth_pictures(FIT_CELLS * factor).to(vae.device, vae.dtype)
    latents = torch.cat([encode(vae, p[None]) for p in pictures])
    decoded = torch.cat([vae.decode(latent[None]).sample for latent in latents])
    colours = torch.nn.functional.avg_pool2d(decoded.float(), factor)
    inputs = _rows(latents.float() * vae.config.scaling_factor)
    design = np.concatenate([inputs, np.ones((len(inputs), 1))], axis=1)
    weights = np.linalg.lstsq(design, _rows(colours), rcond=None)[0]
    return Projection(weights.astype(np.float32))


def _rows(maps: torch.Tensor) -> np.ndarray:
    """Maps (n, c, h, w) as rows (n * h * w, c)."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1]).cpu().double().numpy()


def _smooth_pictures(size: int) -> torch.Tensor:
    """Pictures (FIT_IMAGES, 3, size, size) in -1..1: four random colours blended, half of them skin-like."""
    generator = torch.Generator().manual_seed(0)
    corners = torch.rand(FIT_IMAGES, 3, 2, 2, generator=generator) * 2 - 1
    skin = torch.tensor([0.4, 0.1, -0.1])[:, None, None]
    corners[::2] = (skin + 0.4 * corners[::2]).clamp(-1, 1)
    return torch.nn.functional.interpolate(corners, size=(size, size), mode="bilinear", align_corners=True)
