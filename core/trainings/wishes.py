"""What a training started from the app is asked for: the flags of the two commands, with the same defaults.

None and "" leave a value to the command, which chooses by method. Imports no torch.
"""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar

from core.recipes import STOCK_ENCODER
from core.weights.candidates import Kind
from core.weights.model_folders import resolve_source

METHODS = ("lora", "last-layers", "full")
"""What of a text encoder moves."""

ANCHORS = ("known", "data")
"""Captions that an encoder is held to the original on: of the words that the model knows, or the data's."""

MODULES = {Kind.ENCODER: "training.finetune_clip", Kind.LORA: "training.finetune_unet"}
LARGE_CLIP = "openai/clip-vit-large-patch14"
"""The CLIP that Stable Diffusion 1.x was trained with; its text encoder is 768 wide."""

LARGE_WIDTH = 768
CLIP = "clip"
"""Folder in a released model that holds the whole CLIP."""


@dataclass(frozen=True, slots=True)
class EncoderTraining:
    """A fine-tuning of CLIP. ``clip`` is a folder or hub id; ``download`` lets it be fetched."""

    kind: ClassVar[Kind] = Kind.ENCODER
    data: Path
    clip: str
    method: str = METHODS[0]
    epochs: int = 10
    batch: int = 128
    learning_rate: float | None = None
    distillation: float = 10.0
    train_vision: bool = False
    seed: int = 0
    download: bool = False
    anchors: str | None = None
    """One of ``ANCHORS``, or a file of captions."""


@dataclass(frozen=True, slots=True)
class LoraTraining:
    """A LoRA of a model's UNet beside a frozen text encoder; ``prior`` counts pictures of the model's own."""

    kind: ClassVar[Kind] = Kind.LORA
    data: Path
    model: str
    encoder: str = STOCK_ENCODER
    rank: int = 8
    epochs: int = 10
    batch: int = 4
    learning_rate: float | None = None
    min_snr_gamma: float = 5.0
    prior: int = 0
    prior_weight: float = 1.0
    seed: int = 0


TrainingWish = EncoderTraining | LoraTraining


def arguments_of(wish: TrainingWish, output: Path) -> tuple[str, ...]:
    """The command's flags; each with its value in one word, so that a value may begin with a dash."""
    words = [f"--output={output}"]
    for field in fields(wish):
        value, name = getattr(wish, field.name), field.name.replace("_", "-")
        if value is True:
            words.append(f"--{name}")
        elif value not in (None, "", False) or (value == 0 and value is not False):
            words.append(f"--{name}={value}")
    return tuple(words)


def flags_of(arguments: tuple[str, ...]) -> dict[str, str]:
    """The values that were given, by setting."""
    pairs = (word.removeprefix("--").partition("=") for word in arguments if word.startswith("--"))
    return {name.replace("-", "_"): value for name, _, value in pairs}


@dataclass(frozen=True, slots=True)
class ClipSource:
    """The CLIP that a model's text encoder is part of. ``comes_along`` is False where the model's folder has
    none; ``source`` is then the usual one for its width, or empty."""

    source: str
    comes_along: bool


def clip_of(model: str) -> ClipSource:
    """What a fine-tuning of a model's text encoder begins with.

    Raises:
        ModelError: there is no such model.
    """
    folder = resolve_source(model)
    if (folder / CLIP / "config.json").is_file():
        return ClipSource(str((folder / CLIP).resolve()), True)
    return ClipSource(LARGE_CLIP if _width(folder) == LARGE_WIDTH else "", False)


def _width(model: Path) -> int:
    """Of its text encoder's states; 0 where its configuration can't be read."""
    try:
        values = json.loads((model / "text_encoder" / "config.json").read_text(encoding="utf-8"))
        return int(values["hidden_size"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
