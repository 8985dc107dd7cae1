"""Models, without a browser: a tuned encoder from its folder to the drawn bytes, and back."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import commands
from core.images import pixel_sha256, read_picture
from core.jobs import JobState
from core.weights.candidates import CheckReport, Kind, NewCandidate, Provenance
from core.weights.checkpoints import encoder_hash
from core.weights.encoder_checks import check_of
from core.weights.encoder_runs import identity_of, propose_encoder
from core.weights.picture_checks import CheckState
from core.worker import Worker
from db.records import Generation
from db.repository import Repository
from pages.components.models.check_pictures import judged_rows
from pages.components.models.check_progress import progress_words
from pages.components.models.check_result import ARM_WORDS
from tests import app_scenes as scenes
from tests.encoder_scenes import own_fingerprint, record, save_nudged, save_turned
from tests.test_evaluate import make_judge
from tests.tiny_models import edit_json, make_encoder, make_tiny_pipeline
from training import check_encoder

FORM = {"form_rash": "tinea", "form_site": "foot", "form_tone": "brown"}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "tiny")
    make_judge(folder / "judge")
    return folder


@pytest.fixture
def repository(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """An empty library and no runs; no worker runs, so that jobs stay where a test puts them."""
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(models))
    monkeypatch.setenv("SCRIPT2SKIN_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = scenes.open_library(scenes.PERSON, scenes.OTHER)
    yield opened
    opened.close()
    st.cache_resource.clear()


@pytest.fixture
def in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks run in this process, at once: starting Python anew takes longer than all that they do."""

    def run_here(place: Path, module: str, arguments: tuple[str, ...], by: str) -> None:
        start(place, "timeit", ("-n", "1", "-r", "1", "pass"), by)
        while commands.is_running(place):
            time.sleep(0.02)
        assert module == "training.check_encoder"
        check_encoder.main(arguments)

    start = commands.start
    monkeypatch.setattr(commands, "start", run_here)


def tuned(models: Path, folder: Path, size: float = 0.02) -> Path:
    """A gently tuned encoder of recorded origin, as a run leaves it."""
    return record(
        save_nudged(models / "tiny", folder / "text_encoder", size), own_fingerprint(models / "tiny")
    )


def add(app: AppTest, path: Path | str, label: str = "") -> AppTest:
    app = app.segmented_control(key="encoder_where").set_value("A folder").run()
    app.text_input(key="encoder_path").set_value(str(path))
    app.text_input(key="encoder_label").set_value(label)
    return scenes.press(app, "encoder_add")


def checked(app: AppTest, id: int, pictures: int = 8) -> AppTest:
    app.number_input(key=f"check_count_{id}").set_value(pictures)
    return scenes.press(app, f"check_start_{id}").run()


def candidate(repository: Repository, models: Path, path: Path, label: str = "") -> int:
    """One that was added by hand."""
    return repository.candidates.add(propose_encoder(path, "tiny", label), scenes.PERSON).id


def reason(app: AppTest, id: int) -> str:
    """Why it can't be activated: switched off, and said on the page."""
    button = app.button(key=f"activate_{id}")
    assert button.disabled
    return re.sub(r"\\(.)", r"\1", button.help)


def draw(app: AppTest, repository: Repository) -> Generation:
    """What Generate draws now, with one seed, by the worker's own hand."""
    for key, value in FORM.items():
        app = app.selectbox(key=key).set_value(value).run()
    app = app.toggle(key="settings_fixed").set_value(True).run()
    scenes.healthy(scenes.press(app, "generate"))
    assert Worker(repository.jobs, repository.library).run_once()
    job = repository.jobs.recent(scenes.PERSON)[0]
    assert job.state is JobState.DONE and job.generation_id is not None, job.message
    return repository.generations.get(job.generation_id, scenes.PERSON)


def pixels(generation: Generation) -> str:
    return pixel_sha256(read_picture(generation.image_path))


