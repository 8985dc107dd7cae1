"""Layouts of the embedded model's UNet, chosen by what trains fastest on a processor without a GPU."""

from dataclasses import dataclass

from diffusers import UNet2DConditionModel

ATTENDING = ("CrossAttnDownBlock2D", "CrossAttnUpBlock2D")
PLAIN = ("DownBlock2D", "UpBlock2D")


@dataclass(frozen=True, slots=True)
class UNetSize:
    """Layout by level, from the largest to the smallest: channels, which levels read the prompt, and layers.

    The largest level has most layers: it alone puts in order what lies side by side in wide latents.
    """

    channels: tuple[int, ...] = (128, 192, 192)
    attention: tuple[bool, ...] = (False, True, True)
    layers: tuple[int, ...] = (3, 1, 1)
    heads: int = 4
    norm_groups: int = 16


SIZES = {
    "tiny": UNetSize((16, 32), (True, True), (1, 1), heads=2, norm_groups=8),
    "lean": UNetSize((64, 128), (True, True), (1, 1)),
    "small": UNetSize(),
}
"""The lean one is for latents of 8 x 8."""


def build_unet(size: UNetSize, latent_channels: int, side: int, text_width: int) -> UNet2DConditionModel:
    """A network with random weights for latents of (latent_channels, side, side)."""
    kinds = [ATTENDING if attends else PLAIN for attends in size.attention]
    return UNet2DConditionModel(
        sample_size=side,
        in_channels=latent_channels,
        out_channels=latent_channels,
        down_block_types=tuple(down for down, _ in kinds),
        up_block_types=tuple(up for _, up in reversed(kinds)),
        block_out_channels=size.channels,
        # one number where it can be one: diffusers' own set_adapters reads no other
        layers_per_block=size.layers[0] if len(set(size.layers)) == 1 else size.layers,
        # diffusers reads this as the number of heads; the name is kept there for older checkpoints
        attention_head_dim=size.heads,
        norm_num_groups=size.norm_groups,
        cross_attention_dim=text_width,
        # The prompt as a whole also moves scale and shift of every block, beside the timestep: what a
        # picture shows is learned in far fewer steps than through cross-attention alone.
        addition_embed_type="text",
        addition_embed_type_num_heads=size.heads,
        resnet_time_scale_shift="scale_shift",
    )
