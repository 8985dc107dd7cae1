"""LoRAs on the pages: offered where they fit, drawn with, shown in History, taken up again or missed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from lora_scenes import record, save_lora
from streamlit.testing.v1 import AppTest

from core.drawing.pipeline import draw, load_pipeline
from core.images import pixel_sha256, read_picture
from core.jobs import Job, JobState
from core.weights.checkpoints import encoder_hash, model_hash
from core.weights.loras import WEIGHTS
from core.worker import Worker
from db.repository import Repository
from tests import app_scenes as scenes
from tests.tiny_models import make_tiny_pipeline


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "tiny")
    save_lora(folder / "tiny", folder / "saved")
    return folder


@pytest.fixture
def repository(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """An empty library and a finished run, "mine"; no worker runs on its own."""
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(models))
    monkeypatch.setenv("SCRIPT2SKIN_RUNS", str(tmp_path / "runs"))
    lora, tiny = Path(shutil.copytree(models / "saved", tmp_path / "runs" / "mine" / "lora")), models / "tiny"
    hashes = {"model_hash": model_hash(tiny), "text_encoder_hash": encoder_hash(tiny)}
    record(lora, model="tiny", text_encoder="stock", data="ward 3", licence="CC0", **hashes)
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = scenes.open_library()
    yield opened
    opened.close()
    st.cache_resource.clear()


def choose(app: AppTest, strength: float | None = None) -> AppTest:
    app = app.selectbox(key="settings_lora").set_value("mine").run()
    return app if strength is None else app.slider(key="settings_lora_strength").set_value(strength).run()


def newest(repository: Repository) -> Job:
    return repository.jobs.recent(scenes.PERSON)[0]


def work(repository: Repository) -> None:
    worker = Worker(repository.jobs, repository.library)
    while worker.run_once():
        pass


def test_without_loras_nothing_is_asked(repository: Repository, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "runs")
    app = scenes.healthy(scenes.open_app())
    assert "settings_lora" not in [box.key for box in app.selectbox]
    scenes.press(app, "generate")
    assert newest(repository).recipe.lora is None


def test_a_lora_is_offered_with_what_is_known_of_it_and_its_strength_once_chosen(
    repository: Repository,
) -> None:
    app = scenes.healthy(scenes.open_app())
    assert app.selectbox(key="settings_lora").options == ["None", "mine"]
    assert "settings_lora_strength" not in [slider.key for slider in app.slider]
    app = scenes.healthy(choose(app))
    assert app.slider(key="settings_lora_strength").value == 1.0
    assert (app.slider(key="settings_lora_strength").max, app.slider(key="settings_lora_strength").min) == (
        1.5,
        0,
    )
    words = (
        "Trained on the model 'tiny' with its own text encoder, on the pictures of 'ward 3' (licence: CC0)."
    )
    assert words in scenes.texts(app)
    app = scenes.healthy(scenes.press(app, "settings_reset"))
    assert app.selectbox(key="settings_lora").value == ""


def test_what_is_drawn_with_a_lora_leaves_the_next_picture_alone_and_history_says_it(
    repository: Repository, models: Path
) -> None:
    app = scenes.open_app().toggle(key="settings_fixed").set_value(True).run()
    for strength in (None, 0.6, None):
        app = (
            app.selectbox(key="settings_lora").set_value("").run()
            if strength is None
            else choose(app, strength)
        )
        scenes.healthy(scenes.press(app, "generate"))
    work(repository)
    jobs = repository.jobs.recent(scenes.PERSON)[::-1]
    assert {job.state for job in jobs} == {JobState.DONE}, [job.message for job in jobs]
    recipes = [repository.generations.get(job.generation_id or 0, scenes.PERSON) for job in jobs]
    drawn = [pixel_sha256(read_picture(one.image_path)) for one in recipes]
    assert drawn[0] == drawn[2] != drawn[1]
    recipe = recipes[1].recipe
    assert (
        (recipe.lora, recipe.lora_strength) == ("mine", 0.6)
        and recipe.lora_hash
        and "peft" in recipe.versions
    )
    assert drawn[1] == pixel_sha256(draw(load_pipeline(models / "tiny"), recipe))
    app = scenes.press(scenes.open_app("history"), f"open_{jobs[1].generation_id}")
    assert f"mine ({recipe.lora_hash[:8]})" in scenes.texts(app) and "LoRA strength" in scenes.texts(app)
    app = scenes.press(scenes.open_app("history"), f"open_{jobs[0].generation_id}")
    assert "LoRA" not in scenes.texts(app)


def test_reuse_takes_the_lora_along_and_names_one_that_is_gone(
    repository: Repository, tmp_path: Path
) -> None:
    scenes.press(choose(scenes.open_app(), 0.4), "generate")
    work(repository)
    picture = f"open_{newest(repository).generation_id}"
    app = scenes.healthy(scenes.press(scenes.press(scenes.open_app("history"), picture), "detail_reuse"))
    assert app.selectbox(key="settings_lora").value == "mine"
    assert app.slider(key="settings_lora_strength").value == pytest.approx(0.4)
    shutil.rmtree(tmp_path / "runs" / "mine")
    app = scenes.press(scenes.press(scenes.open_app("history"), picture), "detail_reuse")
    assert "The LoRA 'mine' is not here, or does not fit this model. It is left out." in scenes.texts(app)
    app = app.switch_page("pages/generate.py").run()
    scenes.healthy(scenes.press(app, "generate"))
    assert newest(repository).recipe.lora is None


def test_across_tones_and_new_seeds_keep_the_lora(repository: Repository) -> None:
    scenes.press(choose(scenes.open_app(), 0.4), "generate")
    work(repository)
    app = scenes.open_app()
    for label in ("Across skin tones", "New seed"):
        button = next(button for button in app.button if button.label == label)
        app = scenes.healthy(button.click().run())
    jobs = repository.jobs.recent(scenes.PERSON)
    assert len(jobs) == 5 and {(job.recipe.lora, job.recipe.lora_strength) for job in jobs} == {("mine", 0.4)}


def test_compare_draws_its_table_with_the_lora(repository: Repository) -> None:
    app = choose(scenes.open_app("compare"), 0.5)
    scenes.healthy(scenes.press(app, "compare_draw"))
    jobs = repository.jobs.recent(scenes.PERSON)
    assert jobs and {(job.recipe.lora, job.recipe.lora_strength) for job in jobs} == {("mine", 0.5)}


def test_loras_of_other_models_are_counted_and_broken_ones_named(
    repository: Repository, models: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "runs" / "torn" / "lora"
    shutil.copytree(models / "saved", broken)
    (broken / WEIGHTS).write_bytes((broken / WEIGHTS).read_bytes()[:50])
    app = scenes.open_app()
    assert app.selectbox(key="settings_lora").options == ["None", "mine"]
    assert "is not a whole safetensors file" in scenes.texts(app)
    (tmp_path / "runs" / "mine" / "lora" / WEIGHTS).unlink()
    import torch
    from lora_scenes import edit_lora

    shutil.copytree(models / "saved", tmp_path / "runs" / "far")
    edit_lora(tmp_path / "runs" / "far", {f"unet.far.lora_{side}.weight": torch.zeros(2, 2) for side in "AB"})
    assert "1 LoRA found, trained for other models." in scenes.texts(scenes.open_app())