def test_the_page_shows_the_models_and_teaches_what_a_candidate_is(repository: Repository) -> None:
    app = scenes.healthy(scenes.open_app("models"))
    rows = app.dataframe[0].value
    assert list(rows["Name"]) == ["Tiny", "Stock"]
    assert list(rows["Kind"]) == ["Base model", "Text encoder"]
    assert list(rows["State"]) == ["Installed", "In use"]
    assert all(len(digest) == 64 for digest in rows["Hash"])
    words = scenes.texts(app)
    assert "In use** Stock, the model's own" in words and "only then can it be put into use" in words
    assert not [button for button in app.button if button.key == "encoder_roll_back"]


def test_what_else_is_put_forward_has_its_place_in_the_table(
    repository: Repository, models: Path, tmp_path: Path
) -> None:
    make_tiny_pipeline(tmp_path / "mine", seed=3)
    repository.models.register(str(tmp_path / "mine"), "Mine", scenes.PERSON)
    terms = Provenance("Trained by somebody", "CC BY 4.0", "written")
    tuned = NewCandidate(Kind.ENCODER, str(tmp_path / "mine"), tmp_path / "gone", "warts", "a" * 64, terms)
    repository.candidates.add(tuned, scenes.PERSON)
    app = scenes.healthy(scenes.open_app("models"))
    rows = app.dataframe[0].value
    assert list(rows["Name"]) == ["Tiny", "Stock", "Tiny", "Stock", "warts"]
    assert list(rows.iloc[-1][["Kind", "For", "Licence"]]) == ["Text encoder", "Tiny", "CC BY 4.0"]
    assert "only then can it be put into use" in scenes.texts(app)
    labels = app.selectbox(key="models_base").options
    assert labels == ["Tiny (tiny)", f"Tiny ({tmp_path / 'mine'})"]


