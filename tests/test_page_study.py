"""Rate a study and Studies, without a browser: a rater's answers one by one, a lead's form and figures."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from study_parts import BLIND, OPEN, rate

from core.review.checklists import CRITERIA
from core.review.studies import AI
from core.worker import Worker
from db.repository import Repository
from db.study_records import Study, StudyDraft
from tests import app_scenes as scenes

LEAD, RATER, THIRD = scenes.PERSON, scenes.OTHER, "Dr Sato"
TOLD = ("tinea", "palm", "brown skin", "tiny", "ddim", "7/7")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """Four pictures of tinea, rated in Review by their lead; a rater; no worker, no model, no dataset."""
    for name in ("MODELS", "DATASETS"):
        monkeypatch.setenv(f"SCRIPT2SKIN_{name}", str(tmp_path / name.lower()))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = scenes.open_library(LEAD)
    for name in (RATER, THIRD):
        opened.users.ensure(name, "reviewer")
    for seed in range(1, 5):
        scenes.add_picture(opened, scenes.recipe_for("tinea", "palm", "brown", seed), LEAD)
        opened.ratings.add(seed, LEAD, False, 7, {}, "splendid")
    yield opened
    opened.close()
    st.cache_resource.clear()


def study_of(repository: Repository, *pictures: int, name: str = "Spring", rater: str = RATER) -> Study:
    return repository.studies.create(StudyDraft(name, pictures, (rater,), 1, 3, 0.0), LEAD)


def open_as(person: str, page: str) -> AppTest:
    app = AppTest.from_file(scenes.APP, default_timeout=60)
    app.query_params["user"] = person
    return scenes.healthy(app.run().switch_page(f"pages/{page}.py").run())


def give(app: AppTest, showing: int, **answers: object) -> AppTest:
    for question, value in answers.items():
        app = scenes.healthy(scenes.press(app, f"study_{question}_{value}_{showing}"))
    return app


def standing(repository: Repository, study: Study) -> dict[str, object]:
    desk = repository.studies.desk(study.id, RATER)
    assert desk is not None
    return desk.answers


def test_a_picture_is_rated_step_by_step_and_nothing_is_told_before_the_reveal(
    repository: Repository,
) -> None:
    study = study_of(repository, 1, 2)
    app = open_as(RATER, "study")
    showing = repository.studies.desk(study.id, RATER).showing
    assert app.button(key=f"study_reveal_{showing}").disabled
    app = give(app, showing, gradable=True)
    app = app.text_input(key=f"study_diagnosis_1_{showing}").set_value(" Tinea  manuum ").run()
    app = give(app, showing, diagnosis_1_confidence=4, origin=AI)
    assert app.button(key=f"study_reveal_{showing}").disabled
    app = give(app, showing, origin_confidence=2)
    assert not any(word in scenes.everything(app).lower().replace("tinea manuum", "") for word in TOLD)
    app = scenes.healthy(scenes.press(app, f"study_reveal_{showing}"))
    assert "Tinea · Palm · Brown skin" in scenes.texts(app).replace(
        ", candidiasis and other fungal infections", ""
    )
    assert "splendid" not in scenes.everything(app).lower() and "tiny" not in scenes.everything(app).lower()
    app = give(app, showing, **dict.fromkeys(CRITERIA, "yes"))
    app = scenes.press(app, f"study_tone_7_{showing}")
    app = give(app, showing, realism=5)
    assert app.button(key=f"study_next_{showing}").disabled
    app = scenes.press(app, f"study_artefacts_none_{showing}")
    wanted = {**BLIND, **OPEN, "diagnosis_1": "Tinea manuum", "artefacts": {}}
    assert standing(repository, study) == wanted
    app = scenes.healthy(scenes.press(app, f"study_next_{showing}"))
    assert any("1 of 2 pictures rated" in str(bar.proto.text) for bar in app.get("progress"))
    assert standing(repository, study) == {} and "Step 1 of 2" in scenes.texts(app)


def test_another_session_goes_on_where_the_first_left_and_takes_back(repository: Repository) -> None:
    study = study_of(repository, 1)
    showing = repository.studies.desk(study.id, RATER).showing
    give(open_as(RATER, "study"), showing, gradable=False, origin=AI)
    app = open_as(RATER, "study")
    assert app.button(key=f"study_origin_{AI}_{showing}").proto.type == "primary"
    app = scenes.healthy(scenes.press(app, f"study_undo_{showing}_2"))
    assert standing(repository, study) == {"gradable": False}
    assert app.button(key=f"study_origin_{AI}_{showing}").proto.type == "secondary"


def test_artefacts_are_named_by_kind_and_severity(repository: Repository) -> None:
    study = study_of(repository, 1)
    showing = repository.studies.desk(study.id, RATER).showing
    for question, value in BLIND.items():
        repository.studies.answer(showing, RATER, question, value)
    repository.studies.reveal(showing, RATER)
    app = open_as(RATER, "study")
    key = f"study_artefact_blur_{showing}"
    app = app.segmented_control(key=key).set_value("severe").run()
    assert standing(repository, study)["artefacts"] == {"blur": "severe"}
    app = app.segmented_control(key=key).set_value(None).run()
    assert "artefacts" not in standing(repository, study)
    assert "what was asked for is hidden" not in scenes.texts(app)


def test_who_rates_nothing_is_told_so_and_who_is_done_is_thanked(repository: Repository) -> None:
    assert "No study to rate" in scenes.texts(open_as(RATER, "study"))
    study = study_of(repository, 1)
    assert "No study to rate" in scenes.texts(open_as(LEAD, "study"))
    rate(repository, study.id, RATER)
    assert "All pictures are rated" in scenes.texts(open_as(RATER, "study"))
    repository.studies.close(study.id, LEAD)
    assert "No study to rate" in scenes.texts(open_as(RATER, "study"))


def test_of_two_studies_the_unfinished_one_comes_first_and_either_can_be_chosen(
    repository: Repository,
) -> None:
    first, second = study_of(repository, 1), study_of(repository, 2, 3, name="Summer")
    rate(repository, first.id, RATER)
    app = open_as(RATER, "study")
    assert app.selectbox(key="study_chosen").value == second.id
    app = scenes.healthy(app.selectbox(key="study_chosen").set_value(first.id).run())
    assert "All pictures are rated" in scenes.texts(app)


def name_field(app: AppTest) -> object:
    return next(box for box in app.text_input if box.label == "Name")


def field(app: AppTest, label: str) -> object:
    return next(box for box in app.number_input if box.label.startswith(label))


def filled(app: AppTest, name: str) -> AppTest:
    app = name_field(app).set_value(name).run()
    return app.multiselect(key="study_form_raters").set_value([THIRD, RATER]).run()


def test_the_form_makes_the_study_that_was_asked_for_and_is_empty_again(repository: Repository) -> None:
    app = filled(open_as(LEAD, "studies"), "  Spring   reading ")
    app = field(app, "How many of the 4").set_value(3).run()
    app = field(app, "Ratings per picture").set_value(1).run()
    app = field(app, "Repeats").set_value(50).run()
    app = field(app, "Seed").set_value(11).run()
    assert "3 pictures, 3 ratings: up to 2 for each of 2 raters, and 1 shown a second time" in scenes.texts(
        app
    )
    app = scenes.healthy(scenes.press(app, "study_form_make"))
    (study,) = repository.studies.led_by(LEAD)
    assert (study.name, study.pictures, study.photographs) == ("Spring reading", 3, 0)
    assert (study.ratings_per_picture, study.repeats, study.seed) == (1, 0.5, 11)
    assert name_field(app).value == "" and app.selectbox(key="studies_chosen").value == study.id
    assert f"{RATER}: 0 of" in scenes.everything(app) and "Figures" in scenes.texts(app)


def test_a_refused_study_says_why_and_keeps_what_was_filled_in(repository: Repository) -> None:
    study_of(repository, 1)
    app = scenes.press(filled(open_as(LEAD, "studies"), "Spring"), "study_form_make")
    assert "already a study named 'Spring'" in app.error[0].value
    assert name_field(app).value == "Spring" and len(repository.studies.led_by(LEAD)) == 1
    app = scenes.press(open_as(LEAD, "studies"), "study_form_make")
    assert "1 to 200 characters" in app.error[0].value or "rater" in app.error[0].value


def test_pictures_are_chosen_by_hand_too(repository: Repository) -> None:
    app = filled(open_as(LEAD, "studies"), "By hand")
    app = app.segmented_control(key="study_form_way").set_value("By hand").run()
    app = scenes.healthy(app.multiselect(key="study_form_hand").set_value([4, 2]).run())
    assert len(app.get("image")) == 2
    scenes.healthy(scenes.press(app, "study_form_make"))
    (study,) = repository.studies.led_by(LEAD)
    assert set(repository.studies.drawn(study.id, LEAD).values()) == {2, 4}


def test_a_lead_follows_closes_and_opens_again_and_deletes_only_what_nobody_has_begun(
    repository: Repository,
) -> None:
    study = study_of(repository, 1, 2)
    app = open_as(LEAD, "studies")
    assert "study_delete" in {button.key for button in app.button}
    rate(repository, study.id, RATER)
    app = scenes.healthy(app.run())
    assert f"{RATER}: 1 of 2" in scenes.everything(app) and "study_delete" not in {b.key for b in app.button}
    app = scenes.healthy(scenes.press(app, "study_close"))
    assert repository.studies.led_by(LEAD)[0].closed_at is not None
    scenes.healthy(scenes.press(app, "study_reopen"))
    assert repository.studies.led_by(LEAD)[0].closed_at is None
    study_of(repository, 3, name="Not begun")
    scenes.healthy(scenes.press(open_as(LEAD, "studies"), "study_delete"))
    assert [one.name for one in repository.studies.led_by(LEAD)] == ["Spring"]


def test_figures_are_numbers_where_there_are_enough_ratings_and_words_where_not(
    repository: Repository,
) -> None:
    for seed in range(5, 13):
        scenes.add_picture(repository, scenes.recipe_for("acne", "face", "fair", seed), LEAD)
    study = study_of(repository, *range(1, 13))
    app = open_as(LEAD, "studies")
    assert "No picture is rated yet" in scenes.texts(app) and not app.table
    for number in range(12):
        rate(repository, study.id, RATER, realism=1 + number % 2, texture="no")
    app = open_as(LEAD, "studies")
    pictures, agreement = app.table[0].value, app.table[1].value
    assert pictures.loc["Realism, mean (1 to 7)", "Value"] == "1.50"
    assert pictures.loc["Pictures with at least 3 of 5 criteria", "Value"] == "100.0 %"
    assert pictures.loc["Real or AI: accuracy", "Value"] == "No photographs beside drawn pictures"
    assert pictures.loc["Real or AI: specificity (real called real)", "Value"] == "Too few ratings: 0 of 10"
    assert pictures.loc["Realism, mean (1 to 7)", "Ratings"] == "12" and "Pictures" in agreement.columns
    assert agreement.loc["Realism: α", "Value"].startswith("Too few pictures rated twice")
    app = scenes.healthy(app.segmented_control(key="study_by").set_value("rash").run())
    assert len(app.selectbox(key="study_of_rash").options) == 2


def test_a_lead_who_rates_sees_no_figures_and_exports_nothing_before_the_last_picture(
    repository: Repository,
) -> None:
    study = study_of(repository, 1, rater=LEAD)
    app = AppTest.from_file(scenes.APP, default_timeout=60).run().switch_page("pages/studies.py").run()
    assert "You rate this study yourself" in scenes.texts(scenes.healthy(app))
    assert not app.table and "study_export" not in {button.key for button in app.button}
    rate(repository, study.id, LEAD)
    app = scenes.healthy(app.run())
    assert len(app.table) > 3 and "study_export" in {button.key for button in app.button}
