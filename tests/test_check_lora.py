"""Pictures without and with a LoRA, by the command and on the page Models: drawn, judged, kept apart."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from lora_scenes import record, save_lora
from streamlit.testing.v1 import AppTest
from test_evaluate import make_judge
from tiny_models import make_tiny_pipeline

from core import commands
from core.errors import StorageError
from core.images import read_recipe
from core.weights.checkpoints import model_hash
from core.weights.lora_checks import lora_check, read_lora_report
from core.weights.loras import check_lora
from core.weights.picture_checks import CheckState
from core.worker import Worker
from db.repository import Repository
from tests import app_scenes as scenes
from training import check_lora as command
from training.evaluation.picture_tests import harm_check


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "tiny")
    make_judge(folder / "judge")
    return folder


@pytest.fixture
def lora(models: Path, tmp_path: Path) -> Path:
    """One of known origin, among the runs."""
    folder = save_lora(models / "tiny", tmp_path / "runs" / "mine" / "lora")
    own = model_hash(models / "tiny")
    return record(folder, model="tiny", model_hash=own, data="ward 3", licence="CC0", consent="written")


def run(models: Path, lora: Path | str, *more: str) -> int:
    judge = ["--judge", str(models / "judge")]
    return command.main(["--lora", str(lora), "--model", str(models / "tiny"), *judge, *more])


def test_both_ways_draw_the_same_prompts_and_are_judged(models: Path, lora: Path, tmp_path: Path, capsys):
    report = tmp_path / "report.json"
    code = run(models, lora, "--pictures", "2", "--output", str(tmp_path / "out"), "--report", str(report))
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads(report.read_text())
    assert code == (0 if all(check["passed"] for check in found["checks"]) else 1)
    assert [check["name"] for check in found["checks"]] == ["pictures_rash", "pictures_site", "pictures_tone"]
    assert set(found["pictures"]) == {"grid", "count", "without", "with"}
    assert found["lora_hash"] == check_lora(lora, models / "tiny").hash
    pictures = [tmp_path / "out" / arm / "00001.png" for arm in ("without", "with")]
    without, drawn_with = (read_recipe(picture)[0] for picture in pictures)
    assert without.lora is None and drawn_with.lora_hash == found["lora_hash"]
    assert (without.prompt, without.seed) == (drawn_with.prompt, drawn_with.seed)
    assert pictures[0].read_bytes() != pictures[1].read_bytes()


def test_what_can_not_be_compared_is_said_and_draws_nothing(models: Path, lora: Path, tmp_path: Path, capsys):
    assert run(models, lora, "--pictures", "0") == 1
    assert "at least 1" in capsys.readouterr().err
    assert run(models, lora, "--pictures", "2", "--strength", "9") == 1
    assert "strength is 9" in capsys.readouterr().err
    assert run(models, tmp_path / "none") == 1
    assert "There is no LoRA" in capsys.readouterr().err
    assert not (lora.parent / "lora-check").exists()


def test_harm_names_the_way_out() -> None:
    check = harm_check("rash", [True] * 12, [False] * 12, "draw without it")
    assert not check.passed and check.message.endswith("harm beyond chance: draw without it.")


@pytest.fixture
def repository(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """An empty library; comparisons run in this process, at once."""
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(models))
    monkeypatch.setenv("SCRIPT2SKIN_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    start = commands.start

    def run_here(place: Path, module: str, arguments: tuple[str, ...], by: str) -> None:
        start(place, "timeit", ("-n", "1", "-r", "1", "pass", *arguments), by)
        while commands.is_running(place):
            time.sleep(0.02)
        assert module == "training.check_lora"
        command.main(arguments)

    monkeypatch.setattr(commands, "start", run_here)
    st.cache_resource.clear()
    opened = scenes.open_library(scenes.PERSON)
    yield opened
    opened.close()
    st.cache_resource.clear()


def row(app: AppTest) -> dict[str, str]:
    table = app.dataframe[0].value
    return dict(table[table["Kind"] == "LoRA"].iloc[0])


def test_a_comparison_fills_the_table_until_the_files_change(
    repository: Repository, models: Path, lora: Path
) -> None:
    app = scenes.healthy(scenes.open_app("models"))
    assert row(app)["Rash"] == "Not measured"
    assert "have not been compared" in scenes.texts(app) and "CC0" in scenes.texts(app)
    check = lora_check(repository.library, check_lora("mine", models / "tiny"), "tiny")
    app.number_input(key=f"check_count_{check.place.name}").set_value(8)
    app = scenes.healthy(scenes.press(app, f"check_start_{check.place.name}").run())
    report = read_lora_report(check)
    assert report is not None and report.by == scenes.PERSON and check.state is CheckState.FINISHED
    assert " → " in row(app)["Rash"] and " → " in row(app)["Skin tone"]
    said = scenes.texts(app)
    assert "8 pictures in each way" in said and "by Dr Amari" in said
    save_lora(models / "tiny", lora, seed=5)
    app = scenes.healthy(scenes.open_app("models"))
    assert row(app)["Rash"] == "Not measured" and "Compare again" in scenes.texts(app)
    (check.place / "report.json").write_text("{}")
    with pytest.raises(StorageError, match=r"report\.json can't be read"):
        read_lora_report(check)
    app = scenes.open_app("models")
    assert row(app)["Rash"] == "Not measured" and "Check again" in app.error[0].value
