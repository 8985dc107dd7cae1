"""Twins: pictures of one prompt, seed and settings that differ in the weights that drew them alone.

``setting_key`` is equal for twins, ``weights_key`` for pictures drawn by the same weights: model, text
encoder and LoRA. Versions of libraries take no part in either, nor do names where the hash is known.
"""

import json
from hashlib import sha256
from typing import Any

from core.recipes import Recipe

KEY_LENGTH = 32
"""Hexadecimal digits of a key."""

SETTINGS = (
    *("prompt", "negative_prompt", "seed", "num_inference_steps", "guidance_scale", "scheduler"),
    *("height", "width", "strength", "start_hash"),
)


def setting_key(recipe: Recipe) -> str:
    """Names what was asked for and how it was drawn, whatever weights drew it."""
    values = {name: getattr(recipe, name) for name in SETTINGS}
    return _key({name: float(value) if _is_number(value) else value for name, value in values.items()})


def weights_key(recipe: Recipe) -> str:
    """Names the weights; by hash, or by name where a recipe holds no hash. A LoRA of strength 0 is none."""
    strength = recipe.lora_strength
    return _key(
        {
            "model": recipe.model_hash or recipe.model,
            "text_encoder": recipe.text_encoder_hash or [recipe.text_encoder, recipe.text_encoder_weight],
            "lora": recipe.lora_hash or recipe.lora if strength else None,
            "lora_strength": float(strength) if strength else None,
        }
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _key(values: dict[str, Any]) -> str:
    """The beginning of the SHA-256 of canonical JSON."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:KEY_LENGTH]
