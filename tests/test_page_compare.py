"""Compare, run without a browser on a real library and a tiny real model."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.drawing.comparisons import MARK
from core.drawing.sheets import Sheet
from core.jobs import Job, JobState
from core.provenance.answers import Standing
from core.provenance.credentials import anchors
from core.provenance.verdict import examine
from core.weights.model_cards import CARD_FILE
from core.worker import Worker
from db.repository import Repository
from pages.components.generating import compare_table
from tests import app_scenes as scenes
from tests.tiny_models import edit_json, make_tiny_pipeline


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "tiny")
    edit_json(make_tiny_pipeline(folder / "zebra", seed=3) / CARD_FILE, label="Zebra")
    return folder


@pytest.fixture
def repository(models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """An empty library; no worker runs, so that jobs stay where a test puts them."""
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(models))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = scenes.open_library(scenes.PERSON, scenes.OTHER)
    yield opened
    opened.close()
    st.cache_resource.clear()


def show(app: AppTest, kind: str, *values: str) -> AppTest:
    return app.multiselect(key=f"compare_values_{kind}").set_value(list(values)).run()


def small_table() -> AppTest:
    """Two rashes by two tones on the palm."""
    app = show(show(scenes.open_app("compare"), "rash", "tinea", "clear"), "tone", "black", "fair")
    return app.selectbox(key="compare_fixed_site").set_value("palm").run()


def jobs_of(repository: Repository, owner: str = scenes.PERSON) -> list[Job]:
    request = repository.jobs.latest_request(owner, MARK)
    return [] if request is None else repository.jobs.of_request(request, owner)


def test_an_empty_page_teaches_and_offers_what_the_model_knows(repository: Repository) -> None:
    app = scenes.healthy(scenes.open_app("compare"))
    assert "Your comparison will appear here" in scenes.texts(app)
    assert "9 pictures" in scenes.texts(app)
    assert len(app.multiselect(key="compare_values_rash").options) == 3
    assert [app.selectbox(key=key).value for key in ("compare_rows", "compare_columns")] == ["rash", "tone"]
    assert app.selectbox(key="compare_fixed_site").options == ["Face", "Palm", "Foot"]


def test_drawing_queues_one_job_for_each_cell_with_one_seed(repository: Repository) -> None:
    app = scenes.healthy(scenes.press(small_table(), "compare_draw"))
    jobs = jobs_of(repository)
    assert [(job.recipe.rash, job.recipe.tone) for job in jobs] == [
        ("tinea", "fair"),
        ("tinea", "black"),
        ("clear", "fair"),
        ("clear", "black"),
    ]
    assert {job.recipe.sites for job in jobs} == {("palm",)}
    assert len({job.recipe.seed for job in jobs}) == 1
    words = scenes.texts(app)
    assert "Rash by skin tone · Palm" in words and "0 of 4 drawn" in words
    assert words.count("Not drawn yet") == 4 and "4 pictures waiting" in words
    assert app.button(key="compare_draw").disabled


def test_rows_can_be_any_attribute_and_columns_any_other(repository: Repository) -> None:
    app = scenes.open_app("compare").selectbox(key="compare_rows").set_value("tone").run()
    assert app.selectbox(key="compare_columns").value == "site"
    assert app.selectbox(key="compare_columns").options == ["Rash", "Body site"]
    app = show(show(app, "tone", "brown"), "site", "foot", "face")
    app = app.selectbox(key="compare_fixed_rash").set_value("acne").run()
    scenes.healthy(scenes.press(app, "compare_draw"))
    assert {(job.recipe.tone, job.recipe.sites[0], job.recipe.rash) for job in jobs_of(repository)} == {
        ("brown", "face", "acne"),
        ("brown", "foot", "acne"),
    }


def test_seed_and_settings_are_the_panels(repository: Repository) -> None:
    app = small_table().toggle(key="settings_fixed").set_value(True).run()
    app = app.number_input(key="settings_seed").set_value(41).run()
    app = app.slider(key="settings_steps").set_value(5).run()
    scenes.healthy(scenes.press(app, "compare_draw"))
    assert {(job.recipe.seed, job.recipe.num_inference_steps) for job in jobs_of(repository)} == {(41, 5)}


def test_a_session_that_began_on_generate_is_offered_the_cards_settings(repository: Repository) -> None:
    """The first run on this page counts: what it shows is what a browser sends back."""
    app = scenes.open_app("compare")
    panel = (app.slider(key="settings_steps"), app.slider(key="settings_guidance"))
    assert [list(slider.proto.value) for slider in panel if slider.proto.set_value] == [[3.0], [2.0]]


def test_settings_chosen_on_generate_hold_here_and_back(repository: Repository, models: Path) -> None:
    app = scenes.open_app().selectbox(key="settings_model").set_value("zebra").run()
    app = app.slider(key="settings_steps").set_value(7).run()
    app = app.slider(key="settings_guidance").set_value(4.5).run()
    app = app.selectbox(key="settings_scheduler").set_value("euler").run()
    app = scenes.press(app.switch_page("pages/compare.py").run(), "compare_draw")
    app = scenes.press(app.switch_page("pages/generate.py").run(), "generate")
    for recipe in (jobs_of(repository)[0].recipe, repository.jobs.recent(scenes.PERSON)[0].recipe):
        assert (recipe.model, recipe.num_inference_steps) == ("zebra", 7)
        assert (recipe.guidance_scale, recipe.scheduler) == (4.5, "euler")


def test_an_axis_without_values_can_not_be_drawn_and_says_so(repository: Repository) -> None:
    app = show(scenes.open_app("compare"), "rash")
    assert "There is no row yet" in scenes.texts(app)
    assert app.button(key="compare_draw").disabled


def test_more_cells_than_a_sheet_holds_are_refused_with_the_number(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.drawing.comparisons.CELLS_MAX", 8)
    app = scenes.open_app("compare")
    assert "9 pictures; a comparison holds at most 8" in scenes.texts(app)
    assert app.button(key="compare_draw").disabled


def test_the_time_is_told_by_the_latest_pictures(repository: Repository) -> None:
    assert "how long shows with the first picture" in scenes.texts(scenes.open_app("compare"))
    scenes.add_picture(repository, scenes.recipe_for())  # 1.5 s for 3 steps
    app = scenes.open_app("compare")
    assert app.caption[1].value == "9 pictures, about 14 s"
    app = app.slider(key="settings_steps").set_value(6).run()
    assert app.caption[1].value == "9 pictures, about 27 s"


def test_the_table_fills_survives_a_closed_tab_and_stays_out_of_generate(repository: Repository) -> None:
    scenes.press(small_table(), "compare_draw")
    assert scenes.draw_by_hand(repository) == 4
    app = scenes.healthy(scenes.open_app("compare"))
    assert len(app.get("image")) == 4
    alts = [image.proto.imgs[0].alt for image in app.get("image")]
    assert alts[1].endswith("tinea type of rash at the palm area on a black skin")
    words = scenes.texts(app)
    assert "4 of 4 drawn" in words
    for heading in ("**Tinea**", "**Clear skin**", "**Fair skin**", "**Black skin**"):
        assert heading in words
    assert not scenes.open_app("generate").get("image")
    assert not app.button(key="compare_draw").disabled


def test_a_cell_opens_its_picture_in_detail(repository: Repository) -> None:
    app = scenes.press(small_table(), "compare_draw")
    scenes.draw_by_hand(repository)
    job = jobs_of(repository)[3]
    app = app.run()
    assert app.button(key=f"compare_open_{job.id}").label == "Clear skin, Black skin"
    app = scenes.healthy(scenes.press(app, f"compare_open_{job.id}"))
    assert "“clear skin at the palm area on a black skin”" in scenes.texts(app)


def test_a_failed_cell_says_why_and_is_retried_alone(repository: Repository) -> None:
    app = scenes.press(small_table(), "compare_draw")
    job = repository.jobs.take("hand", 60)
    assert job is not None
    repository.jobs.fail(job.id, "hand", "The picture came out black. Try another seed.")
    scenes.draw_by_hand(repository)
    app = app.run()
    words = scenes.texts(app)
    assert "The picture came out black. Try another seed." in words and "3 of 4 drawn" in words
    assert not [button for button in app.button if button.key == "compare_retry_all"]
    scenes.healthy(scenes.press(app, f"compare_retry_{job.id}"))
    assert [one.state for one in jobs_of(repository)].count(JobState.QUEUED) == 1
    scenes.draw_by_hand(repository)
    assert "4 of 4 drawn" in scenes.texts(app.run())


def test_waiting_cells_are_cancelled_and_drawn_after_all_together(repository: Repository) -> None:
    app = scenes.press(small_table(), "compare_draw")
    first = jobs_of(repository)[0]
    app = scenes.healthy(scenes.press(app, f"cancel_waiting_{first.id}"))
    assert {job.state for job in jobs_of(repository)} == {JobState.CANCELLED}
    scenes.healthy(scenes.press(app, "compare_retry_all"))
    assert {job.state for job in jobs_of(repository)} == {JobState.QUEUED}


def test_a_deleted_picture_is_said_and_the_sheet_waits_for_it(repository: Repository) -> None:
    app = scenes.press(small_table(), "compare_draw")
    scenes.draw_by_hand(repository)
    key = jobs_of(repository)[2].generation_id
    assert key is not None
    repository.generations.delete(key, scenes.PERSON)
    app = scenes.healthy(app.run())
    assert "Deleted. History can bring it back" in scenes.texts(app)
    assert download(app).disabled


def download(app: AppTest) -> Any:
    """What is behind the button of the sheet."""
    (button,) = [one for one in app.get("download_button") if one.proto.label == "Download sheet"]
    return button.proto


def test_the_sheet_holds_the_table_as_it_is_shown(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheets, leaving = [], compare_table._leaving

    def listen(repository: Repository, user: str, sheet: Sheet, ids: list[int]) -> Callable[[], bytes]:
        sheets.append((sheet, leaving(repository, user, sheet, ids)))
        return sheets[-1][1]

    monkeypatch.setattr(compare_table, "_leaving", listen)
    app = scenes.press(small_table(), "compare_draw")
    assert download(app).disabled
    scenes.draw_by_hand(repository)
    assert not download(app.run()).disabled
    sheet, make = sheets[-1]
    assert (sheet.rows, sheet.columns) == (("Tinea", "Clear skin"), ("Fair skin", "Black skin"))
    content = make()
    with Image.open(BytesIO(content)) as image:
        assert min(image.size) > 512
    verdict = examine(content, anchors(repository.library))
    assert (verdict.standing, verdict.trusted) == (Standing.INTACT, True)
    assert [one.recipe for one in verdict.pictures] == [job.recipe for job in jobs_of(repository)]
    repository.users.ensure("Root", "admin")
    entry = repository.audit.entries("Root", ["exported"])[0]
    assert (entry.actor, entry.action) == (scenes.PERSON, "exported")
    assert (entry.subject, entry.detail) == ("comparison sheet", "pictures 1-4")


def test_each_person_sees_the_own_comparison(repository: Repository) -> None:
    scenes.press(small_table(), "compare_draw")
    app = scenes.open_app("compare").selectbox(key="user").set_value(scenes.OTHER).run()
    assert "Your comparison will appear here" in scenes.texts(app)
