"""Layouts of the embedded model's autoencoder."""

from dataclasses import dataclass

from diffusers import AutoencoderTiny


@dataclass(frozen=True, slots=True)
class AutoencoderSize:
    """Layout: ``channels`` everywhere, residual blocks by level from the picture inwards."""

    channels: int = 32
    encoder_blocks: tuple[int, ...] = (0, 1, 2, 4, 4)
    decoder_blocks: tuple[int, ...] = (0, 1, 3, 4, 4)
    latent_channels: int = 12


SIZES = {
    "tiny": AutoencoderSize(8, (0, 1), (0, 1)),
    "small": AutoencoderSize(),
}
"""The small one halves a 256 px picture four times: latents of 16 x 16 x 12."""


def build_autoencoder(size: AutoencoderSize) -> AutoencoderTiny:
    """A network with random weights; each level but the first halves the picture."""
    return AutoencoderTiny(
        encoder_block_out_channels=(size.channels,) * len(size.encoder_blocks),
        decoder_block_out_channels=(size.channels,) * len(size.decoder_blocks),
        num_encoder_blocks=size.encoder_blocks,
        num_decoder_blocks=size.decoder_blocks[::-1],
        latent_channels=size.latent_channels,
        scaling_factor=1.0,
    )
