"""Indexes what a model learned from, so that the app tells a drawn picture that is too near to one of it.

    python -m training.index_training --phantoms DIR --model data/models/embedded
    python -m training.index_training --data DATASET --model runs/mine/lora

Writes training_index.safetensors into the folder of the model, LoRA or text encoder: each picture's features
by the judge along the main components, in half precision, and how near the pictures lie to one another. With
--data the training split is indexed. Prints what was found as JSON; ``too_near_below`` is the distance under
which a picture is marked. An index holds for these very weights and this judge: make it anew when either
changes.
"""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from core.errors import InputError, Script2SkinError, TrainingError
from core.measuring.judge import WEIGHTS_NAME, Judge, load_judge
from core.measuring.training_index import IndexOrigin, TrainingIndex, build_index, write_index
from core.photographs.datasets import open_dataset
from core.settings import JUDGE, Settings
from core.weights.checkpoints import encoder_hash, file_hash, model_hash
from core.weights.loras import RESULT, WEIGHTS
from core.weights.model_folders import MODEL_INDEX, locate_source
from training.embedded.datasets import open_phantoms
from training.evaluation.distribution import AT_ONCE, Features
from training.render_phantoms import SETTINGS_FILE

COMPONENTS = 64
FEWEST = 20
"""Pictures below which nearness to one another says nothing."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned from: ``label`` says it in words, ``names`` and ``paths`` are of each picture."""

    label: str
    names: tuple[str, ...]
    paths: tuple[Path, ...]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        said = index_training(arguments)
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(said, indent=2))
    return 0


def _parser() -> ArgumentParser:
    models = Settings.from_environment().models
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    learned = parser.add_mutually_exclusive_group(required=True)
    learned.add_argument("--phantoms", type=Path, help="folder of training.render_phantoms")
    learned.add_argument("--data", type=Path, help="prepared dataset")
    parser.add_argument(
        "--model", required=True, help="released model's name, or folder of a model, LoRA or text encoder"
    )
    parser.add_argument("--judge", type=Path, default=models / JUDGE, help="folder of the judge")
    parser.add_argument(
        "--components", type=int, default=COMPONENTS, help=f"numbers a picture (default {COMPONENTS})"
    )
    return parser


def index_training(arguments: Namespace) -> dict[str, Any]:
    """Writes the index and returns what it says.

    Raises:
        InputError: too few pictures or components, or a folder that holds no weights.
        TrainingError, DatasetError: the pictures can't be read.
        ModelError: model or judge can't be used.
    """
    if arguments.components < 1:
        raise InputError(f"components is {arguments.components}; it must be at least 1.")
    folder, weights = weights_of(arguments.model)
    learned = _phantoms(arguments.phantoms) if arguments.phantoms else _photographs(arguments.data)
    if len(learned.names) < FEWEST:
        raise InputError(f"There are {len(learned.names)} pictures to index; at least {FEWEST} are needed.")
    judge = load_judge(arguments.judge)
    origin = IndexOrigin(learned.label, weights, file_hash(arguments.judge / WEIGHTS_NAME))
    plain, mirrored = features_both_ways(judge, learned.paths)
    index = build_index(origin, learned.names, plain, mirrored, arguments.components)
    return _said(index, write_index(folder, index))


def weights_of(model: str) -> tuple[Path, str]:
    """Folder and hash of what learned, by which recipes know it.

    Raises:
        InputError: the folder holds neither a model, nor a LoRA, nor a text encoder.
        ModelError: its weights are missing or pickled.
    """
    folder = locate_source(model) or Path(model)
    for lora in (folder, folder / RESULT):
        if (lora / WEIGHTS).is_file():
            return lora, file_hash(lora / WEIGHTS)
    if (folder / MODEL_INDEX).is_file():
        return folder, model_hash(folder)
    encoder = folder / "text_encoder" if (folder / "text_encoder").is_dir() else folder
    if (encoder / "config.json").is_file():
        return encoder, encoder_hash(encoder)
    raise InputError(
        f"{model} is no folder of a model, a LoRA or a text encoder, nor of a run that holds one."
    )


def features_both_ways(judge: Judge, paths: Sequence[Path]) -> tuple[Features, Features]:
    """(pictures, features) as the pictures are, and mirrored."""
    plain, mirrored = [], []
    with tqdm(total=len(paths), unit="picture") as bar:
        for start in range(0, len(paths), AT_ONCE):
            group = [_opened(path) for path in paths[start : start + AT_ONCE]]
            plain.append(judge.features_of(group))
            mirrored.append(judge.features_of([ImageOps.mirror(picture) for picture in group]))
            bar.update(len(group))
    return np.concatenate(plain), np.concatenate(mirrored)


def _opened(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except OSError as error:
        raise TrainingError(f"{path} can't be read ({error}); without it the index has a hole.") from error


def _phantoms(folder: Path) -> Learned:
    found = open_phantoms(folder)
    path = folder / SETTINGS_FILE
    seed = json.loads(path.read_text(encoding="utf-8")).get("seed") if path.is_file() else None
    label = f"{len(found):,} training phantoms" + ("" if seed is None else f" of seed {seed}")
    names = tuple(f"phantom {phantom.index}" for phantom in found.phantoms)
    return Learned(label, names, tuple(folder / phantom.image for phantom in found.phantoms))


def _photographs(folder: Path) -> Learned:
    dataset = open_dataset(folder)
    chosen = dataset.split("train")
    label = f"{len(chosen):,} photographs of {dataset.manifest.name}"[:200]
    return Learned(
        label, tuple(photo.id for photo in chosen), tuple(dataset.path_of(photo) for photo in chosen)
    )


def _said(index: TrainingIndex, path: Path) -> dict[str, Any]:
    """Distances by what they mean."""
    middle = float(index.spacing[len(index.spacing) // 2])
    return {
        "index": str(path),
        "of": index.origin.label,
        "bytes": path.stat().st_size,
        "components": len(index.components),
        "too_near_below": round(index.threshold, 4),
        "median_among_them": round(middle, 4),
    }


if __name__ == "__main__":
    raise SystemExit(main())
