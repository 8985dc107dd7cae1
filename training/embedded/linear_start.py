"""A start for the autoencoder: principal components of patches, built into its convolutions level by level.

Forty principal components of 16x16 patches carry phantoms at some 35 dB, while a network from random weights
needs hours on a processor to find as much. So the encoder becomes a pyramid of 2x2 principal components and
the decoder the least squares fit of each level from the one below; residual blocks start as the identity.
Patches on lesions count more: a papule covers little of a picture and is what the picture is about.
"""

import torch
from diffusers import AutoencoderTiny
from diffusers.models.autoencoders.vae import AutoencoderTinyBlock
from torch import Tensor, nn
from torch.nn import functional

from core.errors import TrainingError

LESION_WEIGHT = 40.0
"""How much more a patch that touches a lesion counts in the components."""

DEVIATION = 0.25
"""Standard deviation of each latent: AutoencoderTiny's decoder bends values near 3, and lesions reach far."""

MARGIN = 0.5
"""How far above zero the decoder's features are lifted, in addition to their lowest value seen."""


@torch.no_grad()
def start_from_components(vae: AutoencoderTiny, pixels: Tensor, lesions: Tensor) -> None:
    """Sets the weights of an untrained ``vae`` from pictures (batch, 3, height, width) in -1..1 and their
    lesion masks (batch, height, width).

    Each level holds at most channels - 1 components; the last channel is the constant 1 in the decoder.
    """
    pictures = pixels.add(1).div(2)
    encoded = [_lifted(features) for features in _start_encoder(vae.encoder.layers, pictures, lesions)]
    latents = vae.encoder.layers(pictures)
    _start_decoder(vae.decoder.layers, torch.tanh(latents / 3) * 3, [pictures, *encoded])


def _start_encoder(layers: nn.Sequential, pictures: Tensor, lesions: Tensor) -> list[Tensor]:
    """Returns the components of every level that is smaller than the picture, largest first.

    Raises:
        TrainingError: the encoder has residual blocks, which are not linear.
    """
    first, *halvings, last = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    if len(halvings) + 2 != len(layers):
        raise TrainingError("An encoder of principal components has convolutions alone; give it no blocks.")
    _pass_through(first, 3)
    features, kept, found = first(pictures), 3, []
    for halving in halvings:
        kept = _set_components(halving, features, kept, lesions)
        features = halving(features)
        found.append(features[:, :kept].clone())
    _set_latents(last, features[:, :kept], lesions)
    return found


def _pass_through(convolution: nn.Conv2d, count: int) -> None:
    """The first ``count`` outputs repeat the first inputs."""
    convolution.weight[:count] = 0
    for i in range(count):
        convolution.weight[i, i, 1, 1] = 1
    if convolution.bias is not None:
        convolution.bias[:count] = 0


def _set_components(entry: nn.Conv2d, features: Tensor, inputs: int, lesions: Tensor) -> int:
    """Makes a stride-2 convolution put out principal components of 2x2 patches; returns how many."""
    patches = functional.unfold(features[:, :inputs], 2, stride=2).transpose(1, 2).flatten(0, 1)
    kept = min(entry.out_channels - 1, patches.shape[1])
    directions = _principal(patches, _row_weights(lesions, features.shape[-1] // 2))[:, :kept]
    entry.weight[:kept] = 0
    entry.weight[:kept, :inputs, 1:, 1:] = directions.T.reshape(kept, inputs, 2, 2)
    return kept


def _row_weights(lesions: Tensor, side: int) -> Tensor:
    """(batch, height, width) masks to one weight for each of (batch * side * side) patches."""
    touched = functional.adaptive_max_pool2d(lesions[:, None].float(), side)
    return 1 + (LESION_WEIGHT - 1) * touched.flatten()


def _principal(rows: Tensor, weights: Tensor) -> Tensor:
    """Directions of (count, width) rows as columns, the one with the largest weighted variance first."""
    covariance = torch.cov(rows.double().T, aweights=weights.double())
    return torch.linalg.eigh(covariance)[1].flip(1).to(rows.dtype)


def _lifted(features: Tensor) -> Tensor:
    """Features above zero by MARGIN, where the decoder's ReLUs change nothing."""
    return features + MARGIN - features.amin(dim=(0, 2, 3), keepdim=True).clamp_max(0)


def _set_latents(last: nn.Conv2d, features: Tensor, lesions: Tensor) -> None:
    """The strongest components of the smallest level, each at mean 0 and DEVIATION."""
    rows = features.transpose(0, 1).flatten(1).T
    directions = _principal(rows, _row_weights(lesions, features.shape[-1]))
    directions = directions[:, : min(last.out_channels, rows.shape[1])]
    weights = (directions * DEVIATION / (rows @ directions).std(0).clamp_min(1e-4)).T
    last.weight[: len(weights)] = 0
    last.weight[: len(weights), : rows.shape[1], 1, 1] = weights
    _bias(last)[: len(weights)] = -weights @ rows.mean(0)


def _bias(convolution: nn.Conv2d) -> Tensor:
    """The bias of a convolution that has one."""
    assert convolution.bias is not None
    return convolution.bias


def _start_decoder(layers: nn.Sequential, latents: Tensor, targets: list[Tensor]) -> None:
    """Fits every convolution to the encoder's components of its level; ``targets`` end with the smallest."""
    features, wanted = latents, len(targets) - 1
    for index, layer in enumerate(layers):
        if isinstance(layer, nn.Conv2d) and index == len(layers) - 1:
            _pass_through(layer, 3)
            layer.weight[:, 3:] = 0
        elif isinstance(layer, nn.Conv2d):
            _fit(layer, features, targets[wanted])
            wanted -= 1
        elif isinstance(layer, AutoencoderTinyBlock):
            _pass_on(layer)
        features = layer(features)


def _pass_on(block: AutoencoderTinyBlock) -> None:
    """Makes a residual block the identity on features above zero."""
    final = block.conv[-1]
    nn.init.zeros_(final.weight)
    nn.init.zeros_(final.bias)


def _fit(convolution: nn.Conv2d, features: Tensor, target: Tensor) -> None:
    """Least squares fit of the first outputs; the last output is the constant 1.

    The first convolution has a bias, the later ones read the constant channel instead.
    """
    count, constant = target.shape[1], convolution.bias is not None
    taps, goals = _normal_equations(features, target, constant)
    ridge = 1e-5 * taps.diagonal().mean() * torch.eye(len(taps), dtype=taps.dtype)
    solution = torch.linalg.solve(taps + ridge, goals).T.to(features.dtype)
    width = features.shape[1] * 9
    convolution.weight[:count] = solution[:, :width].reshape(count, -1, 3, 3)
    convolution.weight[-1] = 0
    if constant:
        _bias(convolution)[:count] = solution[:, width]
        _bias(convolution)[-1] = 1
    else:
        convolution.weight[-1, -1, 1, 1] = 1


def _normal_equations(features: Tensor, target: Tensor, constant: bool) -> tuple[Tensor, Tensor]:
    """Sums of products of 3x3 taps (and of 1, if ``constant``), picture by picture to bound the memory."""
    taps = goals = None
    for feature, wanted in zip(features, target, strict=True):
        rows = functional.unfold(feature[None], 3, padding=1)[0]
        rows = torch.cat([rows, torch.ones_like(rows[:1])]) if constant else rows
        products = (rows @ rows.T).double(), (rows @ wanted.flatten(1).T).double()
        taps, goals = products if taps is None or goals is None else (taps + products[0], goals + products[1])
    assert taps is not None and goals is not None
    return taps, goals
