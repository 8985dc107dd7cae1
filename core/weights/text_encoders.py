"""Loading a text encoder, whatever CLIP folder it comes from, and refusing weights left to chance."""

from pathlib import Path
from typing import Any

import torch
from transformers import CLIPTextModel

from core.errors import ModelError
from core.weights.model_folders import find_weights

OTHER_TOWER = ("vision_model.", "visual_projection.", "text_projection.", "logit_scale")
"""Tensors of a whole CLIP that a text encoder rightly leaves unread."""

POSITION_IDS = "embeddings.position_ids"
"""A constant that checkpoints of before 2023 carry; it is not a weight."""


def load_text_encoder(folder: Path) -> CLIPTextModel:
    """Loads a CLIP text encoder in float32: with or without the "text_model." prefix, or out of a whole CLIP.

    Raises:
        ModelError: a weight is missing, left over, or of another shape: it would be drawn from chance.
    """
    variant = find_weights(folder)[1]
    options = {"use_safetensors": True, "local_files_only": True, "variant": variant, "dtype": torch.float32}
    encoder, report = CLIPTextModel.from_pretrained(
        folder, output_loading_info=True, ignore_mismatched_sizes=True, **options
    )
    check_report(folder, report, allowed=OTHER_TOWER)
    check_finite(folder, encoder)
    return encoder.eval()


def check_report(folder: Path, report: dict[str, Any], allowed: tuple[str, ...] = ()) -> None:
    """Checks what a library says of loading: it only warns, and fills a gap with random numbers.

    Raises:
        ModelError: a weight is missing, of another shape, or left over (unless its name begins as one of
            ``allowed``).
    """
    unexpected = [name for name in report["unexpected_keys"] if not name.startswith(allowed)]
    unexpected = [name for name in unexpected if not name.endswith(POSITION_IDS)]
    for what, names in (
        ("lack", report["missing_keys"]),
        ("hold what the configuration does not describe:", unexpected),
        ("have another shape than the configuration says at", report["mismatched_keys"]),
    ):
        if names:
            first = sorted(str(name) for name in names)[0]
            raise ModelError(
                f"The weights in {folder} {what} '{first}' ({len(names)} in all). "
                "Configuration and weights belong to different models; copy the folder again."
            )


def check_finite(folder: Path, network: Any) -> None:
    """Raises ModelError if a weight is no number."""
    if not all(bool(torch.isfinite(p).all()) for p in network.parameters()):
        raise ModelError(f"The weights in {folder} hold NaN or infinity: its training went wrong.")
