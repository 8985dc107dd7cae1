"""Training, without a browser: started, followed, stopped, resumed, laid over others, and where it leads."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from training_scenes import leave_record, run_in_place, write_dataset, write_models

from core import commands
from core.recipes import STOCK_ENCODER
from core.settings import Settings
from core.trainings.curves import progress_of
from core.trainings.runs import RunState, TrainingRun, list_trainings
from core.trainings.starts import begin
from core.trainings.wishes import MODULES, EncoderTraining, LoraTraining
from core.weights.candidates import Kind
from core.worker import Worker
from db.repository import Repository
from pages.components.trainings.curves import held_out_frame, line_chart, step_frame
from pages.components.trainings.settings import encoder_batch
from tests import app_scenes as scenes

PATIENCE = 300


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models, a dataset, and two finished runs: an encoder's and a LoRA's."""
    folder = tmp_path_factory.mktemp("places")
    write_models(folder / "models")
    data = write_dataset(folder / "datasets" / "ward")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRIPT2SKIN_MODELS", str(folder / "models"))
        patch.setenv("SCRIPT2SKIN_RUNS", str(folder / "runs"))
        run_in_place(patch)
        clip = str(folder / "models" / "tiny" / "clip")
        begin(folder / "runs", "words", EncoderTraining(data, clip, "full", 2, 8), "ann")
        begin(folder / "runs", "looks", LoraTraining(data, "tiny", rank=2, epochs=1), "ann")
    return folder


