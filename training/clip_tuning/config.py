"""What decides a fine-tuning of CLIP: the recipe, with its defaults."""

import json
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import TrainingError
from core.settings import EMBEDDED_MODEL, Settings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Config = TypeVar("Config", bound="DataclassInstance")

LORA, LAST_LAYERS, FULL = METHODS = ("lora", "last-layers", "full")

LEARNING_RATES = {LORA: 1e-4, LAST_LAYERS: 1e-6, FULL: 5e-7}
"""By method. 1e-6 on every weight has destroyed models within a thousand steps."""

PRECISIONS = ("auto", "bf16", "float32")


@dataclass(frozen=True, slots=True)
class FinetuneConfig:
    """Everything that decides the curve of a run; saved in it as config.json, with the pace beside it.

    What depends on the machine (micro-batch, processes, device) is not here: it changes no gradient beyond
    rounding.
    """

    data: Path
    clip: str
    method: str = LORA
    batch: int = 128
    """Pictures that are contrasted with each other, whatever fits into memory at once."""
    epochs: int = 10
    layers: int = 4
    """Last layers of the text tower that "lora" and "last-layers" change."""
    lora_rank: int = 16
    lora_alpha: int = 16
    distillation: float = 10.0
    """Weight of the distance to the original's hidden states; 0 lets them go where they like."""
    train_vision: bool = False
    weight_decay: float = 0.01
    gradient_limit: float = 1.0
    precision: str = "auto"
    """bf16 where the device has it and the network is large enough for it to pay."""
    seed: int = 0
    measured: int = 1000
    """Held-out pictures that are measured on, at most."""
    anchors: tuple[str, ...] | None = None
    """Captions that are held to the original's states instead of the data's own: a new name that is held to
    what it said before can't be learned (docs/encoder-study.md). The command takes those that the model's
    card names. The empty prompt is held in any case."""

    def __post_init__(self) -> None:
        for name, value, known in (
            ("method", self.method, METHODS),
            ("precision", self.precision, PRECISIONS),
        ):
            if value not in known:
                raise TrainingError(f"{name} is '{value}'; known are: {', '.join(known)}.")
        if self.batch < 2:
            raise TrainingError(f"batch is {self.batch}; a contrast needs at least 2 pictures.")
        for name in ("epochs", "layers", "lora_rank", "measured"):
            if getattr(self, name) < 1:
                raise TrainingError(f"{name} is {getattr(self, name)}; it must be at least 1.")
        if self.anchors is not None and not any(self.anchors):
            raise TrainingError("anchors hold no caption: name some, or leave them out.")
        if self.distillation < 0:
            raise TrainingError(f"distillation is {self.distillation}; it can't be negative.")


def default_clip() -> str:
    """The embedded pipeline's own text encoder with its vision partner."""
    return str(Settings.from_environment().models / EMBEDDED_MODEL / "clip")


def with_file(config: Config, path: Path | None) -> Config:
    """The settings of a JSON file over those given, for any configuration that is a dataclass.

    Raises:
        TrainingError: the file is no JSON object, or holds a name that is no setting.
    """
    if path is None:
        return config
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        known = [f.name for f in fields(config)]
        unknown = set(values) - set(known)
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(f"{path} can't be read as settings: {error}.") from error
    if unknown:
        listed = ", ".join(known)
        raise TrainingError(f"{path} holds '{sorted(unknown)[0]}', which is no setting. Known are: {listed}.")
    paths = {"data": Path(values["data"])} if "data" in values else {}
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return replace(config, **{**values, **paths, **lists})
