"""Min-SNR weighting: no timestep pulls at the shared weights more than its signal-to-noise ratio deserves.

Hang et al. 2023, "Efficient Diffusion Training via Min-SNR Weighting Strategy" (arXiv 2303.09556), section
3.4: a picture's error counts by min(SNR, gamma). Noise and velocity are that error in other units, so their
losses are weighted by

    epsilon        min(SNR, gamma) / SNR
    v_prediction   min(SNR, gamma) / (SNR + 1)
    sample         min(SNR, gamma)

A velocity in pure noise counts nothing: there a picture's layout is decided, and the model's own stays.
"""

from typing import Any

import torch
from torch import Tensor


def signal_to_noise(alphas_cumprod: Tensor, timesteps: Tensor) -> Tensor:
    """(batch,) alpha_t / (1 - alpha_t), the cumulative products; 0 where a schedule ends in pure noise."""
    kept = alphas_cumprod.to(timesteps.device, torch.float64)[timesteps]
    return kept / (1 - kept).clamp_min(torch.finfo(torch.float64).tiny)


def min_snr_weights(scheduler: Any, timesteps: Tensor, gamma: float) -> Tensor:
    """(batch,) weights in float32 for the scheduler's own prediction type; 1 everywhere if gamma is 0.

    min(SNR, gamma) / SNR is gamma / max(SNR, gamma): equal, and defined in pure noise too, where it is 1.
    """
    if not gamma:
        return torch.ones(len(timesteps), device=timesteps.device)
    ratio = signal_to_noise(scheduler.alphas_cumprod, timesteps)
    kind = scheduler.config.prediction_type
    if kind == "v_prediction":
        weights = ratio.clamp_max(gamma) / (ratio + 1)
    elif kind == "sample":
        weights = ratio.clamp_max(gamma)
    else:
        weights = gamma / ratio.clamp_min(gamma)
    return weights.float()


def training_target(scheduler: Any, latents: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
    """What the network is to say, by the scheduler's own prediction type; shaped as the latents."""
    kind = scheduler.config.prediction_type
    if kind == "v_prediction":
        velocity: Tensor = scheduler.get_velocity(latents, noise, timesteps)
        return velocity
    return latents if kind == "sample" else noise
