"""Measures how fast fine-tuning is beside a plain transformers Trainer, or one step of a full-size model.

    python -m training.benchmark_finetune --data DATASET --batch 64 --epochs 3
    python -m training.benchmark_finetune --vit-l-14 --batch 8
    python -m training.benchmark_finetune --sd15-lora

The first trains the same CLIP on the same pictures with the same batch both ways, in one run. The Trainer
does what a first script does: every epoch each picture is decoded and seen again, each caption read at full
length. Ours embeds pictures once (the vision tower is frozen in both) and reads each distinct caption of a
batch once: trimmed where the loss is the contrast alone, as the Trainer's is, and at full length where the
recipe's distillation comes on top; both are measured. The one-time embedding is part of our time. The second
trains both towers of a ViT-L/14 with random weights for one step, the third a LoRA of Stable Diffusion 1.5's
UNet, random weights too, at 512 px. All print JSON.
"""

import json
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import Trainer, TrainingArguments

from core.benchmark_sd15 import UNET
from core.errors import Script2SkinError, TrainingError
from training.clip_tuning.captioned import Captioned, CaptionedSet, open_captioned
from training.clip_tuning.config import FULL, METHODS, FinetuneConfig, default_clip
from training.clip_tuning.data import pair
from training.clip_tuning.large_clip import VIT_L_14, step_cost
from training.clip_tuning.model import Student, load_student
from training.clip_tuning.report import device_name
from training.clip_tuning.run import Place, build_towers, make_stepper, pace_of
from training.loop.devices import computes_in_bf16
from training.loop.processes import Processes, find_processes
from training.lora.large_unet import lora_step_cost, random_config

BATCH = 64


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    asked = _parser().parse_args(argv)
    try:
        processes = find_processes(asked.device)
        if asked.vit_l_14:
            found = step_cost(VIT_L_14, asked.batch or BATCH, asked.micro_batch, processes)
        elif asked.sd15_lora:
            config = random_config(asked.batch or 1, asked.checkpointing)
            found = lora_step_cost(UNET, config, asked.micro_batch, processes)
        else:
            found = both(asked, processes)
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({"device": device_name(processes.device), **found}, indent=2))
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="captioned pictures: folder or JSON lines")
    parser.add_argument("--clip", default=default_clip(), help="CLIP folder or hub id (default: embedded)")
    parser.add_argument("--method", choices=METHODS, default=FULL, help="what moves in both (default full)")
    parser.add_argument("--batch", type=int, help=f"pictures a step (default {BATCH}, of --sd15-lora 1)")
    parser.add_argument(
        "--micro-batch", type=int, default=0, help="inputs in memory at once (default: fitted)"
    )
    parser.add_argument("--epochs", type=int, default=3, help="epochs of each (default 3)")
    parser.add_argument("--device", default="auto", help="cpu or auto (default)")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--vit-l-14", action="store_true", help="one step of a full ViT-L/14 instead")
    instead.add_argument(
        "--sd15-lora", action="store_true", help="one step of a LoRA of SD 1.5's UNet instead"
    )
    parser.add_argument("--checkpointing", action="store_true", help="of --sd15-lora: less memory, more time")
    return parser


def both(asked: Namespace, processes: Processes) -> dict[str, Any]:
    """Pictures by second of the Trainer and of ours, and their ratio.

    Raises:
        TrainingError: no data, or a batch larger than it.
    """
    if asked.data is None:
        raise TrainingError("Say by --data which captioned pictures to train on.")
    config = FinetuneConfig(asked.data, asked.clip, asked.method, asked.batch or BATCH, asked.epochs)
    source = open_captioned(config.data)
    with redirect_stdout(sys.stderr):  # the Trainer speaks; standard output is JSON alone
        plain = plain_rate(source, config, processes)
    contrast, steady = our_rates(source, replace(config, distillation=0.0), processes, asked.micro_batch)
    distilled, _ = our_rates(source, config, processes, asked.micro_batch)
    return {
        "pictures": len(source.training),
        "batch": config.batch,
        "epochs": config.epochs,
        "trainer_samples_per_second": plain,
        "samples_per_second": contrast,
        "samples_per_second_without_embedding": steady,
        "samples_per_second_with_distillation": distilled,
        "ratio": contrast / plain,
        "ratio_with_distillation": distilled / plain,
    }


def our_rates(
    source: CaptionedSet, config: FinetuneConfig, processes: Processes, micro: int
) -> tuple[float, float]:
    """Pictures by second with the one-time work (pictures, the original's states) and without it."""
    student = load_student(config)
    data = pair(source, student.tokenizer)
    steps = config.epochs * data.steps_per_epoch(config.batch)
    with tempfile.TemporaryDirectory() as cache:
        start = time.perf_counter()
        place = Place(processes, Path(cache), micro)
        towers = build_towers(student, source, data, config, place)
        stepper = make_stepper(towers, config, pace_of(config, steps, None), place)
        ready = time.perf_counter()
        for step in range(steps):
            stepper(step)
        end = time.perf_counter()
    return steps * config.batch / (end - start), steps * config.batch / (end - ready)


def plain_rate(source: CaptionedSet, config: FinetuneConfig, processes: Processes) -> float:
    """Pictures by second of transformers' Trainer, its set-up left out."""
    student = load_student(config)
    rows = [source.rows[i] for i in source.training]
    bf16 = computes_in_bf16(config.precision, processes.device, student.clip.num_parameters())
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=config.batch,
            num_train_epochs=config.epochs,
            dataloader_drop_last=True,
            remove_unused_columns=False,
            use_cpu=processes.device.type == "cpu",
            bf16=bf16,
            report_to=[],
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
        )
        trainer = Trainer(student.clip, arguments, Collate(student), PlainPictures(rows, student))
        seconds = trainer.train().metrics["train_runtime"]
    return config.epochs * (len(rows) // config.batch) * config.batch / float(seconds)


class PlainPictures(torch.utils.data.Dataset[dict[str, Any]]):
    """Decodes, resizes and normalises a picture and tokenises its caption each time it is asked for."""

    def __init__(self, rows: Sequence[Captioned], student: Student) -> None:
        self.rows, self.student = rows, student

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        row = self.rows[index]
        with Image.open(row.image) as image:
            seen = self.student.pictures(image.convert("RGB"), return_tensors="pt").pixel_values[0]
        limit = self.student.tokenizer.model_max_length
        read = self.student.tokenizer(row.caption, padding="max_length", max_length=limit, truncation=True)
        return {"pixel_values": seen, "input_ids": torch.tensor(read.input_ids)}


class Collate:
    """Stacks a batch and asks CLIP for its loss."""

    def __init__(self, student: Student) -> None:
        self.student = student

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, Any]:
        stacked = {name: torch.stack([example[name] for example in examples]) for name in examples[0]}
        return {**stacked, "return_loss": True}


if __name__ == "__main__":
    sys.exit(main())
