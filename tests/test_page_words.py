"""Severity, view, Monk steps and sites where a rash does not occur, on Generate, Compare and About."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.drawing.comparisons import MARK
from core.drawing.phantom_starts import find_phantom, prepare_phantom
from core.weights.model_cards import write_card
from core.worker import Worker
from db.repository import Repository
from pages.components.wording import tone_word
from tests import app_scenes as scenes
from tests.tiny_models import make_tiny_pipeline, wordy_card

FOOT = "tinea type of rash at the foot area on a brown skin"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, and one that knows every kind of word; the first is chosen at first."""
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "tiny")
    write_card(make_tiny_pipeline(folder / "wordy", seed=2), wordy_card())
    return folder


@pytest.fixture
def repository(models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """An empty library; no worker runs, so that jobs stay where a test puts them."""
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(models))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = scenes.open_library()
    yield opened
    opened.close()
    st.cache_resource.clear()


def wordy(page: str = "generate") -> AppTest:
    """A page with the model chosen that knows every kind of word."""
    return scenes.open_app(page).selectbox(key="settings_model").set_value("wordy").run()


def choose(app: AppTest, **values: str) -> AppTest:
    for name, value in values.items():
        app = app.selectbox(key=f"form_{name}").set_value(value).run()
    return app


def keys_of(app: AppTest) -> set[str]:
    return {str(box.key) for box in app.selectbox}


def test_severity_and_view_are_asked_of_a_model_that_knows_them_alone(repository: Repository) -> None:
    app = scenes.open_app()
    assert not {"form_severity", "form_view"} & keys_of(app)
    assert "**Severities** (3): Mild, Moderate, Severe" in scenes.texts(app)
    app = scenes.healthy(wordy())
    assert app.selectbox(key="form_severity").options == ["Not stated", "Mild", "Moderate", "Severe"]
    assert app.selectbox(key="form_view").options == ["Not stated", "Close-up", "At an angle", "At distance"]
    assert "**Severities**" not in scenes.texts(app)
    assert "Monk 10 (Fitzpatrick VI)" in app.selectbox(key="form_tone").options


def test_not_stated_keeps_the_caption_of_the_original(repository: Repository) -> None:
    app = choose(wordy(), rash="tinea", site="foot", tone="brown")
    assert app.text_area(key="form_prompt").value == FOOT
    app = choose(app, severity="severe", view="close_up")
    assert app.text_area(key="form_prompt").value == f"severe {FOOT}, close-up"
    scenes.healthy(scenes.press(app, "generate"))
    (job,) = repository.jobs.recent(scenes.PERSON)
    assert (job.recipe.severity, job.recipe.view, job.recipe.tone) == ("severe", "close_up", "brown")
    app = choose(app, severity="")
    assert app.text_area(key="form_prompt").value == f"{FOOT}, close-up"


def test_clear_skin_has_no_severity(repository: Repository) -> None:
    app = choose(wordy(), site="foot", tone="brown", severity="mild")
    app = scenes.healthy(choose(app, rash="clear"))
    assert app.selectbox(key="form_severity").disabled
    assert app.text_area(key="form_prompt").value == "clear skin at the foot area on a brown skin"
    app = choose(app, rash="tinea")
    assert app.text_area(key="form_prompt").value == f"mild {FOOT}"


def test_another_model_that_does_not_know_them_is_not_asked_for_them(repository: Repository) -> None:
    app = choose(wordy(), rash="tinea", site="foot", tone="monk_4", severity="mild", view="at_distance")
    app = scenes.healthy(app.selectbox(key="settings_model").set_value("tiny").run())
    app = choose(app, tone="brown")
    assert app.text_area(key="form_prompt").value == FOOT


def test_a_written_sentence_is_read_by_the_words_of_the_model(repository: Repository) -> None:
    text = "mild acne on the cheek, Monk 4 skin, seen from a distance"
    app = wordy().segmented_control(key="form_mode").set_value("Write").run()
    app = scenes.healthy(app.text_area(key="form_written").set_value(text).run())
    assert "Monk 4 skin · Mild · At distance" in scenes.texts(app)
    app = app.selectbox(key="settings_model").set_value("tiny").run()
    assert "Fair skin · Mild · At distance" in scenes.texts(app)


def test_a_rash_where_it_does_not_occur_is_warned_of_and_can_be_drawn(repository: Repository) -> None:
    app = choose(wordy(), rash="acne", site="palm")
    assert [warning.value for warning in app.warning] == [
        "Acne does not occur on the palm: the model has not learned such pictures."
    ]
    scenes.healthy(scenes.press(app, "generate"))
    assert len(repository.jobs.recent(scenes.PERSON)) == 1
    app = choose(app, site="face")
    assert not app.warning
    app = choose(scenes.open_app(), rash="acne", site="palm")
    assert not app.warning and "Acne does not occur on the palm." in scenes.texts(app)


