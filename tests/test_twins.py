"""Which recipes are twins: all equal but for what drew."""

from dataclasses import replace

import pytest
from library_parts import RECIPE

from core.twins import setting_key, weights_key

HASHED = replace(RECIPE, model_hash="a" * 64, text_encoder_hash="b" * 64)


@pytest.mark.parametrize(
    "change",
    [
        {"model": "another", "model_hash": "c" * 64},
        {"text_encoder": "/runs/first/text_encoder", "text_encoder_hash": "c" * 64},
        {"lora": "mine", "lora_hash": "c" * 64, "lora_strength": 0.8},
    ],
)
def test_another_model_encoder_or_lora_is_a_twin_by_other_weights(change: dict) -> None:
    other = replace(HASHED, **change)
    assert setting_key(other) == setting_key(HASHED)
    assert weights_key(other) != weights_key(HASHED)


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "acne"},
        {"negative_prompt": "blur"},
        {"seed": 8},
        {"num_inference_steps": 3},
        {"guidance_scale": 7.0},
        {"scheduler": "ddim"},
        {"height": 128},
        {"width": 128},
        {"strength": 0.9, "start_hash": "d" * 64},
    ],
)
def test_another_setting_is_no_twin_of_the_same_weights(change: dict) -> None:
    other = replace(HASHED, **change)
    assert setting_key(other) != setting_key(HASHED)
    assert weights_key(other) == weights_key(HASHED)


def test_names_versions_and_kinds_of_numbers_change_neither() -> None:
    other = replace(HASHED, model="/moved/here", versions={"torch": "9"}, caption="said so")
    assert (setting_key(other), weights_key(other)) == (setting_key(HASHED), weights_key(HASHED))
    whole, part = replace(HASHED, guidance_scale=7), replace(HASHED, guidance_scale=7.0)
    assert setting_key(whole) == setting_key(part)
    without = replace(HASHED, lora="mine", lora_hash="c" * 64, lora_strength=0)
    assert weights_key(without) == weights_key(HASHED)


def test_weights_without_a_hash_are_told_by_name_and_mixture() -> None:
    mixed = replace(RECIPE, text_encoder="/runs/first", text_encoder_weight=0.5)
    keys = {weights_key(recipe) for recipe in (RECIPE, mixed, replace(mixed, text_encoder_weight=0.25))}
    assert len(keys) == 3
