"""Latents of unit variance: measured once, folded into the autoencoder's own 1x1 convolutions.

Afterwards ``scaling_factor`` is 1 and pictures are encoded and decoded as before.
"""

from collections.abc import Iterable

import torch
from diffusers import AutoencoderKL
from torch import Tensor


@torch.no_grad()
def latent_statistics(latents: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation by channel of batches (batch, channels, height, width), in float64."""
    count, total, squares = 0, torch.zeros(()), torch.zeros(())
    for batch in latents:
        values = batch.double().cpu().transpose(0, 1).flatten(1)
        count += values.shape[1]
        total, squares = total + values.sum(1), squares + values.square().sum(1)
    mean = total / count
    return mean, (squares / count - mean.square()).clamp_min(1e-12).sqrt()


@torch.no_grad()
def fold_whitening(vae: AutoencoderKL, mean: Tensor, deviation: Tensor) -> None:
    """Changes ``vae`` in place so that its latents z become (z - mean) / deviation.

    quant_conv puts out mean and log variance of the posterior: the mean is shifted and divided, the log
    variance lowered by 2 log(deviation). post_quant_conv undoes it: W z' with z = deviation z' + mean.
    """
    channels = len(mean)
    mean, deviation = (v.to(vae.device, vae.dtype) for v in (mean, deviation))
    encode, decode = vae.quant_conv, vae.post_quant_conv
    encode.weight[:channels] /= deviation[:, None, None, None]
    encode.bias[:channels] = (encode.bias[:channels] - mean) / deviation
    encode.bias[channels:] -= 2 * deviation.log()
    decode.bias += decode.weight[:, :, 0, 0] @ mean
    decode.weight *= deviation[None, :, None, None]
