"""Between the stock text encoder and a tuned one: weights mixed linearly, as one setting from 0 to 1.

Two encoders of which one was tuned from the other lie in one valley of the loss, so that their mixtures work
too (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models"). Strangers of the same shape do not.
"""

import copy
from pathlib import Path
from typing import Any

import torch

from core.errors import EncoderMismatchError, RecipeError
from core.recipes import STOCK_ENCODER
from core.weights.text_encoders import load_text_encoder


def check_weight(weight: float) -> float:
    """The weight itself.

    Raises:
        RecipeError: it lies outside 0 (stock) to 1 (tuned).
    """
    if not 0 <= weight <= 1:
        raise RecipeError(f"The encoder's weight is {weight}; it goes from 0 (stock) to 1 (tuned).")
    return float(weight)


@torch.no_grad()
def interpolate_encoders(stock: Any, tuned: Any, weight: float) -> Any:
    """A new CLIPTextModel: ``1 - weight`` of ``stock`` and ``weight`` of ``tuned``; both stay as they are.

    Raises:
        RecipeError: the weight is out of range.
        EncoderMismatchError: a weight is missing in one of them or has another shape.
    """
    check_weight(weight)
    mixed = copy.deepcopy(stock)
    others = dict(tuned.named_parameters())
    own = dict(mixed.named_parameters())
    if unlike := sorted(n for n in own.keys() | others.keys() if not _alike(own.get(n), others.get(n))):
        raise EncoderMismatchError(f"The encoders can't be mixed: they differ at '{unlike[0]}'.")
    for name, parameter in own.items():
        parameter.lerp_(others[name].to(parameter), weight)
    return mixed


def load_drawn_encoder(model: Path, text_encoder: str, weight: float | None = None) -> Any:
    """The CLIPTextModel that reads a recipe's prompt: the stock one of ``model``, a tuned one, or between.

    Raises:
        RecipeError, EncoderMismatchError: as ``interpolate_encoders``.
        ModelError: one of the folders can't be loaded.
    """
    stock = model / "text_encoder"
    if text_encoder == STOCK_ENCODER or weight == 0:
        return load_text_encoder(stock)
    tuned = load_text_encoder(Path(text_encoder))
    if weight is None or weight == 1:
        return tuned
    return interpolate_encoders(load_text_encoder(stock), tuned, weight)


def _alike(one: Any, other: Any) -> bool:
    return one is not None and other is not None and one.shape == other.shape
