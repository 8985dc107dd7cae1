"""Autoencoders of a pipeline: SD 1.x's AutoencoderKL, or the small AutoencoderTiny of the embedded model.

Both encode pictures in -1..1 to latents and back; only the way to ask for the latents differs.
"""

import json
from pathlib import Path
from typing import Any

from diffusers import AutoencoderKL, AutoencoderTiny
from torch import Tensor

from core.errors import ModelMissingError

KINDS = {"AutoencoderKL": AutoencoderKL, "AutoencoderTiny": AutoencoderTiny}


def autoencoder_class(folder: Path) -> Any:
    """The diffusers class of the autoencoder in ``folder``, by its config.

    Raises:
        ModelMissingError: there is no config, or it names another class.
    """
    try:
        name = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("_class_name")
    except (OSError, ValueError) as error:
        raise ModelMissingError(f"{folder} holds no readable config.json of an autoencoder.") from error
    if name not in KINDS:
        raise ModelMissingError(f"{folder} holds a {name}; known autoencoders are {', '.join(KINDS)}.")
    return KINDS[name]


def encode(vae: Any, pictures: Tensor) -> Tensor:
    """Unscaled latents (batch, channels, h, w) of pictures in -1..1; the mean if they are a distribution."""
    encoded = vae.encode(pictures)
    return encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.mode()
