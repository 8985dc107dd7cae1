"""The command before a swap: exit code, JSON, pictures by stock, tuned and interpolated, the judge's word."""

import json
import shutil
from pathlib import Path

import pytest
from encoder_scenes import own_fingerprint, record, save_nudged, save_turned
from PIL import Image
from test_evaluate import SCALE, make_judge, seen
from tiny_models import edit_json, make_encoder, make_tiny_pipeline

from core.drawing.sheets import SHEET_KEY
from core.images import read_recipe
from core.weights.checkpoints import encoder_hash, model_hash
from core.weights.gate import Verdict
from core.weights.model_cards import CARD_FILE
from training import check_encoder
from training.check_encoder import main
from training.evaluation.picture_tests import harm_check


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
    drift = {c["name"]: c for c in found["checks"]}["drift_known"]
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
    assert {"stock", "tuned", "interpolated", "grid", "count"} == set(found["pictures"])
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


def test_the_report_file_says_what_was_examined(models: Path, tmp_path: Path, capsys):
    encoder = save_nudged(models / "model", tmp_path / "run" / "text_encoder")
    report = tmp_path / "report.json"
    assert run(models, tmp_path / "run", "--report", str(report)) == 0
    found = json.loads(report.read_text())
    assert found == json.loads(capsys.readouterr().out)
    assert found["encoder"] == str(encoder)
    assert found["encoder_hash"] == encoder_hash(encoder)
    assert found["model_hash"] == model_hash(models / "model")


def test_an_encoder_that_changes_under_the_check_is_not_judged(
    models: Path, tmp_path: Path, capsys, monkeypatch
):
    encoder = save_nudged(models / "model", tmp_path / "tuned")
    examine = check_encoder.examine_encoder

    def examine_and_change(encoder: Path, model: Path) -> Verdict:
        verdict = examine(encoder, model)
        save_nudged(model, encoder, 0.03)
        return verdict

    monkeypatch.setattr(check_encoder, "examine_encoder", examine_and_change)
    assert run(models, encoder, "--report", str(tmp_path / "report.json")) == 1
    assert "changed while it was being checked" in capsys.readouterr().err
    assert not (tmp_path / "report.json").exists()


def test_what_can_not_be_opened_has_no_hash_and_a_reason(models: Path, tmp_path: Path, capsys):
    assert run(models, tmp_path / "nowhere") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["encoder_hash"] == "" and "no text encoder folder" in found["checks"][0]["message"]


@pytest.mark.parametrize("stranger", [False, True])
def test_without_a_judge_that_knows_the_words_the_grid_alone_speaks(
    models: Path, tmp_path: Path, capsys, monkeypatch, stranger
):
    model = Path(shutil.copytree(models / "model", tmp_path / "models" / "model"))
    edit_json(model / CARD_FILE, rashes=["urticaria"])
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(tmp_path / "models"))
    encoder = save_nudged(model, tmp_path / "tuned")
    judge = ["--judge", str(models / "judge")] if stranger else []
    flags = ["--pictures", "1", "--output", str(tmp_path / "check"), *judge]
    assert main(["--encoder", str(encoder), "--model", str(model), *flags]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["pictures"]) == {"grid", "count"} and Path(found["pictures"]["grid"]).is_file()
    said = "The judge knows nothing that Tiny was taught" if stranger else "No judge is installed"
    assert said in found["checks"][-1]["message"]
    assert read_recipe(tmp_path / "check" / "stock" / "00000.png")[0].rash == "urticaria"


def test_fewer_right_pictures_beyond_chance_are_harm_and_a_few_are_not():
    before = [True] * 20
    assert not harm_check("rash", before, [False] * 10 + [True] * 10, "stop").passed
    few = harm_check("rash", before, [False] * 2 + [True] * 18, "stop")
    assert few.passed and few.figure["after"] == 0.9
    assert few.figure["chance"] == pytest.approx(0.25)
    assert harm_check("rash", before, before, "stop").figure["chance"] == 1


def test_a_measured_tone_that_the_model_does_not_know_is_far_off():
    assert SCALE.steps_apart(seen(("acne", "face", "fair"), "acne", "face", "pale")) == 3
    assert SCALE.steps_apart(seen(("acne", "face", "fair"), "acne", "face", "tan")) == 1
