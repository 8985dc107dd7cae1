"""LoRAs as files: where they are found, what they say, which model they fit, what recipes say of them."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from lora_scenes import edit_lora, record, save_lora
from safetensors import safe_open
from safetensors.torch import load_file
from tiny_models import edit_json, make_encoder, make_tiny_pipeline

from core.drawing.composing import Wish, compose
from core.errors import LoraMismatchError, ModelError, ModelMissingError, RecipeError, UnsafeWeightsError
from core.language.attributes import Attributes
from core.recipes import Recipe
from core.settings import Settings
from core.weights.checkpoints import encoder_hash, model_hash
from core.weights.lora_layers import read_lora_header
from core.weights.loras import WEIGHTS, check_lora, describe_lora, list_loras, resolve_lora

RECIPE = Recipe("acne", 7, "tiny", 4, 2.0, "ddim", 32, 32)
QUERY = "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "embedded")
    save_lora(folder / "embedded", folder / "saved")
    return folder


@pytest.fixture
def model(models: Path) -> Path:
    return models / "embedded"


@pytest.fixture
def lora(models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(models / "saved", tmp_path / "one"))


@pytest.fixture
def runs(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCRIPT2SKIN_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(models))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


def test_recipes_without_a_lora_keep_their_text() -> None:
    words = [
        "prompt",
        "seed",
        "model",
        "num_inference_steps",
        "guidance_scale",
        "scheduler",
        "height",
        "width",
    ]
    words += ["negative_prompt", "caption", "rash", "sites", "tone", "model_hash", "text_encoder"]
    assert list(RECIPE.to_dict()) == [*words, "text_encoder_hash", "versions"]
    started = replace(RECIPE, strength=0.5, start_hash="a" * 64)
    assert list(started.to_dict()) == [*words, "text_encoder_hash", "strength", "start_hash", "versions"]
    assert Recipe.from_json(started.to_json()) == started


def test_a_lora_survives_the_recipes_text() -> None:
    recipe = replace(RECIPE, lora="first", lora_hash="b" * 64, lora_strength=0.0)
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert {"lora": "first", "lora_hash": "b" * 64, "lora_strength": 0.0}.items() <= recipe.to_dict().items()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lora": "first"}, "lora is 'first' and lora_strength is None; a LoRA needs both"),
        ({"lora_strength": 1.0}, "lora is None and lora_strength is 1.0"),
        ({"lora": "", "lora_strength": 1.0}, "lora is '' and"),
        ({"lora": "first", "lora_strength": 1.6}, "lora_strength is 1.6; it must be between 0 and 1.5"),
        ({"lora": "first", "lora_strength": -0.1}, "lora_strength is -0.1"),
        ({"lora": "first", "lora_strength": float("nan")}, "lora_strength is nan"),
        ({"lora": "first", "lora_strength": 1.0, "lora_hash": "x"}, "lora_hash is 'x'; it must be a SHA-256"),
    ],
)
def test_a_lora_that_makes_no_sense_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        replace(RECIPE, **changes)  # type: ignore[arg-type]


def test_a_lora_is_found_by_its_runs_name_its_runs_folder_or_its_own(runs: Path, lora: Path) -> None:
    shutil.copytree(lora, runs / "first" / "lora")
    shutil.copytree(lora, runs / "brought")
    for source in ("first", runs / "first", runs / "first" / "lora"):
        assert resolve_lora(source) == runs / "first" / "lora"
    assert (resolve_lora("brought"), resolve_lora(lora)) == (runs / "brought", lora)
    with pytest.raises(ModelMissingError, match=f"There is no LoRA 'second': neither a run below {runs}"):
        resolve_lora("second")
    with pytest.raises(ModelMissingError, match="No LoRA was named"):
        resolve_lora(" ")


def test_pickled_layers_are_refused_by_name(runs: Path, lora: Path) -> None:
    (lora / WEIGHTS).rename(lora / "pytorch_lora_weights.bin")
    with pytest.raises(UnsafeWeightsError, match=r"pytorch_lora_weights\.bin is a pickled checkpoint"):
        resolve_lora(lora)
    with pytest.raises(UnsafeWeightsError, match="pickled"):
        resolve_lora(lora / "pytorch_lora_weights.bin")


def test_a_description_says_what_is_recorded_and_what_the_header_holds(lora: Path) -> None:
    record(lora, model="embedded", text_encoder="stock", licence="CC0", consent="given", figures={"steps": 3})
    found = describe_lora(lora)
    assert (found.name, found.origin.model, found.origin.licence) == ("one", "embedded", "CC0")
    assert (found.origin.figures, found.trouble) == ({"steps": 3}, "")
    assert (found.header.rank, len(found.header.layers), found.header.scale) == (2, 32, 1.0)
    import hashlib

    assert found.hash == hashlib.sha256((lora / WEIGHTS).read_bytes()).hexdigest()


def test_the_list_holds_runs_runs_of_runs_brought_ones_and_broken_ones(runs: Path, lora: Path) -> None:
    for place in ("b/lora", "sweep/one/lora", "a"):
        shutil.copytree(lora, runs / place)
    record(runs / "a", licence="CC0")
    (runs / "broken" / "lora").mkdir(parents=True)
    (runs / "broken" / "lora" / WEIGHTS).write_bytes(b"no header")
    (runs / "unfinished").mkdir()
    found = {one.source: one for one in list_loras(Settings.from_environment())}
    assert list(found) == ["a", "b", "broken", "sweep/one"]
    assert (found["a"].origin.licence, found["b"].origin.licence) == ("CC0", "")
    assert "not a whole safetensors file" in found["broken"].trouble and not found["a"].trouble
    assert all(resolve_lora(one.source) == one.folder for one in found.values())


def test_a_broken_record_is_named(lora: Path) -> None:
    (lora / "origin.json").write_text("{")
    with pytest.raises(ModelError, match=r"origin\.json can't be read as the record of a LoRA's origin"):
        describe_lora(lora)


def test_a_lora_of_the_model_fits_and_opens_no_weights(
    model: Path, lora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("weights were read")

    monkeypatch.setattr("safetensors.torch.load_file", refuse)
    assert check_lora(lora, model).header.rank == 2


def test_a_layer_of_another_shape_is_named_with_both_shapes_and_the_recorded_base(
    model: Path, lora: Path
) -> None:
    record(lora, model="another")
    edit_lora(lora, {f"unet.{QUERY}.lora.down.weight": torch.zeros(2, 24)})
    with pytest.raises(
        LoraMismatchError, match=f"'{QUERY}': 16x24 here, 16x16 in the model. It was trained on 'another'"
    ):
        check_lora(lora, model)


def test_a_module_that_the_unet_lacks_is_named(model: Path, lora: Path) -> None:
    far = {
        f"unet.mid_block.attentions.{i}.to_q.lora_{side}.weight": torch.zeros(2, 2)
        for i in range(5, 9)
        for side in "AB"
    }
    edit_lora(lora, far)
    with pytest.raises(LoraMismatchError) as caught:
        check_lora(lora, model)
    assert "'mid_block.attentions.5.to_q': 2x2 here, missing in the model" in str(caught.value)
    assert "; and 1 more. Which model it was trained on is not recorded" in str(caught.value)


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ({"text_encoder.layers.0.q_proj.lora_A.weight": torch.zeros(2, 2)}, "also changes the text encoder"),
        (
            {"lora_unet_down_blocks_0_to_q.lora_down.weight": torch.zeros(2, 2)},
            "no LoRA as diffusers writes it",
        ),
        ({f"unet.{QUERY}.lora_magnitude_vector": torch.zeros(2)}, "lora_magnitude_vector"),
        ({f"unet.{QUERY}.lora.up.weight": torch.zeros(16, 3)}, "do not belong together .2x16 and 16x3"),
        ({"unet.other.lora_A.weight": torch.zeros(2, 2)}, "do not belong together .2x2 and missing"),
        ({f"unet.{QUERY}.lora.up.weight": torch.zeros(16, 2, dtype=torch.int8)}, "I8"),
    ],
)
def test_a_file_of_another_kind_is_refused(lora: Path, new: dict[str, torch.Tensor], words: str) -> None:
    edit_lora(lora, new)
    with pytest.raises(LoraMismatchError, match=words):
        describe_lora(lora)


def test_an_empty_file_is_refused(lora: Path) -> None:
    edit_lora(lora, {}, left_out=tuple(load_file(lora / WEIGHTS)))
    with pytest.raises(LoraMismatchError, match="holds no layer"):
        describe_lora(lora)


def test_the_scale_is_alpha_by_rank_as_recorded_in_the_file(model: Path, tmp_path: Path) -> None:
    folder = save_lora(model, tmp_path / "scaled", rank=4, alpha=2)
    with safe_open(folder / WEIGHTS, "np") as file:
        assert "unet.lora_alpha" in file.metadata()["lora_adapter_metadata"]
    assert read_lora_header(folder / WEIGHTS).scale == 0.5


@pytest.mark.parametrize("setting", ["use_dora", "rank_pattern", "alpha_pattern"])
def test_settings_that_would_draw_something_else_are_refused(lora: Path, setting: str) -> None:
    from safetensors.torch import save_file

    notes = {"unet.r": 2, "unet.lora_alpha": 2, f"unet.{setting}": {"to_q": 3}}
    save_file(load_file(lora / WEIGHTS), lora / WEIGHTS, {"lora_adapter_metadata": json.dumps(notes)})
    with pytest.raises(LoraMismatchError, match=f"made with {setting}"):
        describe_lora(lora)
    save_file(load_file(lora / WEIGHTS), lora / WEIGHTS, {"lora_adapter_metadata": "[]"})
    with pytest.raises(ModelMissingError, match="notes"):
        describe_lora(lora)


def test_a_wish_becomes_a_recipe_that_knows_its_lora(runs: Path, lora: Path) -> None:
    shutil.copytree(lora, runs / "first" / "lora")
    composition = compose(Wish(Attributes("acne", ("face",), "fair"), lora="first"))
    recipe = composition.recipe
    assert (recipe.lora, recipe.lora_strength) == ("first", 1.0)
    assert recipe.lora_hash == describe_lora(lora).hash and "peft" in recipe.versions
    assert composition.notes == ()
    edit_lora(runs / "first" / "lora", {f"unet.{QUERY}.lora.down.weight": torch.zeros(2, 24)})
    with pytest.raises(LoraMismatchError, match="does not fit the model"):
        compose(Wish(Attributes("acne", ("face",), "fair"), lora="first"))


def test_what_a_lora_was_not_trained_with_is_said(
    runs: Path, models: Path, lora: Path, tmp_path: Path
) -> None:
    shutil.copytree(lora, runs / "first")
    wish = Wish(Attributes("acne", ("face",), "fair"), lora="first", lora_strength=0.5)
    model, encoder = models / "embedded", make_encoder(tmp_path / "encoder")
    hashes = {"model_hash": model_hash(model), "text_encoder_hash": encoder_hash(model)}
    record(runs / "first", model="embedded", text_encoder="stock", **hashes)
    assert compose(wish).notes == ()
    other = compose(replace(wish, text_encoder=str(encoder))).notes
    assert len(other) == 1 and "trained with the text encoder 'stock'" in other[0]
    record(runs / "first", model="bigger", text_encoder="stock", **{**hashes, "model_hash": "c" * 64})
    assert "trained on the model 'bigger'" in compose(wish).notes[0]
    edit_json(runs / "first" / "origin.json", model_hash="")
    assert compose(wish).notes == ()
