"""A CLIP of the size of ViT-L/14 with random weights, and the cost of one step of training all of it."""

import copy
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPTextConfig,
    CLIPTokenizer,
    CLIPVisionConfig,
)

from core.weights.origins import Origin
from training.clip_tuning.config import FULL, FinetuneConfig
from training.clip_tuning.data import Captions, PairedData
from training.clip_tuning.model import Student, open_weights
from training.clip_tuning.run import Place, make_stepper, pace_of
from training.clip_tuning.step import Towers
from training.loop.devices import computes_in_bf16
from training.loop.processes import Processes

VIT_L_14 = CLIPConfig(
    text_config=CLIPTextConfig(
        hidden_size=768,
        intermediate_size=3072,
        num_hidden_layers=12,
        num_attention_heads=12,
        projection_dim=768,
    ).to_dict(),
    vision_config=CLIPVisionConfig(
        hidden_size=1024,
        intermediate_size=4096,
        num_hidden_layers=24,
        num_attention_heads=16,
        patch_size=14,
        projection_dim=768,
    ).to_dict(),
    projection_dim=768,
)


def step_cost(build: CLIPConfig, batch: int, micro: int, processes: Processes) -> dict[str, Any]:
    """Seconds of one step of all weights of both towers, after a first one, and the largest memory taken."""
    torch.manual_seed(0)
    config = FinetuneConfig(Path("random"), "random", FULL, batch, 1, train_vision=True)
    towers = random_towers(build, config, processes)
    place = Place(processes, Path(), micro)
    stepper = make_stepper(towers, config, pace_of(config, 2, None), place)
    lines = [stepper(0), stepper(1)]
    return {
        "parameters": towers.student.clip.num_parameters(),
        "batch": batch,
        "micro_batch": stepper.micro,
        "precision": "bf16" if towers.bf16 else "float32",
        "loss": lines[-1]["loss"],
        "seconds": lines[-1]["step_seconds"],
        "peak_bytes": peak_bytes(processes.device),
    }


def random_towers(build: CLIPConfig, config: FinetuneConfig, processes: Processes) -> Towers:
    """A CLIP with random weights, random pictures and captions of 20 random tokens."""
    clip = CLIPModel(build).eval()
    side, count = build.vision_config.image_size, 2 * config.batch
    student = Student(
        clip.to(processes.device),
        copy.deepcopy(clip.text_model).requires_grad_(False),
        CLIPTokenizer(),
        CLIPImageProcessorPil(),
        Origin((), "training.benchmark_finetune"),
    )
    open_weights(student, config)
    data = random_data(build, count)
    pictures = np.random.default_rng(0).integers(0, 256, (count, 3, side, side), np.uint8)
    bf16 = computes_in_bf16(config.precision, processes.device, clip.num_parameters())
    return Towers(student, data, pictures, processes.device, bf16)


def random_data(build: CLIPConfig, count: int) -> PairedData:
    """``count`` pictures, each with a caption of its own."""
    text = build.text_config
    tokens = np.full((count + 1, text.max_position_embeddings), text.eos_token_id, np.int64)
    tokens[:, 0] = text.bos_token_id
    tokens[:-1, 1:21] = np.random.default_rng(1).integers(0, text.bos_token_id, (count, 20))
    numbers = np.arange(count)
    names = tuple(str(i) for i in numbers)
    captions = Captions(names, tokens[:-1], numbers, tokens[-1:], text.eos_token_id)
    return PairedData(captions, numbers, numbers, numbers[:1])


def peak_bytes(device: torch.device) -> int:
    """Of the GPU's memory, or of this process on a CPU, since its start."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
