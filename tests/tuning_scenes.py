"""Microscopic networks and captioned pictures for the tests of fine-tuning."""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tiny_models import make_whole_clip
from transformers import CLIPImageProcessorPil

from training.clip_tuning.captioned import open_captioned
from training.clip_tuning.config import FinetuneConfig
from training.clip_tuning.data import pair
from training.clip_tuning.model import load_student
from training.clip_tuning.run import Place, build_towers, make_stepper, pace_of
from training.clip_tuning.step import FinetuneStepper
from training.loop.pace import warming_up
from training.loop.processes import Processes, share_run
from training.loop.runs import open_run
from training.lora.config import UNetLoraConfig
from training.lora.run import prepare
from training.lora.step import LoraStepper

RASHES, SITES, TONES = ("acne", "eczema", "tinea"), ("face", "hand"), ("fair", "brown")


def write_clip(folder: Path) -> Path:
    """A whole CLIP with its picture preparation, 16 pixels wide; two text layers."""
    make_whole_clip(folder)
    sizes = {"size": {"shortest_edge": 16}, "crop_size": {"height": 16, "width": 16}}
    CLIPImageProcessorPil(**sizes).save_pretrained(folder)
    return folder


def write_captioned(folder: Path, count: int = 24) -> Path:
    """Coloured squares with captions and splits in captions.jsonl; every caption comes twice."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    lines = []
    for index in range(count):
        kind = index % (count // 2)
        words = RASHES[kind % 3], SITES[kind // 3 % 2], TONES[kind // 6 % 2]
        pixels = np.clip(rng.normal(40 + 15 * kind, 4, (20, 24, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
        caption = "{} type of rash at the {} area on a {} skin".format(*words)
        split = "validation" if index % 4 == 3 else "train"
        lines.append(json.dumps({"image": f"{index}.png", "caption": caption, "split": split}))
    (folder / "captions.jsonl").write_text("\n".join(lines))
    return folder


def config_for(data: Path, clip: Path, **changes: object) -> FinetuneConfig:
    """Small batches; the method's own learning rate is far too low for six steps."""
    values: dict[str, object] = {"batch": 8, "epochs": 3, "layers": 1, "lora_rank": 4, **changes}
    return FinetuneConfig(data, str(clip), **values)  # type: ignore[arg-type]


def stepper_for(config: FinetuneConfig, cache: Path, micro: int = 64, rate: float = 1e-2) -> FinetuneStepper:
    """Everything ready for a step, as a run makes it."""
    torch.manual_seed(0)
    source, student = open_captioned(config.data), load_student(config)
    data = pair(source, student.tokenizer, config.anchors or ())
    place = Place(Processes(), cache, micro)
    towers = build_towers(student, source, data, config, place)
    pace = pace_of(config, data.steps_per_epoch(config.batch), rate)
    return make_stepper(towers, config, pace, place)


def lora_config_for(data: Path, model: Path, **changes: object) -> UNetLoraConfig:
    """Six steps of small batches, one preview."""
    values: dict[str, object] = {"rank": 2, "batch": 4, "steps": 6, "previews": 1, "measured": 16, **changes}
    return UNetLoraConfig(data, str(model), **values)  # type: ignore[arg-type]


def lora_stepper_for(config: UNetLoraConfig, folder: Path, rate: float = 1e-2) -> LoraStepper:
    """Everything ready for a step, as a run makes it, at a learning rate that shows within a few steps."""
    source = open_captioned(config.data)
    run = share_run(open_run(folder, config, warming_up(6, rate)), Processes())
    stepper = prepare(run, config, source, Place(Processes(), folder / "cache", 64))[1]
    for group in stepper.optimizer.param_groups:
        group["lr"] = rate
    return stepper
