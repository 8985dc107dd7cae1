"""A start for the autoencoder: principal components of patches, built into its convolutions level by level.

Twelve principal components of 16x16 patches already carry phantoms at some 30 dB, while a network from random
weights needs hours on a processor to find them. So the encoder starts as a pyramid of 2x2 principal
components and the decoder as the least squares fit of each level from the one below; residual blocks start
as the identity. Training then adds what lines and squares can't: edges, rings, scale.
"""

from dataclasses import dataclass

import torch
from diffusers import AutoencoderTiny
from diffusers.models.autoencoders.vae import AutoencoderTinyBlock
from torch import Tensor, nn
from torch.nn import functional

MARGIN = 0.5
"""How far above zero passed-through features are lifted, in addition to their lowest value seen."""


@dataclass(frozen=True, slots=True)
class Level:
    """Layers of one resolution: its entry convolution and its residual blocks."""

    entry: nn.Conv2d
    blocks: list[AutoencoderTinyBlock]


@torch.no_grad()
def start_from_components(vae: AutoencoderTiny, pixels: Tensor) -> None:
    """Sets the weights of an untrained ``vae`` from pictures (batch, 3, height, width) in -1..1.

    Each level holds at most channels - 1 components; the last channel is the constant 1 in the decoder.
    """
    pictures = pixels.add(1).div(2)
    encoded = _start_encoder(vae.encoder.layers, pictures)
    latents = vae.encoder.layers(pictures)
    _start_decoder(vae.decoder.layers, torch.tanh(latents / 3) * 3, [pictures, *encoded])


def _start_encoder(layers: nn.Sequential, pictures: Tensor) -> list[Tensor]:
    """Returns the components of every level that is smaller than the picture, largest first."""
    levels, last = _encoder_levels(layers)
    _pass_through(levels[0].entry, 3)
    features, kept, found = levels[0].entry(pictures), 3, []
    for level in levels[1:]:
        kept = _set_components(level.entry, features, kept)
        features = level.entry(features)
        _lift(level.blocks, features, kept)
        for block in level.blocks:
            features = block(features)
        found.append(features[:, :kept].clone())
    _set_latents(last, features[:, :kept])
    return found


def _encoder_levels(layers: nn.Sequential) -> tuple[list[Level], nn.Conv2d]:
    levels: list[Level] = []
    *inner, last = layers
    assert isinstance(last, nn.Conv2d)
    for layer in inner:
        if isinstance(layer, nn.Conv2d):
            levels.append(Level(layer, []))
        elif isinstance(layer, AutoencoderTinyBlock):
            levels[-1].blocks.append(layer)
    return levels, last


def _pass_through(convolution: nn.Conv2d, count: int) -> None:
    """The first ``count`` outputs repeat the first inputs."""
    convolution.weight[:count] = 0
    for i in range(count):
        convolution.weight[i, i, 1, 1] = 1
    if convolution.bias is not None:
        convolution.bias[:count] = 0


def _set_components(entry: nn.Conv2d, features: Tensor, inputs: int) -> int:
    """Makes a stride-2 convolution put out principal components of 2x2 patches; returns how many."""
    patches = functional.unfold(features[:, :inputs], 2, stride=2).transpose(1, 2).flatten(0, 1)
    kept = min(entry.out_channels - 1, patches.shape[1])
    directions = _principal(patches)[0][:, :kept]
    entry.weight[:kept] = 0
    entry.weight[:kept, :inputs, 1:, 1:] = directions.T.reshape(kept, inputs, 2, 2)
    return kept


def _principal(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Directions as columns and their variances, largest first, of (count, width) rows."""
    variances, directions = torch.linalg.eigh(torch.cov(rows.double().T))
    return directions.flip(1).to(rows.dtype), variances.flip(0).to(rows.dtype)


def _lift(blocks: list[AutoencoderTinyBlock], features: Tensor, kept: int) -> None:
    """Makes blocks pass their input on; the first lifts it above zero, where a ReLU changes nothing."""
    for number, block in enumerate(blocks):
        final = block.conv[-1]
        nn.init.zeros_(final.weight)
        nn.init.zeros_(final.bias)
        if number == 0:
            final.bias[:kept] = MARGIN - features[:, :kept].amin(dim=(0, 2, 3)).clamp_max(0)


def _set_latents(last: nn.Conv2d, features: Tensor) -> None:
    """The strongest components of the smallest level, at mean 0 and deviation 1."""
    rows = features.transpose(0, 1).flatten(1).T
    directions, variances = _principal(rows)
    count = min(last.out_channels, rows.shape[1])
    weights = (directions[:, :count] / variances[:count].clamp_min(1e-8).sqrt()).T
    last.weight[:count] = 0
    last.weight[:count, : rows.shape[1], 1, 1] = weights
    _bias(last)[:count] = -weights @ rows.mean(0)


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
            _lift([layer], features.clamp_min(0), 0)
        features = layer(features)


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
