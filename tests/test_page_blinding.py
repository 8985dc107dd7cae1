"""Pages of a person who rates a study: nothing there tells what its pictures were asked for."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from study_parts import rate

from core.provenance.outgoing import for_library
from core.worker import Worker
from db.repository import Repository
from db.study_records import Study, StudyDraft
from pages.components.library.gallery import OPEN
from pages.components.library.selection import _archive
from tests import app_scenes as scenes
from tests.tiny_models import make_tiny_pipeline

SENTENCE = "of the study “Spring” are hidden from you until you have rated all of it"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "tiny")
    return folder


@pytest.fixture
def repository(models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A library of two leads and four pictures; no worker runs."""
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(models))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = scenes.open_library(scenes.PERSON, scenes.OTHER)
    for seed, rash in enumerate(("tinea", "tinea", "acne", "eczema"), 1):
        scenes.add_picture(opened, scenes.recipe_for(rash, "palm", "brown", seed), scenes.OTHER)
    yield opened
    opened.close()
    st.cache_resource.clear()


@pytest.fixture
def study(repository: Repository) -> Study:
    """The two pictures of tinea, rated by the first lead for the other."""
    return study_of(repository, 1, 2)


def study_of(repository: Repository, *pictures: int) -> Study:
    draft = StudyDraft("Spring", pictures, (scenes.PERSON,), 1, 3, 0.0)
    return repository.studies.create(draft, scenes.OTHER)


def whole_page(app: AppTest) -> str:
    """All words but the choices of a filter, alt texts included."""
    alts = " ".join(image.proto.imgs[0].alt for image in app.get("image"))
    return (scenes.texts(app) + alts).lower()


def as_other(page: str) -> AppTest:
    app = AppTest.from_file(scenes.APP, default_timeout=60)
    app.query_params["user"] = scenes.OTHER
    return app.run().switch_page(f"pages/{page}.py").run()


def test_history_shows_the_others_and_says_why_not_all(repository: Repository, study: Study) -> None:
    app = scenes.healthy(scenes.open_app("history"))
    words = whole_page(app)
    assert f"2 pictures {SENTENCE}".lower() in words
    assert "2 pictures ·" in words and "acne" in words and "tinea" not in words
    assert [button.key for button in app.button if str(button.key).startswith("open_")] == [
        "open_4",
        "open_3",
    ]


def test_who_leads_the_study_without_rating_sees_all_of_it(repository: Repository, study: Study) -> None:
    words = whole_page(scenes.healthy(as_other("history")))
    assert "tinea" in words and "4 pictures ·" in words and "hidden from you" not in words


def test_a_picture_left_open_from_before_is_not_shown(repository: Repository, study: Study) -> None:
    app = scenes.open_app("history")
    app.session_state[OPEN] = 1
    app = app.run()
    assert "Picture 1 belongs to the study 'Spring' and is hidden from you" in scenes.texts(
        scenes.healthy(app)
    )
    assert "tinea" not in whole_page(app) and not [b for b in app.button if b.key == "detail_reuse"]


def test_a_selection_from_before_leaves_without_them(repository: Repository, study: Study) -> None:
    with _archive(repository, scenes.PERSON, (1, 3)) as reader, zipfile.ZipFile(reader) as archive:
        assert archive.namelist() == ["000003-acne-palm-brown.png", "000003-acne-palm-brown.txt"]


def test_review_offers_the_others_alone(repository: Repository, study: Study) -> None:
    app = scenes.healthy(scenes.open_app("review"))
    assert SENTENCE in scenes.texts(app)
    assert any("0 of 2 pictures reviewed" in str(bar.proto.text) for bar in app.get("progress"))


def test_a_picture_on_the_desk_of_review_leaves_it_when_a_study_begins(repository: Repository) -> None:
    app = scenes.open_app("review")
    on_desk = app.session_state["review"].picture
    study_of(repository, on_desk)
    app = scenes.healthy(app.run())
    assert app.session_state["review"].picture not in (None, on_desk)
    assert "is hidden from you" in scenes.texts(app)


def test_verify_finds_no_entry_of_its_pictures(repository: Repository, study: Study) -> None:
    picture = repository.generations.get(1, scenes.OTHER)
    content = for_library(repository.library).encode(picture.image_path)
    app = (
        scenes.open_app("verify").file_uploader(key="verify_file").upload("x.png", content, "image/png").run()
    )
    words = scenes.texts(scenes.healthy(app))
    assert "In History: picture 1" not in words and SENTENCE in words


def test_ones_own_request_is_not_shown_on_generate_while_its_picture_is_rated(repository: Repository) -> None:
    repository.jobs.submit(scenes.PERSON, [scenes.recipe_for("acne", "face", "fair", 9)])
    scenes.draw_by_hand(repository)
    assert "Acne · Face" in scenes.texts(scenes.healthy(scenes.open_app())).replace(" and rosacea", "")
    (job,) = repository.jobs.recent(scenes.PERSON)
    assert job.generation_id is not None
    study = study_of(repository, job.generation_id)
    app = scenes.healthy(scenes.open_app())
    assert "is hidden from you" in scenes.texts(app) and "#### Acne" not in scenes.texts(app)
    assert not app.get("image") and not [b for b in app.button if str(b.key).startswith("new_seed")]
    rate(repository, study.id, scenes.PERSON)
    assert "#### Acne" in scenes.texts(scenes.open_app())


def test_ones_own_table_is_not_shown_on_compare_while_a_picture_of_it_is_rated(
    repository: Repository,
) -> None:
    app = scenes.open_app("compare")
    for kind, values in (("rash", ["tinea", "clear"]), ("tone", ["black", "fair"])):
        app = app.multiselect(key=f"compare_values_{kind}").set_value(values).run()
    scenes.press(app, "compare_draw")
    scenes.draw_by_hand(repository)
    opened = [b for b in scenes.open_app("compare").button if str(b.key).startswith("compare_open_")]
    assert len(opened) == 4
    study_of(repository, repository.jobs.recent(scenes.PERSON)[0].generation_id or 0)
    app = scenes.healthy(scenes.open_app("compare"))
    assert "1 picture of the study “Spring” is hidden from you" in scenes.texts(app)
    assert not [b for b in app.button if str(b.key).startswith("compare_open_")] and not app.get("image")


def test_a_lead_who_rates_is_told_on_studies_why_pictures_are_missing(
    repository: Repository, study: Study
) -> None:
    app = scenes.healthy(scenes.open_app("studies"))
    assert SENTENCE in scenes.texts(app)
    assert "How many of the 2 that pass" in {box.label for box in app.number_input}
