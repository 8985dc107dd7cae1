"""The command before a swap: exit code, JSON, pictures by stock, tuned and interpolated, the judge's word."""

import json
from pathlib import Path

import pytest
from encoder_scenes import own_fingerprint, record, save_nudged, save_turned
from PIL import Image
from test_evaluate import SCALE, make_judge, seen
from tiny_models import make_encoder, make_tiny_pipeline

from core.images import read_recipe
from core.sheets import SHEET_KEY
from training.check_encoder import main
from training.encoder_pictures import harm_check


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "model")
    make_judge(folder / "judge")
    return folder


def run(models: Path, encoder: Path, *more: str) -> int:
    places = ["--encoder", str(encoder), "--model", str(models / "model"), "--judge", str(models / "judge")]
    return main([*places, *more])


def test_a_good_encoder_gives_0_and_json_with_every_figure(models: Path, tmp_path: Path, capsys):
    encoder = record(save_nudged(models / "model", tmp_path / "tuned"), own_fingerprint(models / "model"))
    assert run(models, encoder) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] and "pictures" not in found
    drift = {c["name"]: c for c in found["checks"]}["drift_generic"]
    assert 0 < drift["figure"]["steps"] < drift["limit"]


def test_a_turned_space_gives_1_and_no_picture_is_drawn(models: Path, tmp_path: Path, capsys):
    save_turned(models / "model", tmp_path / "turned")
    assert run(models, tmp_path / "turned", "--pictures", "2") == 1
    found = json.loads(capsys.readouterr().out)
    assert not found["passed"] and "pictures" not in found
    assert not (tmp_path / "turned-check").exists()


@pytest.mark.parametrize("changes", [{"hidden_size": 16}, {"hidden_size": 64, "num_hidden_layers": 3}])
def test_another_models_encoder_gives_1_with_the_reason(models: Path, tmp_path: Path, capsys, changes):
    assert run(models, make_encoder(tmp_path / "other", **changes)) == 1
    said = [c["message"] for c in json.loads(capsys.readouterr().out)["checks"] if not c["passed"]]
    assert "the UNet's cross_attention_dim" in said[0]


def test_a_wrong_model_and_a_negative_count_give_1_and_a_sentence(models: Path, tmp_path: Path, capsys):
    encoder = models / "model" / "text_encoder"
    assert main(["--encoder", str(encoder), "--model", str(tmp_path)]) == 1
    assert "model_index.json" in capsys.readouterr().err
    assert run(models, encoder, "--pictures", "-1") == 1
    assert "can't be negative" in capsys.readouterr().err


def test_pictures_are_drawn_by_all_three_and_judged(models: Path, tmp_path: Path, capsys):
    encoder = save_nudged(models / "model", tmp_path / "tuned")
    assert run(models, encoder, "--pictures", "2", "--output", str(tmp_path / "check")) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"stock", "tuned", "interpolated", "grid"} == set(found["pictures"])
    assert all(0 <= found["pictures"][arm]["rash_all"] <= 1 for arm in ("stock", "tuned", "interpolated"))
    assert {"pictures_rash", "pictures_site", "pictures_tone"} < {c["name"] for c in found["checks"]}
    recipes = [
        read_recipe(tmp_path / "check" / arm / "00000.png")[0] for arm in ("stock", "tuned", "interpolated")
    ]
    assert len({recipe.text_encoder_hash for recipe in recipes}) == 3
    assert len({(recipe.prompt, recipe.seed) for recipe in recipes}) == 1
    with Image.open(found["pictures"]["grid"]) as grid:
        cells = json.loads(grid.text[SHEET_KEY])["cells"]
    assert [cell["column"] for cell in cells[:3]] == ["stock", "tuned", "interpolated"]


def test_fewer_right_pictures_beyond_chance_are_harm_and_a_few_are_not():
    before = [True] * 20
    assert not harm_check("rash", before, [False] * 10 + [True] * 10).passed
    few = harm_check("rash", before, [False] * 2 + [True] * 18)
    assert few.passed and few.figure["after"] == 0.9
    assert few.figure["chance"] == pytest.approx(0.25)
    assert harm_check("rash", before, before).figure["chance"] == 1


def test_a_measured_tone_that_the_model_does_not_know_is_far_off():
    assert SCALE.steps_apart(seen(("acne", "face", "fair"), "acne", "face", "pale")) == 3
    assert SCALE.steps_apart(seen(("acne", "face", "fair"), "acne", "face", "tan")) == 1
