"""Fine-tunes CLIP on captioned pictures, so that its text encoder still fits the model it came from.

    python -m training.finetune_clip --data DATASET --output RUN
    accelerate launch --num_processes 4 -m training.finetune_clip --data DATASET --output RUN

Writes RUN/text_encoder (a plain CLIPTextModel with tokenizer and recorded origin), RUN/clip (the whole CLIP),
report.json, README.md, metrics.jsonl, environment.json and the curves. The contrast is one of the whole
--batch, however little memory there is. Held to the original are the captions of the words that the model's
card names, where it has one: what is drawn by them stays, and the data's own captions may come to say
something new. --anchors data holds the data's captions instead (docs/encoder-study.md measures both). A run
that was interrupted goes on where it stopped, on the same curve, when the same command is given again.
Further settings can be given in a JSON file by --config.
"""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from core.errors import Script2SkinError
from training.clip_tuning.config import METHODS, FinetuneConfig, default_clip, with_file
from training.clip_tuning.run import Place, finetune
from training.loop.processes import find_processes
from training.words.anchors import read_anchors


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    asked = _parser().parse_args(argv)
    try:
        config = config_of(asked, asked.batch, asked.epochs)
        place = place_of(asked, asked.output / "cache")
        report = finetune(asked.output, config, asked.learning_rate, place)
        place.processes.part()
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({"after": report["after"], "drift": report["drift"]}, indent=2))
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, help="run folder")
    parser.add_argument("--batch", type=int, default=128, help="pictures contrasted at once (default 128)")
    parser.add_argument("--epochs", type=int, default=10, help="times through the pictures (default 10)")
    add_arguments(parser)
    return parser


def add_arguments(parser: ArgumentParser) -> None:
    """Flags that a single run and a sweep share."""
    parser.add_argument("--data", type=Path, required=True, help="captioned pictures: folder or JSON lines")
    parser.add_argument("--clip", default=default_clip(), help="CLIP folder or hub id (default: embedded)")
    parser.add_argument("--method", choices=METHODS, default=METHODS[0], help="what moves (default lora)")
    parser.add_argument("--learning-rate", type=float, help="highest (default: by method)")
    parser.add_argument(
        "--distillation", type=float, default=10.0, help="weight of staying close (default 10)"
    )
    parser.add_argument(
        "--anchors", help="captions to hold to the original: known (default with a card), data, or a file"
    )
    parser.add_argument("--train-vision", action="store_true", help="train the vision tower as well")
    parser.add_argument(
        "--micro-batch", type=int, default=0, help="inputs in memory at once (default: fitted)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of batches and fresh weights")
    parser.add_argument("--config", type=Path, help="JSON file of further settings")
    parser.add_argument("--device", default="auto", help="cpu or auto (default)")
    parser.add_argument("--download", action="store_true", help="fetch a hub id that is not here yet")


def config_of(asked: Namespace, batch: int, epochs: int) -> FinetuneConfig:
    """The settings that flags and file ask for."""
    config = FinetuneConfig(
        asked.data,
        asked.clip,
        asked.method,
        batch,
        epochs,
        distillation=asked.distillation,
        train_vision=asked.train_vision,
        seed=asked.seed,
        anchors=read_anchors(asked.anchors, asked.clip),
    )
    return with_file(config, asked.config)


def place_of(asked: Namespace, cache: Path, keep_clip: bool = True) -> Place:
    """Where and how a run computes."""
    return Place(find_processes(asked.device), cache, asked.micro_batch, asked.download, keep_clip)


if __name__ == "__main__":
    sys.exit(main())
