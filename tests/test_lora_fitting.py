"""Drawing with a LoRA: what plain diffusers draws, scaled by the strength, and nothing left over after it."""

import shutil
from dataclasses import replace
from pathlib import Path

import diffusers
import numpy as np
import pytest
import torch
from diffusers import UNet2DConditionModel
from lora_scenes import edit_lora, save_lora
from safetensors.torch import load_file
from tiny_models import make_encoder, make_tiny_pipeline

from core.drawing.pipeline import Pipeline, draw, load_pipeline
from core.errors import GenerationError, LoraMismatchError, ModelError, ModelMissingError
from core.recipes import Recipe
from core.weights.loras import WEIGHTS, describe_lora
from training.embedded.unet_growth import deepen

RECIPE = Recipe("acne", 7, "tiny", 2, 2.0, "ddim", 32, 32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "tiny")
    save_lora(folder / "tiny", folder / "one", seed=1)
    save_lora(folder / "tiny", folder / "two", seed=2, rank=3)
    return folder


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Pipeline:
    return load_pipeline(folder / "tiny", device="cpu")


def with_lora(folder: Path, name: str = "one", strength: float = 1.0) -> Recipe:
    return replace(RECIPE, lora=str(folder / name), lora_strength=strength)


def pixels(pipeline: Pipeline, recipe: Recipe) -> bytes:
    return draw(pipeline, recipe).tobytes()


@pytest.mark.parametrize("strength", [1.0, 0.6])
def test_a_lora_draws_what_plain_diffusers_draws_with_it(
    folder: Path, loaded: Pipeline, strength: float
) -> None:
    plain = diffusers.StableDiffusionPipeline.from_pretrained(folder / "tiny")
    plain.set_progress_bar_config(disable=True)
    plain.load_lora_weights(folder / "one", adapter_name="one")
    plain.set_adapters("one", strength)
    asked = {"num_inference_steps": 2, "guidance_scale": 2.0, "height": 32, "width": 32, "output_type": "np"}
    found = plain("acne", negative_prompt="", generator=torch.Generator().manual_seed(7), **asked).images[0]
    ours, alone = (np.asarray(draw(loaded, r), int) for r in (with_lora(folder, strength=strength), RECIPE))
    expected = (found * 255).round().astype(int)
    assert np.abs(ours - expected).max() <= 1 < np.abs(ours - alone).max()


@pytest.mark.parametrize("layers", [(1, 1), (2, 1)])
def test_a_layer_adds_strength_times_scale_times_up_times_down(
    folder: Path, tmp_path: Path, layers: tuple[int, ...]
) -> None:
    model = Path(shutil.copytree(folder / "tiny", tmp_path / "model"))
    deepen(UNet2DConditionModel.from_pretrained(model / "unet"), layers).save_pretrained(model / "unet")
    save_lora(model, tmp_path / "scaled", seed=3, rank=4, alpha=2)
    pipeline = load_pipeline(model, device="cpu")
    name = "mid_block.attentions.0.transformer_blocks.0.attn2.to_k"
    plain, states = pipeline.parts.unet.get_submodule(name), torch.randn(2, 5, 32)
    before = plain(states)
    draw(pipeline, with_lora(tmp_path, "scaled", 0.7))
    weights = load_file(tmp_path / "scaled" / WEIGHTS)
    down, up = (weights[f"unet.{name}.lora.{side}.weight"] for side in ("down", "up"))
    expected = before + 0.7 * (2 / 4) * states @ down.T @ up.T
    assert torch.allclose(pipeline.parts.unet.get_submodule(name)(states), expected, atol=1e-5)


def test_strength_0_draws_exactly_what_the_model_draws_alone(folder: Path, loaded: Pipeline) -> None:
    alone = pixels(loaded, RECIPE)
    assert pixels(loaded, with_lora(folder, strength=0.0)) == alone
    pixels(loaded, with_lora(folder))
    assert pixels(loaded, with_lora(folder, strength=0.0)) == alone


