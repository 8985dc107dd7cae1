"""A UNet that goes on as a deeper one: new layers begin as the identity, so that nothing it draws changes.

Where the latents are wide, the level of their own size has much to put in order and few layers to do it with.
A network that has learned need not begin anew for that (Chen et al. 2016, Net2Net, arXiv 1511.05641).
"""

import re
from collections.abc import Sequence

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.resnet import ResnetBlock2D
from torch import nn

from core.errors import TrainingError

LAYER = re.compile(r"(down|up)_blocks\.(\d+)\.(resnets|attentions)\.(\d+)\.(.+)")
"""Name of a weight of a level: way, level, kind, place in the level, and the rest."""


def layers_of(unet: UNet2DConditionModel) -> tuple[int, ...]:
    """Layers of each level, from the largest to the smallest."""
    count = unet.config.layers_per_block
    return (count,) * len(unet.down_blocks) if isinstance(count, int) else tuple(count)


@torch.no_grad()
def deepen(unet: UNet2DConditionModel, layers: Sequence[int]) -> UNet2DConditionModel:
    """A network with so many ``layers`` at each level, from the largest to the smallest, that draws what
    ``unet`` draws; ``unet`` itself where it has as many.

    Raises:
        TrainingError: another number of levels, or fewer layers than ``unet`` has.
    """
    had, wanted = layers_of(unet), tuple(layers)
    if wanted == had:
        return unet
    if len(wanted) != len(had) or any(new < old for new, old in zip(wanted, had, strict=True)):
        raise TrainingError(
            f"The UNet has {spoken(had)} layers from its largest level to its smallest; it can be given "
            f"more, not {spoken(wanted)}."
        )
    deeper = UNet2DConditionModel.from_config({**unet.config, "layers_per_block": list(wanted)})
    weights = {_moved(name, had, wanted): value for name, value in unet.state_dict().items()}
    new = {name: value for name, value in deeper.state_dict().items() if name not in weights}
    deeper.load_state_dict(weights | new)
    for added in sorted({name.rsplit(".", depth)[0] for name in new for depth in _depths(name)}):
        _pass_on(deeper.get_submodule(added))
    return deeper


def spoken(layers: Sequence[int]) -> str:
    """Layers by level, as they are typed."""
    return " ".join(map(str, layers))


def _moved(name: str, had: Sequence[int], wanted: Sequence[int]) -> str:
    """The name that a weight goes by in the deeper network.

    On the way down, new layers follow a level's own. On the way up, where a level has one layer more, they
    follow its first: the first takes what comes from below, and the shortcuts are taken in reverse, so that
    each of its own layers keeps the shortcut that it had.
    """
    found = LAYER.fullmatch(name)
    if not found or found[1] == "down" or int(found[4]) == 0:
        return name
    level = len(had) - 1 - int(found[2])
    place = int(found[4]) + wanted[level] - had[level]
    return f"up_blocks.{found[2]}.{found[3]}.{place}.{found[5]}"


def _depths(name: str) -> list[int]:
    """How many parts of a new weight's name come after its layer."""
    found = LAYER.fullmatch(name)
    return [found[5].count(".") + 1] if found else []


def _pass_on(layer: nn.Module) -> None:
    """Makes a new layer hand on what comes in, leaving shortcuts aside."""
    final = layer.conv2 if isinstance(layer, ResnetBlock2D) else layer.get_submodule("proj_out")
    _silence(final)
    shortcut = getattr(layer, "conv_shortcut", None)
    if shortcut is not None:
        _silence(shortcut)
        shortcut.weight[:, : shortcut.out_channels, 0, 0] = torch.eye(shortcut.out_channels)


def _silence(layer: nn.Module) -> None:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
