"""The layers of a LoRA and of the UNet it is meant for, compared by their file headers: no weight is loaded.

A layer stands in the file as two matrices: ``down`` (rank, inputs), called lora_A or lora.down, and ``up``
(outputs, rank), called lora_B or lora.up. Strength times scale times up @ down is added to the UNet's weight.
"""

import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import LoraMismatchError, ModelMissingError
from core.weights.encoders import FLOAT_TYPES, Difference
from core.weights.model_folders import Shapes, read_header, tensor_shapes

PREFIX = "unet."
SIDES = {"lora_A": "down", "lora.down": "down", "lora_B": "up", "lora.up": "up"}
TENSOR = re.compile(rf"unet\.(.+)\.({'|'.join(map(re.escape, SIDES))})\.weight")
NOTES = "lora_adapter_metadata"
"""Where diffusers puts the settings that the layers were made with (peft's names, after "unet.")."""

UNKNOWN_NOTES = ("use_dora", "rank_pattern", "alpha_pattern", "lora_bias")
"""Settings that would draw something else than strength times scale times up @ down."""

CONVERT = (
    "Open it once with diffusers where it works (load_lora_weights), and save its UNet part by "
    "save_lora_weights."
)
SHOWN = 3
"""Differences named in a message."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Shapes of one layer's two matrices; more than two numbers where it changes a convolution."""

    down: tuple[int, ...]
    up: tuple[int, ...]

    @property
    def rank(self) -> int:
        """What lies between the two."""
        return self.down[0]

    @property
    def changes(self) -> tuple[int, ...]:
        """Shape of the weight that it is added to."""
        return (self.up[0], *self.down[1:])


@dataclass(frozen=True, slots=True)
class LoraHeader:
    """What a file's header says: layers by the name of the UNet's module, and what up @ down is scaled by."""

    layers: dict[str, Layer] = field(default_factory=dict, hash=False)
    scale: float = 1.0

    @property
    def rank(self) -> int:
        """The largest of its layers."""
        return max((layer.rank for layer in self.layers.values()), default=0)


def read_lora_header(path: Path) -> LoraHeader:
    """Reads the layers of one file.

    Raises:
        ModelMissingError: the file is cut short.
        LoraMismatchError: it holds something else than layers of a UNet.
    """
    shapes, notes = read_header(path)
    pairs: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, (dtype, shape) in shapes.items():
        match = TENSOR.fullmatch(name)
        if match is None or dtype not in FLOAT_TYPES:
            raise LoraMismatchError(_stranger(path, name, dtype))
        pairs.setdefault(match[1], {})[SIDES[match[2]]] = shape
    if not pairs:
        raise LoraMismatchError(f"{path} holds no layer at all. Copy or train it again.")
    layers = {module: _layer(path, module, sides) for module, sides in pairs.items()}
    return LoraHeader(layers, _scale(path, notes))


def _layer(path: Path, module: str, sides: dict[str, tuple[int, ...]]) -> Layer:
    down, up = sides.get("down", ()), sides.get("up", ())
    if len(down) < 2 or len(up) != len(down) or up[1] != down[0] or math.prod(up[2:]) != 1:
        raise LoraMismatchError(
            f"The two matrices of '{module}' in {path} do not belong together ({_text(down)} and "
            f"{_text(up)}). Copy or train it again."
        )
    return Layer(down, up)


def _stranger(path: Path, name: str, dtype: str) -> str:
    if name.startswith("text_encoder"):
        return (
            f"{path} also changes the text encoder ('{name}'). Here a LoRA changes the UNet alone, beside "
            f"the text encoder that is chosen. {CONVERT}"
        )
    return f"{path} is no LoRA as diffusers writes it: it holds '{name}' ({dtype}). {CONVERT}"


def _scale(path: Path, notes: dict[str, str]) -> float:
    """alpha / rank as peft scales by, 1 where nothing is said."""
    try:
        said: dict[str, Any] = json.loads(notes.get(NOTES, "{}"))
        mine = {key.removeprefix(PREFIX): value for key, value in said.items() if key.startswith(PREFIX)}
        rank, alpha = float(mine.get("r", 1)), float(mine.get("lora_alpha", mine.get("r", 1)))
        scale = alpha / (math.sqrt(rank) if mine.get("use_rslora") else rank)
    except (ValueError, TypeError, AttributeError, ZeroDivisionError) as error:
        raise ModelMissingError(
            f"The notes in {path} can't be read ({error}). Copy or train it again."
        ) from error
    if unknown := [key for key in UNKNOWN_NOTES if mine.get(key)]:
        raise LoraMismatchError(
            f"{path} was made with {unknown[0]}, which this version does not draw. Train it without."
        )
    return scale


def check_layers(folder: Path, header: LoraHeader, model_dir: Path, base: str) -> None:
    """Checks that the UNet has every layer's module, with a weight of the layer's shape.

    Raises:
        LoraMismatchError: naming what differs, with both shapes, and ``base``, the model it was trained on.
        ModelMissingError, UnsafeWeightsError: the model has no UNet that can be read.
    """
    found = layer_differences(header, tensor_shapes(model_dir / "unet"))
    if not found:
        return
    listed = "; ".join(str(difference) for difference in found[:SHOWN])
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    trained = f"It was trained on '{base}'" if base else "Which model it was trained on is not recorded"
    raise LoraMismatchError(
        f"The LoRA in {folder} does not fit the model in {model_dir}. {listed}{more}. {trained}: choose the "
        "model it belongs to, or another LoRA."
    )


def layer_differences(header: LoraHeader, unet: Shapes) -> list[Difference]:
    """Every layer whose module the UNet lacks, or has in another shape."""
    found = []
    for module, layer in sorted(header.layers.items()):
        theirs = unet.get(f"{module}.weight", ("", ()))[1]
        if theirs != layer.changes:
            found.append(Difference(f"'{module}'", _text(layer.changes), _text(theirs)))
    return found


def _text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "missing"