@pytest.fixture
def repository(places: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """An empty library and no runs; the worker does not run."""
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(places / "models"))
    monkeypatch.setenv("SCRIPT2SKIN_DATASETS", str(places / "datasets"))
    monkeypatch.setenv("SCRIPT2SKIN_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = scenes.open_library(scenes.PERSON, scenes.OTHER)
    yield opened
    for run in list_trainings(tmp_path / "runs"):
        commands.stop(run.place, "the test")
    opened.close()
    st.cache_resource.clear()


@pytest.fixture
def runs(repository: Repository, places: Path, tmp_path: Path) -> Path:
    """Both finished runs."""
    return Path(shutil.copytree(places / "runs", tmp_path / "runs"))


def wait_for(condition: object) -> None:
    for _ in range(PATIENCE * 20):
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def only_run() -> TrainingRun:
    (run,) = list_trainings(Settings.from_environment().runs)
    return run


def open_form(app: AppTest, kind: Kind = Kind.ENCODER) -> AppTest:
    return scenes.healthy(app.segmented_control(key="training_kind").set_value(kind).run())


def charts(app: AppTest) -> int:
    return len(app.get("vega_lite_chart"))


def test_an_empty_page_says_what_a_training_is_and_offers_the_form(repository: Repository) -> None:
    app = scenes.healthy(scenes.open_app("training"))
    words = scenes.texts(app)
    assert "goes on when this page is closed" in words and app.get("expander")[0].proto.expanded
    assert "16 captioned photographs to learn from, 4 held out" in words
    assert "Licence: made up for a test" in words and "4 steps an epoch, 40 in all." in words
    assert app.text_input(key="training_name_0").placeholder == "ward-encoder" and charts(app) == 0
    assert app.number_input(key="training_batch_encoder_ward").value == encoder_batch(16) == 4
    assert app.selectbox(key="training_anchors").value == "known"
    app = open_form(app, Kind.LORA)
    assert app.text_input(key="training_name_0").placeholder == "ward-lora"
    assert app.selectbox(key="training_encoder_tiny").options == ["Stock (the model's own)"]
    assert [encoder_batch(n) for n in (2, 3, 40, 600, 20_000)] == [2, 2, 8, 128, 128]


def test_a_training_runs_by_itself_is_followed_stopped_and_resumed_to_its_end(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_form(scenes.open_app("training"))
    app.selectbox(key="training_method").set_value("full")
    app.selectbox(key="training_anchors").set_value("data")
    app.number_input(key="training_epochs_encoder_ward").set_value(60)
    app.text_input(key="training_name_0").set_value("first")
    app = scenes.healthy(scenes.press(app.run(), "training_start"))
    run = only_run()
    assert run.state is RunState.RUNNING and run.command is not None and run.command.by == scenes.PERSON
    assert "--anchors=data" in run.command.arguments
    assert app.progress[0].text.startswith("Getting ready") and not app.get("expander")[0].proto.expanded
    assert app.button(key="training_start").disabled and "“first” is being trained" in scenes.texts(app)
    process = psutil.Process(run.command.pid)
    assert os.getsid(process.pid) == process.pid and process.nice() >= commands.LOW_PRIORITY
    st.cache_resource.clear()
    wait_for(lambda: (progress := progress_of(run.folder)) is not None and progress.step > 2)
    app = scenes.healthy(scenes.open_app("training"))
    assert (
        " of 60, step " in app.progress[0].text and " of 240, " in app.progress[0].text and charts(app) == 3
    )
    scenes.press(app, "training_stop")
    wait_for(lambda: not commands.is_running(run.place))
    stopped, progress = only_run(), progress_of(run.folder)
    assert stopped.state is RunState.STOPPED and stopped.has_checkpoint and progress is not None
    assert 2 < progress.step < 240
    app = scenes.healthy(scenes.open_app("training"))
    assert f"by {scenes.PERSON}." in scenes.texts(app) and app.session_state["training_curves"] == ["first"]
    run_in_place(monkeypatch)
    app = scenes.healthy(scenes.press(app, "training_resume_first"))
    ended = progress_of(run.folder)
    assert ended is not None and ended.step == 240 and only_run().state is RunState.FINISHED
    assert "Held-out loss" in scenes.texts(app) and app.button(key="training_add_first")


def test_a_dataset_that_is_learned_from_is_not_deleted(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(runs / "words")
    (runs / "looks" / "report.json").unlink()
    run, ward = only_run(), Settings.from_environment().datasets / "ward"
    leave_record(run.place, MODULES[Kind.LORA], run.command.arguments if run.command else (), scenes.OTHER)
    app = scenes.healthy(scenes.open_app("datasets"))
    assert "looks: not finished" in app.warning[0].value
    monkeypatch.setattr(commands, "is_running", lambda place: place == run.place)
    app = app.text_input(key="dataset_delete_name").set_value("ward").run()
    app = scenes.press(app, "dataset_delete")
    assert "The training looks is learning from ward" in app.error[0].value and ward.is_dir()


def test_a_run_that_died_says_why_and_offers_to_go_on(runs: Path) -> None:
    shutil.rmtree(runs / "words")
    (runs / "looks" / "report.json").unlink()
    run = only_run()
    leave_record(run.place, MODULES[Kind.LORA], run.command.arguments if run.command else (), scenes.OTHER)
    (run.place / commands.LOG).write_text("looks step 1: loss 1.5\n[Errno 28] No space left on device: 'x'\n")
    app = scenes.open_app("training")
    assert not app.exception and "is full" in app.error[0].value
    assert "No space left on device" in app.get("code")[0].value
    assert not app.button(key="training_resume_looks").disabled


def test_runs_are_laid_over_each_other_kinds_apart(runs: Path) -> None:
    shutil.copytree(runs / "words", runs / "again")
    app = scenes.healthy(scenes.open_app("training"))
    assert charts(app) == 3
    app = scenes.healthy(app.multiselect(key="training_curves").set_value(["words", "again"]).run())
    assert charts(app) == 3
    app = app.multiselect(key="training_curves").set_value(["words", "again", "looks"]).run()
    assert charts(scenes.healthy(app)) == 6 and "contrasts the pictures of a batch" in scenes.texts(app)
    from core.trainings.curves import curve_of

    curves = {name: curve_of(runs / name) for name in ("words", "again")}
    frame = step_frame(curves)
    assert set(frame["Run"]) == {"words", "again"} and frame["Epoch"].max() == 2
    drawn = line_chart(frame, "Loss", "Training loss").to_dict()
    assert drawn["encoding"]["color"]["field"] == "Run" and drawn["encoding"]["color"]["legend"]
    assert list(held_out_frame(curves)["Epoch"]) == [0, 1, 2] * 2
    alone = line_chart(step_frame({"words": curves["words"]}), "Loss", "Training loss").to_dict()
    assert alone["encoding"]["color"]["legend"] is None


def test_a_finished_encoder_becomes_a_candidate_and_is_kept_while_it_is_one(
    runs: Path, repository: Repository
) -> None:
    drift = json.loads((runs / "words" / "report.json").read_text())["drift"]
    assert set(drift) == {"attribute_step", "known", "derm", "generic", "empty"}  # its CLIP has a card
    app = scenes.healthy(scenes.open_app("training"))
    assert "ward, 2 epochs, batch 8, all layers" in scenes.texts(app)
    app = scenes.healthy(scenes.press(app, "training_add_words"))
    (added,) = repository.candidates.list(Kind.ENCODER)
    assert added.folder == (runs / "words" / "text_encoder").resolve()
    assert (added.base, added.label) == ("tiny", "words")
    assert (added.provenance.licence, added.provenance.consent) == ("made up for a test", "shows nobody")
    assert "“words” is a candidate now" in scenes.texts(app)
    app = scenes.healthy(scenes.open_app("training"))
    assert app.button(key="training_kept_words").disabled
    assert "training_add_words" not in [button.key for button in app.button]


def test_a_finished_lora_leads_to_generate_and_can_be_deleted(runs: Path) -> None:
    app = scenes.healthy(scenes.open_app("training"))
    assert "A LoRA can repeat what it learned from" in scenes.texts(app)
    app = scenes.press(app, "training_draw_looks")
    app = scenes.healthy(app.switch_page("pages/generate.py").run())
    assert app.selectbox(key="settings_lora").value == "looks"
    assert app.slider(key="settings_lora_strength").value == 1.0
    app = scenes.healthy(scenes.press(scenes.open_app("training"), "training_gone_looks"))
    assert "“looks” is deleted." in scenes.texts(app) and not (runs / "looks").exists()


def test_what_can_not_be_started_is_said_with_the_way_out(repository: Repository, places: Path) -> None:
    app = scenes.open_app("training")
    app.text_input(key="training_name_0").set_value("../out")
    app = scenes.press(app.run(), "training_start")
    assert "A run's name has 1 to 60 letters" in app.error[0].value and not app.exception
    shutil.move(places / "datasets" / "ward", places / "away")
    try:
        app = scenes.healthy(scenes.open_app("training"))
        assert "There is no dataset to learn from yet." in scenes.texts(app)
    finally:
        shutil.move(places / "away", places / "datasets" / "ward")


def test_a_model_without_its_clip_asks_for_it(
    repository: Repository, places: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(places / "models" / "tiny", tmp_path / "models" / "tiny")
    shutil.rmtree(tmp_path / "models" / "tiny" / "clip")
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(tmp_path / "models"))
    st.cache_resource.clear()
    app = scenes.healthy(scenes.open_app("training"))
    assert app.text_input(key="training_clip_tiny").value == ""
    assert not any(box.key == "training_anchors" for box in app.selectbox)
    app = scenes.press(app, "training_start")
    assert "Say from which CLIP" in app.error[0].value


def test_a_role_without_the_right_does_not_reach_the_page(repository: Repository) -> None:
    repository.users.ensure("Root", "admin")
    repository.users.set_role(scenes.PERSON, "reviewer", "Root")
    app = AppTest.from_file(scenes.APP, default_timeout=60).run()
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        app.switch_page("pages/training.py")


def test_models_lists_loras_with_terms_hash_and_figures_and_says_how_they_are_used(runs: Path) -> None:
    app = scenes.healthy(scenes.open_app("models"))
    table = app.dataframe[0].value
    row = table[table["Kind"] == "LoRA"].iloc[0]
    assert (row["Name"], row["State"], row["Licence"]) == ("looks", "On offer", "made up for a test")
    assert row["Consent"] == "shows nobody" and len(row["Hash"]) == 64 and " → " in row["Held-out loss"]
    assert row["Origin"] == "Trained by training.finetune_unet from tiny on ward"
    assert "A LoRA is not activated" in scenes.texts(app) and STOCK_ENCODER not in row["Origin"]
    (runs / "looks" / "lora" / "pytorch_lora_weights.safetensors").write_bytes(b"torn")
    app = scenes.healthy(scenes.open_app("models"))
    assert "LoRA" not in set(app.dataframe[0].value["Kind"])
    assert "is not a whole safetensors file" in scenes.texts(app) and "There is none yet" in scenes.texts(app)
