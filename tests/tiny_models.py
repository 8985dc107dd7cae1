"""Microscopic real models for tests: a Stable Diffusion folder of 600 kB, and encoders that do not fit it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    DDIMScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import load_file, save_file
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from core.weights.model_cards import DrawingDefaults, ModelCard, write_card

WIDTH = 32
EMBEDDED_SCHEDULER = {
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}
"""Scheduler settings of the embedded model."""

SD_SCHEDULER = {
    **EMBEDDED_SCHEDULER,
    "prediction_type": "epsilon",
    "rescale_betas_zero_snr": False,
    "timestep_spacing": "leading",
}
"""Scheduler settings of Stable Diffusion 1.x."""


def make_tiny_pipeline(folder: Path, scheduler: dict[str, Any] = EMBEDDED_SCHEDULER, seed: int = 0) -> Path:
    """Saves a whole diffusers folder with a model card: 32x32 pictures, 8x8 latents of 4 channels."""
    torch.manual_seed(seed)
    StableDiffusionPipeline(
        vae=_tiny_vae(),
        text_encoder=CLIPTextModel(tiny_text_config()).eval(),
        tokenizer=tiny_tokenizer(),
        unet=_tiny_unet(),
        scheduler=DDIMScheduler(**scheduler),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    write_card(folder, tiny_card())
    return folder


def tiny_card() -> ModelCard:
    """A card that knows two rashes and clear skin, three sites and three tones."""
    return ModelCard(
        source="tiny",
        label="Tiny",
        description="Random weights.",
        notice="Not for diagnosis.",
        rashes=("acne", "tinea", "clear"),
        sites=("face", "foot", "palm"),
        tones=("fair", "brown", "black"),
        defaults=DrawingDefaults(3, 2.0, "ddim", 32, 32),
    )


def wordy_card() -> ModelCard:
    """The same, knowing severities, views and the Monk scale too, taught nothing where it does not occur."""
    return replace(
        tiny_card(),
        label="Wordy",
        tones=(*tiny_card().tones, *(f"monk_{step}" for step in range(1, 11))),
        severities=("mild", "moderate", "severe"),
        views=("close_up", "at_an_angle", "at_distance"),
        true_sites=True,
    )


def tiny_text_config(**changes: Any) -> CLIPTextConfig:
    """Two layers of width 32; ``changes`` make encoders that do not fit."""
    values = {
        "vocab_size": len(_vocabulary()),
        "hidden_size": WIDTH,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 77,
        "hidden_act": "quick_gelu",
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": 1,
    }
    return CLIPTextConfig(**{**values, **changes})


def make_encoder(folder: Path, seed: int = 1, **changes: Any) -> Path:
    """Saves a text encoder with its tokenizer, like a fine-tuned one."""
    torch.manual_seed(seed)
    CLIPTextModel(tiny_text_config(**changes)).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


def make_whole_clip(folder: Path, seed: int = 1) -> Path:
    """Saves a whole CLIPModel (text and vision), as a CLIP fine-tuning leaves it."""
    torch.manual_seed(seed)
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = CLIPConfig(
        text_config=tiny_text_config().to_dict(),
        vision_config={**vision, "image_size": 16, "patch_size": 8},
        projection_dim=16,
    )
    CLIPModel(config).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


def rename_tensors(path: Path, prefix: str) -> None:
    """Rewrites a text encoder's file with ``prefix`` before every name, as older checkpoints have it."""
    tensors = {name.removeprefix("text_model."): tensor for name, tensor in load_file(path).items()}
    save_file({prefix + name: t for name, t in tensors.items()}, path, metadata={"format": "pt"})


def tiny_tokenizer(extra: tuple[str, ...] = ()) -> CLIPTokenizer:
    """Letters only, no merges: one token a letter; ``extra`` words change the ids of a like tokenizer."""
    return CLIPTokenizer(vocab=_vocabulary(extra), merges=[], model_max_length=77)


def edit_json(path: Path, **changes: Any) -> None:
    """Changes top-level keys of a JSON file."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def _vocabulary(extra: tuple[str, ...] = ()) -> dict[str, int]:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,-'"
    tokens = ["<|startoftext|>", "<|endoftext|>", *extra, *letters, *(f"{c}</w>" for c in letters)]
    return {token: i for i, token in enumerate(tokens)}


def _tiny_vae() -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(8, 8, 16),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        latent_channels=4,
        norm_num_groups=4,
        layers_per_block=1,
        sample_size=32,
    ).eval()


def tiny_autoencoder() -> AutoencoderTiny:
    """The embedded model's kind: latents of 4 channels, a quarter of the picture's side."""
    return AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8),
        decoder_block_out_channels=(8, 8, 8),
        num_encoder_blocks=(0, 1, 1),
        num_decoder_blocks=(1, 1, 0),
        latent_channels=4,
        scaling_factor=2.0,
    ).eval()


def _tiny_unet() -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(8, 16),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        norm_num_groups=4,
        layers_per_block=1,
    ).eval()
