"""Layouts of the embedded model's autoencoder."""

from dataclasses import dataclass

from diffusers import AutoencoderTiny


@dataclass(frozen=True, slots=True)
class AutoencoderSize:
    """Layout: ``channels`` everywhere, the decoder's residual blocks by level from the picture inwards.

    The encoder has none: it is a linear map, so that encoding a hundred thousand pictures takes minutes.
    """

    channels: int = 48
    decoder_blocks: tuple[int, ...] = (0, 1, 2, 3, 3)
    latent_channels: int = 40


SIZES = {
    "tiny": AutoencoderSize(8, (0, 1), 4),
    "lean": AutoencoderSize(32, (0, 1, 2, 2), 24),
    "small": AutoencoderSize(),
}
"""The small one halves a 256 px picture four times: latents of 16 x 16 x 40; the lean one a 64 px picture
three times: 8 x 8 x 24."""


def build_autoencoder(size: AutoencoderSize) -> AutoencoderTiny:
    """A network with random weights; each level but the first halves the picture."""
    levels = len(size.decoder_blocks)
    return AutoencoderTiny(
        encoder_block_out_channels=(size.channels,) * levels,
        decoder_block_out_channels=(size.channels,) * levels,
        num_encoder_blocks=(0,) * levels,
        num_decoder_blocks=size.decoder_blocks[::-1],
        latent_channels=size.latent_channels,
        scaling_factor=1.0,
    )
