"""A UNet of the size of Stable Diffusion 1.5 with random weights, and the cost of one step of its LoRA."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DConditionModel

from core.benchmark_sd15 import SCHEDULER
from core.drawing.precision import with_float32_border
from training.clip_tuning.large_clip import peak_bytes
from training.loop.devices import computes_in_bf16
from training.loop.processes import Processes
from training.lora.config import UNetLoraConfig
from training.lora.lessons import Lessons, Pictures
from training.lora.run import fitted
from training.lora.step import LoraStepper

POSITIONS = 77


def lora_step_cost(
    build: dict[str, Any], config: UNetLoraConfig, micro: int, processes: Processes
) -> dict[str, Any]:
    """Seconds of one step, after a first one, and the largest memory taken, the building included."""
    unet, bf16 = random_unet(build, config, processes.device)
    scheduler = DDIMScheduler.from_config({**SCHEDULER, "prediction_type": "epsilon"})
    stepper = LoraStepper.make(unet, scheduler, random_lessons(build), config, processes)
    stepper.bf16, stepper.micro = bf16, micro or fitted(stepper)
    lines = [stepper(0), stepper(1)]
    return {
        "parameters": sum(p.numel() for n, p in unet.named_parameters() if ".lora_" not in n),
        "trained_parameters": sum(weight.numel() for weight in stepper.weights),
        "rank": config.rank,
        "batch": config.batch,
        "micro_batch": stepper.micro,
        "checkpointing": config.checkpointing,
        "precision": "bf16" if bf16 else "float32",
        "loss": lines[-1]["loss"],
        "seconds": lines[-1]["step_seconds"],
        "peak_bytes": peak_bytes(processes.device),
    }


def random_unet(build: dict[str, Any], config: UNetLoraConfig, device: torch.device) -> tuple[Any, bool]:
    """The network in the type that a run of it would compute in, and whether that is bf16."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(**build)
    bf16 = computes_in_bf16(config.precision, device, unet.num_parameters())
    dtype = torch.bfloat16 if bf16 else torch.float32
    return with_float32_border(unet.to(device, dtype), dtype), bf16


def random_lessons(build: dict[str, Any], count: int = 2) -> Lessons:
    """Pictures of noise, each with a caption of its own."""
    draw, side, rows = np.random.default_rng(0), build["sample_size"], np.arange(count)
    latents = draw.normal(size=(count, 2, 4, side, side)).astype(np.float16)
    pictures = Pictures(latents, rows, np.ones(count, bool))
    none = Pictures(latents[:0], rows[:0], np.zeros(0, bool))
    states = torch.randn(count + 1, POSITIONS, build["cross_attention_dim"]).half()
    return Lessons(pictures, none, rows, rows, states)


def random_config(batch: int, checkpointing: bool) -> UNetLoraConfig:
    """A run's own settings."""
    return UNetLoraConfig(Path("random"), "random", batch=batch, steps=2, checkpointing=checkpointing)