def test_nothing_of_one_drawing_is_left_in_the_next_whatever_the_order(
    folder: Path, loaded: Pipeline
) -> None:
    asked = [RECIPE, with_lora(folder), with_lora(folder, "two"), with_lora(folder, strength=0.5)]
    fresh = [pixels(load_pipeline(folder / "tiny", device="cpu"), recipe) for recipe in asked]
    assert len(set(fresh)) == len(asked)
    order = [0, 1, 0, 2, 1, 3, 2, 3, 0]
    assert [pixels(loaded, asked[i]) == fresh[i] for i in order] == [True] * len(order)


def test_the_models_own_weights_are_never_written_to(folder: Path) -> None:
    pipeline = load_pipeline(folder / "tiny", device="cpu")
    unet = pipeline.parts.unet
    before = {name: weight.clone() for name, weight in unet.state_dict().items()}
    layers = [id(module) for module in unet.modules()]
    draw(pipeline, with_lora(folder, strength=1.5))
    draw(pipeline, RECIPE)
    assert [id(module) for module in unet.modules()] == layers
    assert all(torch.equal(weight, before[name]) for name, weight in unet.state_dict().items())


def test_a_lora_works_beside_another_encoder_and_with_both_number_types(folder: Path, tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "encoder")
    for dtype in (torch.float32, torch.bfloat16):
        pipeline = load_pipeline(folder / "tiny", encoder, "cpu", dtype)
        plain, tuned = pixels(pipeline, RECIPE), pixels(pipeline, with_lora(folder))
        assert plain != tuned
        assert (pixels(pipeline, RECIPE), pixels(pipeline, with_lora(folder))) == (plain, tuned)


def test_a_lora_that_changed_since_is_refused(folder: Path, loaded: Pipeline, tmp_path: Path) -> None:
    own = Path(shutil.copytree(folder / "one", tmp_path / "own"))
    recipe = replace(with_lora(tmp_path, "own"), lora_hash=describe_lora(own).hash)
    first = pixels(loaded, recipe)
    shutil.copy(folder / "two" / WEIGHTS, own / WEIGHTS)
    with pytest.raises(ModelError, match="has changed since this picture was asked for"):
        draw(loaded, recipe)
    assert pixels(loaded, replace(recipe, lora_hash=None)) not in (first, pixels(loaded, RECIPE))


def test_a_lora_that_is_gone_or_does_not_fit_leaves_the_pipeline_as_it_was(
    folder: Path, loaded: Pipeline, tmp_path: Path
) -> None:
    alone = pixels(loaded, RECIPE)
    with pytest.raises(ModelMissingError, match="There is no LoRA"):
        draw(loaded, with_lora(tmp_path, "gone"))
    bad = Path(shutil.copytree(folder / "one", tmp_path / "bad"))
    name = next(n for n in load_file(bad / WEIGHTS) if n.endswith("up.weight"))
    edit_lora(bad, {name: torch.zeros(99, 2)})
    with pytest.raises(LoraMismatchError, match="99x16 here"):
        draw(loaded, with_lora(tmp_path, "bad"))
    edit_lora(bad, {name: torch.full((16, 2), float("nan"))})
    with pytest.raises(ModelError, match="holds NaN or infinity"):
        draw(loaded, with_lora(tmp_path, "bad"))
    assert pixels(loaded, RECIPE) == alone


def test_a_lora_that_fails_halfway_is_taken_out_again(
    folder: Path, loaded: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = pixels(loaded, RECIPE)
    load = type(loaded.parts.unet).load_lora_adapter

    def half(self: torch.nn.Module, *args: object, **kwargs: object) -> None:
        load(self, *args, **kwargs)
        raise RuntimeError("the disk went away")

    with monkeypatch.context() as patch, pytest.raises(GenerationError, match="the disk went away"):
        patch.setattr(type(loaded.parts.unet), "load_lora_adapter", half)
        draw(loaded, with_lora(folder))
    assert pixels(loaded, RECIPE) == alone
