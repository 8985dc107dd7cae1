"""Measures a full-size Stable Diffusion 1.5 on this machine.

It is built from its published configuration with random weights, saved, loaded by the app's own path with
another text encoder in it, and drawn with for a few steps.

    python -m core.benchmark_sd15 --steps 3

Prints JSON; a ``processor_share`` well below 1 says that other programs slowed it down. Needs about 5 GB of
disk for the time it runs, and 6 GB of memory. Weights do not change speed, so nothing is downloaded; the
pictures are noise.
"""

import json
import multiprocessing
import resource
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from core.drawing.loading import Pipeline, load_pipeline
from core.drawing.pipeline import Step, draw
from core.quiet import mute_libraries
from core.recipes import Recipe

TEXT = {
    "vocab_size": 49408,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": 77,
    "hidden_act": "quick_gelu",
    "projection_dim": 768,
    "bos_token_id": 49406,
    "eos_token_id": 49407,
    "pad_token_id": 49407,
}
"""openai/clip-vit-large-patch14, text part (123 M parameters)."""

UNET = {
    "sample_size": 64,
    "block_out_channels": (320, 640, 1280, 1280),
    "layers_per_block": 2,
    "attention_head_dim": 8,
    "cross_attention_dim": 768,
    "down_block_types": (*("CrossAttnDownBlock2D",) * 3, "DownBlock2D"),
    "up_block_types": ("UpBlock2D", *("CrossAttnUpBlock2D",) * 3),
}
"""stable-diffusion-v1-5, unet/config.json (860 M parameters)."""

VAE = {
    "sample_size": 512,
    "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2,
    "latent_channels": 4,
    "scaling_factor": 0.18215,
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
}
"""stable-diffusion-v1-5, vae/config.json (84 M parameters)."""

SCHEDULER = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "skip_prk_steps": True,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}
TYPES = {"auto": None, "float32": torch.float32, "bfloat16": torch.bfloat16}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3, help="num_inference_steps")
    parser.add_argument("--size", type=int, default=512, help="height and width in pixels")
    parser.add_argument("--unet-type", choices=TYPES, default="auto", help="number type of the UNet")
    parser.add_argument("--folder", type=Path, help="where to build (default: the system's temporary folder)")
    asked = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(dir=asked.folder) as place:
        model, encoder = Path(place, "model"), Path(place, "encoder")
        _build_apart(model, encoder)
        recipe = Recipe("skin", 0, str(model), asked.steps, 7.5, "unipc", asked.size, asked.size)
        print(json.dumps(_measure(recipe, encoder, TYPES[asked.unet_type]), indent=2))
    return 0


def _measure(recipe: Recipe, encoder: Path, dtype: torch.dtype | None) -> dict[str, Any]:
    started = time.perf_counter()
    pipeline = load_pipeline(recipe.model, encoder, unet_dtype=dtype)
    loaded, used = time.perf_counter(), time.process_time()
    steps: list[Step] = []
    draw(pipeline, recipe, steps.append)
    drawn = time.perf_counter()
    share = (time.process_time() - used) / (drawn - loaded) / torch.get_num_threads()
    return {
        "device": str(pipeline.device),
        "threads": torch.get_num_threads(),
        "unet_type": str(pipeline.parts.unet.dtype).removeprefix("torch."),
        "parameters": sum(p.numel() for p in _weights(pipeline)),
        "size": recipe.height,
        "load_seconds": round(loaded - started, 1),
        "seconds_per_step": round(steps[-1].seconds_per_step, 2),
        "decode_seconds": round(drawn - loaded - steps[-1].seconds_per_step * len(steps), 1),
        "processor_share": round(share, 2),
        "peak_memory_gb": round(_peak_bytes(pipeline) / 1e9, 2),
    }


def _weights(pipeline: Pipeline) -> list[Any]:
    parts = pipeline.parts
    return [p for part in (parts.unet, parts.vae, parts.text_encoder) for p in part.parameters()]


def _peak_bytes(pipeline: Pipeline) -> int:
    """Of the accelerator, or of this process (kilobytes on Linux, bytes on macOS)."""
    if pipeline.device.type == "cuda":
        return torch.cuda.max_memory_allocated()
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


def _build_apart(model: Path, encoder: Path) -> None:
    """In a process of its own: building takes more memory than drawing, and must not count."""
    process = multiprocessing.get_context("spawn").Process(target=_build, args=(model, encoder))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"Building the model failed (exit code {process.exitcode}).")


def _build(model: Path, encoder: Path) -> None:
    mute_libraries()
    from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(0)
    StableDiffusionPipeline(
        vae=AutoencoderKL(**VAE),
        text_encoder=CLIPTextModel(CLIPTextConfig(**TEXT)),
        tokenizer=CLIPTokenizer(vocab=_vocabulary(), merges=[], model_max_length=77),
        unet=UNet2DConditionModel(**UNET),
        scheduler=PNDMScheduler(**SCHEDULER),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(model)
    CLIPTextModel(CLIPTextConfig(**TEXT)).save_pretrained(encoder)


def _vocabulary() -> dict[str, int]:
    """49,408 tokens with letters among them: enough to encode a word; speed does not depend on which."""
    letters = [*"abcdefghijklmnopqrstuvwxyz", *(f"{c}</w>" for c in "abcdefghijklmnopqrstuvwxyz")]
    fillers = [f"unused{i}" for i in range(TEXT["vocab_size"] - len(letters) - 2)]  # type: ignore[operator]
    tokens = [*letters, *fillers, "<|startoftext|>", "<|endoftext|>"]
    return {token: i for i, token in enumerate(tokens)}


if __name__ == "__main__":
    sys.exit(main())
