"""LoRAs for the microscopic pipeline: random layers, saved by plain diffusers."""

from pathlib import Path

import peft
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from diffusers.utils import convert_state_dict_to_diffusers
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file

from core.weights.loras import WEIGHTS, LoraOrigin, write_lora_origin

TARGETS = ["to_q", "to_k", "to_v", "to_out.0"]


def save_lora(model: Path, folder: Path, seed: int = 0, rank: int = 2, alpha: int | None = None) -> Path:
    """Random layers for the UNet of ``model``, with peft's settings in the file where ``alpha`` is given."""
    torch.manual_seed(seed)
    unet = UNet2DConditionModel.from_pretrained(model / "unet")
    settings = peft.LoraConfig(r=rank, lora_alpha=alpha or rank, target_modules=TARGETS)
    unet.add_adapter(settings)
    with torch.no_grad():
        for weight in unet.parameters():
            if weight.requires_grad:
                weight.copy_(0.3 * torch.randn_like(weight))
    layers = convert_state_dict_to_diffusers(get_peft_model_state_dict(unet))
    notes = {"unet_lora_adapter_metadata": unet.peft_config["default"].to_dict()} if alpha else {}
    StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=layers, **notes)
    return folder


def edit_lora(folder: Path, new: dict[str, torch.Tensor], left_out: tuple[str, ...] = ()) -> None:
    """Adds, replaces and takes away tensors of a LoRA's file."""
    tensors = {name: tensor for name, tensor in load_file(folder / WEIGHTS).items() if name not in left_out}
    save_file({**tensors, **new}, folder / WEIGHTS, metadata={"format": "pt"})


def record(folder: Path, **values: str) -> Path:
    """Writes a LoRA's origin."""
    write_lora_origin(folder, LoraOrigin(made_by="training.finetune_unet", **values))  # type: ignore[arg-type]
    return folder
