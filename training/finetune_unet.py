"""Trains a LoRA of a model's UNet on captioned pictures, beside a text encoder that stays as it is.

    python -m training.finetune_unet --data DATASET --output RUN
    python -m training.finetune_unet --data DATASET --model MODEL --encoder RUN/text_encoder --output RUN
    accelerate launch --num_processes 4 -m training.finetune_unet --data DATASET --output RUN

Writes RUN/lora (ordinary diffusers LoRA weights with their recorded origin), pictures before and after,
report.json, README.md, metrics.jsonl, environment.json and the curves. --prior N draws N pictures by the
model as it is and holds the LoRA to them, so that it keeps what the data do not show. A run that was
interrupted goes on where it stopped, on the same curve, when the same command is given again. Further
settings (those of training.lora.config) can be given in a JSON file by --config.
"""

import json
import os
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from core.drawing.composing import STOCK_ENCODER
from core.errors import Script2SkinError
from core.quiet import mute_libraries
from core.settings import EMBEDDED_MODEL
from training.clip_tuning.config import with_file
from training.clip_tuning.run import Place
from training.loop.processes import find_processes
from training.lora.config import LEARNING_RATE, UNetLoraConfig
from training.lora.run import finetune_unet


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    asked = _parser().parse_args(argv)
    try:
        mute_libraries()
        place = Place(find_processes(asked.device), asked.output / "cache", asked.micro_batch, asked.download)
        report = finetune_unet(asked.output, config_of(asked), asked.learning_rate, place)
        place.processes.part()
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if place.processes.writes:
        print(json.dumps({"before": report["before"], "after": report["after"]}, indent=2))
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="captioned pictures: folder or JSON lines")
    parser.add_argument("--model", default=EMBEDDED_MODEL, help="model name, diffusers folder, or hub id")
    parser.add_argument("--output", type=Path, required=True, help="run folder")
    parser.add_argument("--encoder", default=STOCK_ENCODER, help="folder of a text encoder, frozen")
    parser.add_argument("--rank", type=int, default=8, help="width of the added layers (default 8)")
    parser.add_argument("--batch", type=int, default=4, help="pictures a step (default 4)")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--epochs", type=int, default=10, help="times through the pictures (default 10)")
    length.add_argument("--steps", type=int, default=0, help="instead: how many steps")
    parser.add_argument("--learning-rate", type=float, help=f"highest (default {LEARNING_RATE:g})")
    parser.add_argument("--min-snr-gamma", type=float, default=5.0, help="0: no weighting (default 5)")
    parser.add_argument("--prior", type=int, default=0, help="pictures of the model's own (default none)")
    parser.add_argument("--prior-weight", type=float, default=1.0, help="of their loss (default 1)")
    parser.add_argument("--bf16", action="store_true", default=_launched_in_bf16(), help="compute in bf16")
    parser.add_argument(
        "--micro-batch", type=int, default=0, help="pictures in memory at once (default: fitted)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of batches, noise, pictures and fresh weights")
    parser.add_argument("--config", type=Path, help="JSON file of further settings")
    parser.add_argument("--device", default="auto", help="cpu or auto (default)")
    parser.add_argument("--download", action="store_true", help="fetch a hub id that is not here yet")
    return parser


def _launched_in_bf16() -> bool:
    """What ``accelerate launch --mixed_precision`` says."""
    return os.environ.get("ACCELERATE_MIXED_PRECISION") == "bf16"


def config_of(asked: Namespace) -> UNetLoraConfig:
    """The settings that flags and file ask for."""
    config = UNetLoraConfig(
        asked.data,
        asked.model,
        asked.encoder,
        asked.rank,
        asked.batch,
        asked.epochs,
        asked.steps,
        asked.prior,
        asked.prior_weight,
        asked.min_snr_gamma,
        precision="bf16" if asked.bf16 else "auto",
        seed=asked.seed,
    )
    return with_file(config, asked.config)


if __name__ == "__main__":
    sys.exit(main())