def test_a_finished_fine_tuning_is_offered_and_added_with_its_terms(
    repository: Repository, models: Path, tmp_path: Path
) -> None:
    encoder = tuned(models, tmp_path / "runs" / "first")
    origin = json.loads((encoder / "origin.json").read_text())
    edit_json(
        encoder / "origin.json", details={**origin["details"], "config": {"data": "/photographs/clinic"}}
    )
    (tmp_path / "runs" / "first" / "report.json").write_text("{}")
    app = scenes.open_app("models")
    assert app.selectbox(key="encoder_run").options[0].startswith("first, ")
    app = scenes.healthy(scenes.press(app, "encoder_add"))
    words = scenes.texts(app)
    assert "“first” is a candidate now" in words
    assert "on clinic" in words and "Licence** not recorded" in words
    assert list(app.dataframe[0].value["State"]) == ["Installed", "In use", "Not checked"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        # ViT-B/32 is 512 wide where the UNet reads 768: the same proportion on a small scale.
        ({"hidden_size": 16}, "hidden size: 16 here, 32 (the UNet's cross_attention_dim)"),
        # Stable Diffusion 2's encoder: wider, deeper, another activation.
        ({"hidden_size": 64, "num_hidden_layers": 3, "hidden_act": "gelu"}, "number of layers: 3 here, 2"),
    ],
)
def test_an_encoder_of_another_build_is_refused_with_what_differs(
    repository: Repository, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    app = add(scenes.open_app("models"), make_encoder(tmp_path / "other", **changes))
    assert words in app.error[0].value.replace("\\", "")
    assert repository.candidates.list() == []


def test_wrong_folders_and_pickled_weights_are_refused_with_the_reason(
    repository: Repository, tmp_path: Path
) -> None:
    pickled = make_encoder(tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    (tmp_path / "empty").mkdir()
    for path, words in (
        (tmp_path / "nowhere", "There is no text encoder folder"),
        (tmp_path / "empty", "holds no text encoder"),
        (pickled, "pickled checkpoint"),
        ("runs/first", "no whole path"),
        ("", "Say which text encoder"),
    ):
        app = add(scenes.open_app("models"), path)
        assert words in app.error[0].value and not app.exception
    assert repository.candidates.list() == []


def test_the_same_shapes_in_a_turned_space_are_refused_by_drift(
    repository: Repository, models: Path, tmp_path: Path, in_place: None
) -> None:
    save_turned(models / "tiny", tmp_path / "turned")
    app = scenes.healthy(add(scenes.open_app("models"), tmp_path / "turned"))
    (one,) = repository.candidates.list()
    assert "has not been checked" in reason(app, one.id)
    app = checked(app, one.id)
    assert "did not pass the check" in reason(app, one.id) and "beyond the 0.75" in reason(app, one.id)
    words = scenes.texts(scenes.healthy(app))
    assert "Not drawn: an earlier check speaks against it." in words
    assert "Skin captions" in words and "Not passed" in words
    assert list(app.dataframe[0].value["State"])[-1] == "Not passed"


def test_an_encoder_tuned_from_a_stranger_is_refused_by_its_record(
    repository: Repository, models: Path, tmp_path: Path, in_place: None
) -> None:
    encoder = record(save_nudged(models / "tiny", tmp_path / "tuned"), "f" * 64)
    id = candidate(repository, models, encoder)
    app = checked(scenes.open_app("models"), id)
    assert "tuned from another one than the model's own" in reason(app, id)


def test_an_encoder_is_checked_put_into_use_drawn_with_and_rolled_back(
    repository: Repository, models: Path, tmp_path: Path, in_place: None
) -> None:
    encoder = tuned(models, tmp_path / "first")
    stock = draw(scenes.open_app(), repository)
    app = scenes.healthy(add(scenes.open_app("models"), tmp_path / "first"))
    (one,) = repository.candidates.list()
    assert "has not been checked" in reason(app, one.id)
    app = scenes.healthy(checked(app, one.id))
    assert "passed, with 8 pictures by each encoder" in scenes.texts(app)
    app = scenes.healthy(scenes.press(app, f"activate_{one.id}"))
    assert "“first” is in use" in scenes.texts(app)
    assert list(app.dataframe[0].value["State"]) == ["Installed", "", "In use"]

    other = draw(scenes.open_app(), repository)
    assert other.recipe.text_encoder == str(encoder) and other.recipe.text_encoder_weight is None
    assert other.recipe.text_encoder_hash == encoder_hash(encoder) != stock.recipe.text_encoder_hash
    assert pixels(other) != pixels(stock)

    app = scenes.healthy(scenes.press(scenes.open_app("models"), "encoder_roll_back"))
    assert "Rolled back: the stock encoder is in use." in scenes.texts(app)
    again = draw(scenes.open_app(), repository)
    assert again.recipe == stock.recipe
    assert again.image_path.read_bytes() == stock.image_path.read_bytes()
    line = repository.activations.history(Kind.ENCODER, "tiny")[0]
    assert (line.label, line.by, line.undone_by) == ("first", scenes.PERSON, scenes.PERSON)
    (shown,) = [table.value for table in app.table if "Rolled back" in table.value]
    assert list(shown["Text encoder"]) == ["first"] and all(shown["Rolled back"])


def activated(repository: Repository, models: Path, folder: Path) -> int:
    """A candidate in use; that it passed is written down by hand."""
    encoder = tuned(models, folder)
    id = candidate(repository, models, encoder)
    found = {"passed": True, "checks": [], "pictures": {"grid": "", "count": 8}}
    now = identity_of(encoder, "tiny")
    repository.candidates.record(id, CheckReport(now, True, found, datetime.now(UTC), scenes.PERSON))
    repository.activations.activate(id, now, scenes.PERSON)
    return id


def test_the_weight_is_a_setting_whose_ends_are_the_two_encoders(
    repository: Repository, models: Path, tmp_path: Path
) -> None:
    activated(repository, models, tmp_path / "first")
    app = scenes.open_app()
    assert "Text encoder first, in use" in scenes.texts(app)
    drawn = {}
    for weight in (1.0, 0.5, 0.0):
        app = scenes.open_app()
        drawn[weight] = draw(app.slider(key="settings_encoder_weight").set_value(weight).run(), repository)
    drawn["stock"] = draw(
        scenes.open_app().selectbox(key="settings_encoder").set_value("stock").run(), repository
    )
    assert len({pixels(one) for one in drawn.values()}) == 3
    assert pixels(drawn[0.0]) == pixels(drawn["stock"])
    assert drawn["stock"].recipe.text_encoder == "stock"
    assert [drawn[w].recipe.text_encoder_weight for w in (1.0, 0.5, 0.0)] == [None, 0.5, 0.0]
    assert len({one.recipe.text_encoder_hash for one in drawn.values()}) == 3

    app = scenes.press(scenes.open_app("history"), f"open_{drawn[0.5].id}")
    words = scenes.texts(scenes.healthy(app))
    assert "Text encoder's weight" in words and "0.5 (0 is stock, 1 the tuned one)" in words
    scenes.press(app, "detail_reuse")
    app = scenes.healthy(app.switch_page("pages/generate.py").run())
    assert app.slider(key="settings_encoder_weight").value == 0.5
    app = scenes.press(app, "settings_reset")
    assert app.slider(key="settings_encoder_weight").value == 1.0


def test_a_folder_that_changed_since_is_neither_activated_nor_drawn_with(
    repository: Repository, models: Path, tmp_path: Path
) -> None:
    id = activated(repository, models, tmp_path / "first")
    drawn = draw(scenes.open_app(), repository)
    scenes.press(scenes.open_app("models"), "encoder_roll_back")
    save_nudged(models / "tiny", tmp_path / "first" / "text_encoder", 0.3)
    app = scenes.open_app("models")
    assert "Its folder has changed since it was checked" in reason(app, id)
    assert list(app.dataframe[0].value["State"])[-1] == "Changed"
    assert not [box for box in scenes.open_app().selectbox if box.key == "settings_encoder"]

    app = scenes.press(scenes.open_app("history"), f"open_{drawn.id}")
    scenes.press(app, "detail_reuse")
    assert "The recipe's text encoder “first” is not on offer." in scenes.texts(app)
    scenes.press(app.switch_page("pages/generate.py").run(), "generate")
    assert repository.jobs.recent(scenes.PERSON)[0].recipe.text_encoder == "stock"


def test_what_is_in_use_and_changed_is_said_and_the_models_own_draws(
    repository: Repository, models: Path, tmp_path: Path
) -> None:
    activated(repository, models, tmp_path / "first")
    across = draw(scenes.open_app(), repository)
    shutil.rmtree(tmp_path / "first")
    words = scenes.texts(scenes.open_app("models"))
    assert "It can't be drawn with as it is now" in words
    app = scenes.open_app()
    assert "The text encoder in use, “first”, can't be drawn with" in scenes.texts(app)
    save_nudged(models / "tiny", tmp_path / "first" / "text_encoder", 0.3)
    app = scenes.press(scenes.open_app(), f"across_skin_tones_{across.id}")
    assert "has changed since this picture was drawn" in app.error[0].value
    assert draw(scenes.open_app(), repository).recipe.text_encoder == "stock"


def test_a_removed_candidate_leaves_the_list_and_its_folder_alone(
    repository: Repository, models: Path, tmp_path: Path
) -> None:
    id = activated(repository, models, tmp_path / "first")
    app = scenes.open_app("models")
    assert app.button(key=f"candidate_remove_{id}").disabled
    app = scenes.press(scenes.press(app, "encoder_roll_back"), f"candidate_remove_{id}")
    assert "is off the list" in scenes.texts(scenes.healthy(app))
    assert repository.candidates.list() == [] and (tmp_path / "first" / "text_encoder").is_dir()
    assert not (repository.library / "checks" / str(id)).exists()


def test_a_check_runs_as_its_own_process_is_followed_and_stopped(
    repository: Repository, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = candidate(repository, models, tuned(models, tmp_path / "first"))
    start = commands.start

    def start_something_long(place: Path, module: str, arguments: tuple[str, ...], by: str) -> None:
        start(place, "tests.waiting", arguments, by)

    monkeypatch.setattr(commands, "start", start_something_long)
    app = scenes.healthy(checked(scenes.open_app("models"), id, 8))
    assert app.progress[0].text == "Looking at the files …"
    assert list(app.dataframe[0].value["State"])[-1] == "Being checked"
    place = check_of(repository.library, repository.candidates.get(id)).place
    (place / "pictures" / "stock").mkdir(parents=True)
    for number in range(3):
        (place / "pictures" / "stock" / f"{number}.png").touch()
    app = scenes.open_app("models")
    assert app.progress[0].text == "Stock: picture 4 of 8" and app.progress[0].value == 12
    app = scenes.press(app, f"check_stop_{id}")
    assert "The check was stopped." in scenes.texts(scenes.healthy(app))
    assert not commands.is_running(place)


def test_a_check_that_fails_says_why(
    repository: Repository, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very command, as a process of its own."""
    broken = shutil.copytree(models, tmp_path / "broken")
    (broken / "judge" / "config.json").unlink()
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(broken))
    id = candidate(repository, broken, tuned(broken, tmp_path / "first"))
    app = checked(scenes.open_app("models"), id)
    check = check_of(repository.library, repository.candidates.get(id))
    while check.state is CheckState.RUNNING:
        time.sleep(0.1)
    app = app.run()
    assert "judge" in app.error[0].value and "has not been checked" in reason(app, id)


def test_a_report_that_can_not_be_read_keeps_nobody_from_drawing(
    repository: Repository, models: Path, tmp_path: Path
) -> None:
    id = activated(repository, models, tmp_path / "first")
    place = check_of(repository.library, repository.candidates.get(id)).place
    commands.start(place, "timeit", ("-n", "1", "-r", "1", "pass"), scenes.PERSON)
    while commands.is_running(place):
        time.sleep(0.02)
    (place / "report.json").write_text("{")
    app = scenes.open_app("models")
    assert "report.json can't be read" in app.error[0].value.replace("\\", "")
    assert not app.button(key=f"check_start_{id}").disabled
    assert "Text encoder first, in use" in scenes.texts(scenes.healthy(scenes.open_app()))


def test_a_folder_that_is_gone_is_said_and_can_be_removed(
    repository: Repository, models: Path, tmp_path: Path
) -> None:
    id = candidate(repository, models, tuned(models, tmp_path / "first"))
    shutil.rmtree(tmp_path / "first")
    app = scenes.healthy(scenes.open_app("models"))
    assert "Its folder is gone" in reason(app, id)
    scenes.healthy(scenes.press(app, f"candidate_remove_{id}"))
    assert repository.candidates.list() == []


def test_the_progress_says_which_encoder_draws() -> None:
    assert (
        progress_words({"stock": 4, "tuned": 1, "interpolated": 0}, 4, ARM_WORDS) == "Tuned: picture 2 of 4"
    )
    assert (
        progress_words({"stock": 4, "tuned": 4, "interpolated": 4}, 4, ARM_WORDS) == "Judging the pictures …"
    )


def test_figures_stand_side_by_side_with_their_intervals() -> None:
    arm = {"rash_all": 0.75, "rash_all_interval": [0.5, 0.9]}
    before = {"rash_all": 0.5, "rash_all_interval": [0.25, 0.75]}
    rows = judged_rows(
        {"count": 4, "grid": "", "stock": before, "tuned": arm, "interpolated": arm}, ARM_WORDS
    )
    (row,) = [{name: value.replace("\u00a0", " ") for name, value in row.items()} for row in rows]
    assert row["Measure"] == "Rash as asked"
    assert row["Stock"] == "50.0 % (25.0 % to 75.0 %)" and row["Tuned"] == "75.0 % (50.0 % to 90.0 %)"
    assert judged_rows({"count": 4, "grid": ""}, ARM_WORDS) == []