def test_a_recipe_is_reused_with_severity_and_view(repository: Repository) -> None:
    app = choose(wordy(), rash="tinea", site="foot", tone="monk_4", severity="severe", view="at_an_angle")
    scenes.press(app, "generate")
    scenes.draw_by_hand(repository)
    app = scenes.press(scenes.open_app("history"), "open_1")
    assert "Severe tinea · Foot · Monk 4 skin · At an angle" in scenes.texts(app)
    app = scenes.healthy(scenes.press(app, "detail_reuse").switch_page("pages/generate.py").run())
    chosen = [app.selectbox(key=f"form_{name}").value for name in ("tone", "severity", "view")]
    assert chosen == ["monk_4", "severe", "at_an_angle"]


def test_a_monk_step_from_another_tones_phantom_is_reused_with_that_phantom(repository: Repository) -> None:
    phantom = find_phantom("palm", "black")
    assert phantom is not None
    start = prepare_phantom(phantom, 32, 32)
    asked = {"tone": "monk_4", "model": "wordy", "strength": 0.85, "start_hash": start.sha256}
    drawn = scenes.add_picture(repository, replace(scenes.recipe_for(), **asked))
    app = scenes.press(scenes.open_app("history"), f"open_{drawn.id}")
    app = scenes.healthy(scenes.press(app, "detail_reuse").switch_page("pages/generate.py").run())
    assert app.selectbox(key="form_tone").value == "monk_4"
    assert (app.selectbox(key="start_site").value, app.selectbox(key="start_tone").value) == ("palm", "black")


def test_a_monk_step_is_a_name_within_a_sentence() -> None:
    assert [tone_word(key) for key in ("brown", "monk_4", None)] == ["brown", "Monk 4", "tone not named"]


def test_across_tones_stays_on_the_scale_that_was_chosen(repository: Repository) -> None:
    app = choose(wordy(), rash="tinea", site="foot", tone="monk_4")
    scenes.press(app, "generate")
    scenes.draw_by_hand(repository)
    scenes.healthy(scenes.press(app.run(), "across_skin_tones_1"))
    jobs = [job for job in repository.jobs.recent(scenes.PERSON, limit=20) if job.generation_id is None]
    assert sorted(job.recipe.tone for job in jobs) == sorted(f"monk_{step}" for step in range(1, 11))


@pytest.mark.parametrize(("rows", "columns"), [("rash", "severity"), ("view", "severity"), ("site", "view")])
def test_any_two_attributes_are_rows_and_columns(repository: Repository, rows: str, columns: str) -> None:
    app = wordy("compare")
    app = app.selectbox(key="compare_rows").set_value(rows).run()
    app = scenes.healthy(app.selectbox(key="compare_columns").set_value(columns).run())
    scenes.healthy(scenes.press(app, "compare_draw"))
    request = repository.jobs.latest_request(scenes.PERSON, MARK)
    recipes = [job.recipe for job in repository.jobs.of_request(request or "", scenes.PERSON)]
    assert len(recipes) > 3 and len({recipe.seed for recipe in recipes}) == 1
    values = {"site": "sites"}
    shown = {(getattr(r, values.get(rows, rows)), getattr(r, values.get(columns, columns))) for r in recipes}
    assert len(shown) == len(recipes)
    assert "clear" not in {recipe.rash for recipe in recipes}


def test_severity_and_view_can_be_held_still_in_a_table(repository: Repository) -> None:
    app = wordy("compare")
    for kind, value in (("severity", "mild"), ("view", "at_an_angle")):
        assert app.selectbox(key=f"compare_fixed_{kind}").value == ""
        app = app.selectbox(key=f"compare_fixed_{kind}").set_value(value).run()
    assert "Clear skin has no severity: take clear skin out of the rashes" in scenes.texts(app)
    app = app.multiselect(key="compare_values_rash").set_value(["acne", "tinea"]).run()
    app = scenes.healthy(scenes.press(app, "compare_draw"))
    assert "Rash by skin tone · Face · Mild · At an angle" in scenes.texts(app)


def test_a_model_that_knows_no_severity_is_compared_by_three_attributes(repository: Repository) -> None:
    app = scenes.open_app("compare")
    assert app.selectbox(key="compare_rows").options == ["Rash", "Body site", "Skin tone"]


def test_the_page_about_the_model_lists_severities_and_views(repository: Repository) -> None:
    app = scenes.open_app("about")
    assert "Severities" not in scenes.texts(app)
    app = scenes.healthy(app.selectbox(key="about_model").select_index(1).run())
    words = scenes.texts(app)
    assert "Mild, Moderate, Severe" in words.replace("\\", "") and "Close-up" in words.replace("\\", "")
