"""The weight between stock and tuned: a setting of the recipe, from the flag to the bytes."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from encoder_scenes import save_nudged, stock_encoder
from tiny_models import make_encoder, make_tiny_pipeline

from core.drawing.composing import Wish, compose_recipe
from core.drawing.loading import load_pipeline
from core.drawing.pipeline import draw, load_for
from core.errors import EncoderMismatchError, RecipeError
from core.generate import main
from core.images import pixel_sha256, read_recipe
from core.language.attributes import Attributes
from core.recipes import Recipe
from core.weights.checkpoints import drawn_encoder_hash, encoder_hash
from core.weights.interpolation import interpolate_encoders
from core.weights.text_encoders import load_text_encoder

PLAIN = Recipe("acne", 7, "tiny", 4, 2.0, "ddim", 32, 32)
ASKED = ["--rash", "tinea", "--site", "foot", "--tone", "brown", "--seed", "7"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "embedded")
    save_nudged(folder / "embedded", folder / "tuned", 0.3)
    return folder


@pytest.fixture(autouse=True)
def tuned(models: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(models))
    return str(models / "tuned")


def wish(encoder: str = "stock", weight: float | None = None) -> Wish:
    attributes = Attributes("tinea", ("foot",), "brown")
    return Wish(attributes, seed=7, text_encoder=encoder, text_encoder_weight=weight)


def pixels(recipe: Recipe) -> str:
    return pixel_sha256(draw(load_for(recipe), recipe))


def test_a_recipe_without_a_mixture_is_the_text_that_it_always_was(tuned: str) -> None:
    assert "text_encoder_weight" not in PLAIN.to_dict()
    whole = replace(PLAIN, text_encoder=tuned, text_encoder_weight=1)
    assert whole == replace(PLAIN, text_encoder=tuned)
    assert "weight" not in whole.to_json()


@pytest.mark.parametrize("weight", [0, 0.0, 0.35])
def test_a_mixture_comes_back_from_its_json(weight: float, tuned: str) -> None:
    recipe = replace(PLAIN, text_encoder=tuned, text_encoder_weight=weight)
    assert recipe.to_dict()["text_encoder_weight"] == weight
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert recipe.to_json() == replace(recipe, text_encoder_weight=float(weight)).to_json()


@pytest.mark.parametrize("weight", [-0.1, 1.5, float("nan"), True, "0.5"])
def test_a_weight_out_of_range_is_refused_with_its_value(weight: Any, tuned: str) -> None:
    with pytest.raises(RecipeError, match=f"text_encoder_weight is {weight!r}; it goes from 0"):
        replace(PLAIN, text_encoder=tuned, text_encoder_weight=weight)


def test_a_weight_without_a_tuned_encoder_is_refused() -> None:
    with pytest.raises(RecipeError, match="no tuned text encoder is named"):
        replace(PLAIN, text_encoder_weight=0.5)


def test_weight_0_draws_the_stock_pixels_and_1_the_tuned_ones(tuned: str) -> None:
    stock, whole = compose_recipe(wish()), compose_recipe(wish(tuned))
    none, all_of_it, half = (compose_recipe(wish(tuned, weight)) for weight in (0, 1, 0.5))
    drawn = {name: pixels(r) for name, r in (("stock", stock), ("tuned", whole), ("half", half))}
    assert len(set(drawn.values())) == 3
    assert (pixels(none), pixels(all_of_it)) == (drawn["stock"], drawn["tuned"])
    assert none.text_encoder_hash == stock.text_encoder_hash
    assert all_of_it.text_encoder_hash == whole.text_encoder_hash


def test_the_ends_of_a_mixture_are_the_two_encoders_bit_by_bit(models: Path, tuned: str) -> None:
    stock, other = stock_encoder(models / "embedded"), load_text_encoder(Path(tuned))
    for weight, end in ((0.0, stock), (1.0, other)):
        mixed = interpolate_encoders(stock, other, weight).state_dict()
        assert all(torch.equal(mixed[name], value) for name, value in end.state_dict().items())


def test_the_hash_is_of_what_was_drawn_with(models: Path, tuned: str) -> None:
    model = models / "embedded"
    hashes = [drawn_encoder_hash(model, tuned, weight) for weight in (0.0, 0.25, 0.5, None)]
    assert len(set(hashes)) == 4
    assert (hashes[0], hashes[-1]) == (encoder_hash(model), encoder_hash(tuned))
    recipe = compose_recipe(wish(tuned, 0.25))
    assert recipe.text_encoder_hash == hashes[1] == load_for(recipe).text_encoder_hash


def test_the_hash_of_a_mixture_follows_either_encoder(models: Path, tuned: str, tmp_path: Path) -> None:
    model = models / "embedded"
    other_model = make_tiny_pipeline(tmp_path / "model", seed=4)
    other_tuned = str(make_encoder(tmp_path / "other", seed=5))
    found = {
        drawn_encoder_hash(*pair, 0.5)
        for pair in ((model, tuned), (other_model, tuned), (model, other_tuned))
    }
    assert len(found) == 3


def test_the_command_mixes_and_says_so_in_the_file(tuned: str, tmp_path: Path) -> None:
    output = tmp_path / "out.png"
    flags = ["--text-encoder", tuned, "--text-encoder-weight", "0.5", "--as-kept", "--output", str(output)]
    assert main([*ASKED, *flags]) == 0
    recipe, found = read_recipe(output)
    assert (recipe.text_encoder, recipe.text_encoder_weight) == (tuned, 0.5)
    assert found == pixels(compose_recipe(wish(tuned, 0.5)))


def test_the_older_name_of_the_flag_still_works(tuned: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ASKED, "--encoder", tuned, "--dry-run"]) == 0
    assert json.loads(capsys.readouterr().out)["text_encoder"] == tuned


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (lambda tuned: ["--text-encoder-weight", "0.5"], "no tuned text encoder is named"),
        (lambda tuned: ["--text-encoder", tuned, "--text-encoder-weight", "2"], "text_encoder_weight is 2.0"),
    ],
)
def test_the_command_refuses_a_weight_that_means_nothing(
    flags: Callable[[str], list[str]], words: str, tuned: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ASKED, *flags(tuned), "--dry-run"]) == 1
    assert words in capsys.readouterr().err


def test_loading_refuses_a_weight_out_of_range_and_an_encoder_that_does_not_fit(
    models: Path, tuned: str, tmp_path: Path
) -> None:
    model = models / "embedded"
    with pytest.raises(RecipeError, match=r"weight is 1\.5"):
        load_pipeline(model, tuned, text_encoder_weight=1.5)
    narrow = make_encoder(tmp_path / "narrow", hidden_size=16)
    with pytest.raises(EncoderMismatchError, match="hidden size"):
        load_pipeline(model, narrow, text_encoder_weight=0.0)
