"""Puts a recipe's LoRA into a loaded UNet and takes it out again, so that no drawing meets another's layers.

diffusers wraps the attention's linear layers; the UNet's own weights are never written to, and taking a LoRA
out puts the very same layers back. What a UNet carries is settled before each drawing, inside the pipeline's
lock, from the recipe alone.
"""

from typing import Any

import torch
from diffusers.utils import set_weights_and_activate_adapters
from safetensors.torch import load_file

from core.drawing.loading import ONE_LOAD_AT_A_TIME, Pipeline
from core.errors import ModelError
from core.recipes import Recipe
from core.weights.lora_layers import PREFIX
from core.weights.loras import WEIGHTS, Lora, check_lora

ADAPTER = "lora"


def fit_lora(pipeline: Pipeline, recipe: Recipe) -> None:
    """Makes the UNet carry exactly what the recipe asks for: at strength 0 nothing.

    Raises:
        ModelError: the LoRA is missing, pickled, does not fit, is not the one the recipe names, or holds NaN.
    """
    if not recipe.lora or not recipe.lora_strength:
        remove_lora(pipeline)
        return
    lora = check_lora(recipe.lora, pipeline.folder)
    _check_identity(recipe, lora)
    if pipeline.lora.hash != lora.hash:
        remove_lora(pipeline)
        _put_in(pipeline, lora)
    # not unet.set_adapters: it can't count the layers of a UNet that has more at one level than at another
    strength = recipe.lora_strength * pipeline.lora.scale
    set_weights_and_activate_adapters(pipeline.parts.unet, [ADAPTER], [strength])


def remove_lora(pipeline: Pipeline) -> None:
    """The UNet as it was loaded."""
    if pipeline.lora.hash:
        pipeline.parts.unet.unload_lora()
        pipeline.lora.hash = ""


def _put_in(pipeline: Pipeline, lora: Lora) -> None:
    """The notes in the file are not passed on: some would have peft change the UNet's own weights."""
    weights = _weights_of(lora)
    pipeline.lora.hash = lora.hash
    pipeline.lora.scale = lora.header.scale
    try:
        with ONE_LOAD_AT_A_TIME:
            pipeline.parts.unet.load_lora_adapter(
                weights, prefix=PREFIX.rstrip("."), adapter_name=ADAPTER, low_cpu_mem_usage=True
            )
    except BaseException:
        remove_lora(pipeline)
        raise


def _weights_of(lora: Lora) -> dict[str, Any]:
    weights: dict[str, Any] = load_file(lora.folder / WEIGHTS)
    if not all(bool(torch.isfinite(weight).all()) for weight in weights.values()):
        raise ModelError(f"The LoRA in {lora.folder} holds NaN or infinity: its training went wrong.")
    return weights


def _check_identity(recipe: Recipe, lora: Lora) -> None:
    if recipe.lora_hash and recipe.lora_hash != lora.hash:
        raise ModelError(
            f"The LoRA '{recipe.lora}' has changed since this picture was asked for (it was "
            f"{recipe.lora_hash[:12]}, is {lora.hash[:12]}). Ask again to draw it with the LoRA as it is now."
        )
