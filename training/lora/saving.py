"""The layers of a LoRA and their origin, written as diffusers and the app read them."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusionPipeline
from diffusers.utils import convert_state_dict_to_diffusers
from peft.utils import get_peft_model_state_dict
from torch import nn

from core.errors import ModelError
from core.settings import Settings
from core.weights.loras import Lora, LoraOrigin, describe_lora, lora_source, write_lora_origin
from training.clip_tuning.captioned import CaptionedSet
from training.lora.config import UNetLoraConfig
from training.lora.step import LoraStepper

MADE_BY = "training.finetune_unet"


def save_lora(folder: Path, stepper: LoraStepper, origin: LoraOrigin) -> Lora:
    """Writes the averaged layers as diffusers does, and their origin; the folder appears when it is whole.

    Raises:
        ModelError: a weight is no number.
    """
    waiting = folder.with_name(f"{folder.name}.tmp")
    shutil.rmtree(waiting, ignore_errors=True)
    with stepper.average.applied() as weights:
        _check_finite(weights)
        layers = convert_state_dict_to_diffusers(get_peft_model_state_dict(stepper.unet))
        whole = {name: layer.detach().cpu().float().contiguous() for name, layer in layers.items()}
        StableDiffusionPipeline.save_lora_weights(waiting, unet_lora_layers=whole)
    write_lora_origin(waiting, origin)
    shutil.rmtree(folder, ignore_errors=True)
    waiting.replace(folder)
    return describe_lora(lora_source(folder.resolve(), Settings.from_environment()))


def _check_finite(weights: nn.Module) -> None:
    if not all(bool(torch.isfinite(weight).all()) for weight in weights.parameters()):
        raise ModelError("The layers hold NaN or infinity; nothing was saved. Lower the learning rate.")


def origin_of(config: UNetLoraConfig, source: CaptionedSet, report: dict[str, Any]) -> LoraOrigin:
    """Names without the folders they lie in: those are this machine's own."""
    figures = {name: report[name] for name in ("before", "after", "steps", "training_pictures")}
    settings = json.loads(json.dumps(asdict(config), default=str))
    for name in ("data", "model", "text_encoder"):
        settings[name] = _short(str(settings[name]))
    return LoraOrigin(
        MADE_BY,
        settings["model"],
        config.model_hash,
        settings["text_encoder"],
        config.text_encoder_hash,
        source.source.resolve().name,
        config.data_digest,
        report["licence"],
        report["consent"],
        figures,
        settings,
    )


def _short(name: str) -> str:
    """A folder by its last name, an encoder in a run by the run's as well; other names as they are."""
    path = Path(name)
    if not path.is_dir():
        return name
    return f"{path.resolve().parent.name}/{path.name}" if path.name == "text_encoder" else path.resolve().name
