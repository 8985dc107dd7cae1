"""What decides a fine-tuning of a UNet by LoRA: the recipe, with its defaults."""

from dataclasses import dataclass
from pathlib import Path

from core.drawing.composing import STOCK_ENCODER
from core.errors import TrainingError
from core.settings import EMBEDDED_MODEL
from training.clip_tuning.config import PRECISIONS

TARGETS = ("to_q", "to_k", "to_v", "to_out.0")
"""Layers of the UNet's attention that get an addition, self- and cross-attention alike."""

LEARNING_RATE = 1e-4


@dataclass(frozen=True, slots=True)
class UNetLoraConfig:
    """Everything that decides the curve of a run; saved in it as config.json, with the pace beside it.

    What depends on the machine (micro-batch, processes, device) is not here: it changes no gradient beyond
    rounding. The last three are filled in when the run begins, so that it never goes on with other weights or
    other captions under the same names.
    """

    data: Path
    model: str = EMBEDDED_MODEL
    text_encoder: str = STOCK_ENCODER
    rank: int = 8
    batch: int = 4
    epochs: int = 10
    steps: int = 0
    """0: as many as the epochs take."""
    prior: int = 0
    """Pictures of the model's own that it is held to; 0 for none."""
    prior_weight: float = 1.0
    min_snr_gamma: float = 5.0
    """0 weighs every timestep alike."""
    empty_share: float = 0.1
    """Of captions replaced by the empty prompt, so that guidance still knows what to lead away from."""
    mirror: bool = True
    """Mirror images are learned from as well, unless the caption says left or right."""
    class_captions: tuple[str, ...] = ()
    """Captions of the prior's pictures; those that the model knows and the data do not teach if left out."""
    size: int = 0
    """Pixels of a picture's side; 0 for what the UNet was built for."""
    average: float = 0.999
    weight_decay: float = 0.01
    gradient_limit: float = 1.0
    precision: str = "auto"
    """bf16 where the device has it and the network is large enough for it to pay."""
    checkpointing: bool = False
    """Less memory, a third more time: activations are computed again on the way back."""
    previews: int = 6
    measured: int = 64
    """Held-out pictures that are measured on, at most."""
    seed: int = 0
    model_hash: str = ""
    text_encoder_hash: str = ""
    data_digest: str = ""

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise TrainingError(f"precision is '{self.precision}'; known are: {', '.join(PRECISIONS)}.")
        for name in ("rank", "batch", "epochs", "measured"):
            if getattr(self, name) < 1:
                raise TrainingError(f"{name} is {getattr(self, name)}; it must be at least 1.")
        for name in ("steps", "prior", "prior_weight", "min_snr_gamma", "size", "previews"):
            if getattr(self, name) < 0:
                raise TrainingError(f"{name} is {getattr(self, name)}; it can't be negative.")
        for name in ("empty_share", "average"):
            if not 0 <= getattr(self, name) < 1:
                raise TrainingError(f"{name} is {getattr(self, name)}; it must be at least 0 and below 1.")

    def total_steps(self, pictures: int) -> int:
        """Steps of the whole run over so many training pictures."""
        return self.steps or self.epochs * self.steps_per_epoch(pictures)

    def steps_per_epoch(self, pictures: int) -> int:
        """Steps until every picture was seen once; the last one begins the next round."""
        return -(-pictures // self.batch)
