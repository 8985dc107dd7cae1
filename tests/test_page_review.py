"""Review and the page of a closed library, without a browser."""

import sqlite3
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.errors import DiskFullError, LibraryBusyError
from core.worker import Worker
from db.records import CRITERIA
from db.repository import Repository
from pages.components import picture, resources
from tests import app_scenes as scenes


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A library of three pictures; no worker, no model."""
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = scenes.open_library(scenes.PERSON, scenes.OTHER)
    for seed in (1, 2, 3):
        scenes.add_picture(opened, scenes.recipe_for("tinea", "palm", "brown", seed), scenes.OTHER)
    yield opened
    opened.close()
    st.cache_resource.clear()


def whole_page(app: AppTest) -> str:
    """Everything sent to the browser, alt texts included."""
    return scenes.everything(app)


def test_the_blind_step_tells_nothing_of_the_prompt(repository: Repository) -> None:
    app = scenes.healthy(scenes.open_app("review"))
    page = whole_page(app).lower()
    for word in ("tinea", "palm", "brown", "seed", "tiny"):
        assert word not in page
    assert app.get("image")[0].proto.imgs[0].alt == "Picture to be rated"


def test_the_file_sent_in_the_blind_step_has_the_same_pixels_and_no_metadata(repository: Repository) -> None:
    path = repository.generations.get(1, scenes.PERSON).image_path
    bare = picture._bare_png(path, (1, 1))
    with Image.open(BytesIO(bare)) as sent, Image.open(path) as kept:
        assert sent.tobytes() == kept.tobytes()
        assert kept.info and not sent.info
    assert b"tinea" not in bare


def test_realism_is_kept_at_the_reveal_and_can_not_be_changed_after_it(repository: Repository) -> None:
    app = scenes.open_app("review")
    assert app.button(key="review_reveal").disabled
    app = scenes.press(app, "review_realism_5")
    app = scenes.press(app, "review_realism_6")
    app = scenes.healthy(scenes.press(app, "review_reveal"))
    words = scenes.texts(app)
    assert "Tinea · Palm · Brown skin" in words
    assert "Your blind answer: realism 6/7" in words
    (rating,) = blind_sheets(repository)
    assert rating.realism == 6
    assert not [b for b in app.button if str(b.key).startswith("review_realism")]
    again = scenes.open_app("review")
    assert "Step 2 of 2" in scenes.texts(again)


def blind_sheets(repository: Repository) -> list:
    return [sheet for key in (1, 2, 3) for sheet in repository.ratings.of(key) if sheet.blind]


def open_sheets(repository: Repository) -> list:
    return [sheet for key in (1, 2, 3) for sheet in repository.ratings.of(key) if not sheet.blind]


def reveal(app: AppTest, realism: int = 4) -> AppTest:
    return scenes.press(scenes.press(app, f"review_realism_{realism}"), "review_reveal")


def answer_all(app: AppTest, verdict: str = "yes") -> AppTest:
    for name in CRITERIA:
        app = scenes.press(app, f"review_{name}_{verdict}")
    return app


def test_the_five_criteria_and_a_comment_are_saved_and_the_next_picture_comes(
    repository: Repository,
) -> None:
    app = reveal(scenes.open_app("review"))
    app = answer_all(app, "partly")
    app = app.text_area[0].set_value("border too sharp").run()
    app = scenes.healthy(scenes.press(app, "review_save"))
    (sheet,) = open_sheets(repository)
    assert sheet.criteria == dict.fromkeys(CRITERIA, "partly")
    assert sheet.comment == "border too sharp"
    assert "Step 1 of 2" in scenes.texts(app)
    assert app.progress[0].text == "1 of 3 pictures reviewed"


def test_number_keys_belong_to_the_first_open_criterion(repository: Repository) -> None:
    app = reveal(scenes.open_app("review"))
    assert shortcuts(app)["review_site_yes"] == "1"
    assert not shortcuts(app)["review_colour_yes"]
    app = scenes.press(app, "review_site_no")
    assert not shortcuts(app)["review_site_yes"]
    assert [shortcuts(app)[f"review_lesion_type_{v}"] for v in ("yes", "partly", "no")] == ["1", "2", "3"]
    assert app.button(key="review_save").disabled


def shortcuts(app: AppTest) -> dict[str, str]:
    return {str(button.key): button.proto.shortcut.lower() for button in app.button}


def test_undo_takes_back_answers_but_never_a_blind_one(repository: Repository) -> None:
    app = scenes.press(scenes.open_app("review"), "review_realism_3")
    app = scenes.press(app, "review_undo")
    assert app.button(key="review_reveal").disabled
    app = answer_all(reveal(app, 2))
    app = scenes.press(app, "review_undo")
    assert app.button(key="review_save").disabled
    assert len(blind_sheets(repository)) == 1
    app = scenes.press(scenes.press(app, "review_texture_yes"), "review_save")
    app = scenes.healthy(scenes.press(app, "review_undo"))
    assert "Your blind answer: realism 2/7" in scenes.texts(app)
    app = scenes.press(answer_all(app, "no"), "review_save")
    assert [set(sheet.criteria.values()) for sheet in open_sheets(repository)] == [{"no"}]
    assert [sheet.realism for sheet in blind_sheets(repository)] == [2]


def test_skipped_pictures_come_back_when_the_others_are_done(repository: Repository) -> None:
    app = scenes.open_app("review")
    for _ in range(3):
        app = scenes.press(app, "review_skip")
    assert "Only skipped pictures are left" in scenes.texts(app)
    app = scenes.healthy(scenes.press(app, "review_again"))
    assert "Step 1 of 2" in scenes.texts(app)


def test_when_all_are_reviewed_the_page_says_so(repository: Repository) -> None:
    app = scenes.open_app("review")
    for _ in range(3):
        app = scenes.press(answer_all(reveal(app)), "review_save")
    assert "Nothing to review" in scenes.texts(scenes.healthy(app))
    assert app.progress[0].text == "3 of 3 pictures reviewed"


def test_a_damaged_picture_can_be_skipped(repository: Repository) -> None:
    for key in (1, 2, 3):
        repository.generations.get(key, scenes.PERSON).image_path.write_bytes(b"")
    app = scenes.healthy(scenes.open_app("review"))
    assert "Skip it to go on" in scenes.texts(app)
    scenes.healthy(scenes.press(app, "review_skip"))


def test_a_library_of_a_newer_version_is_a_page_with_the_way_out(
    repository: Repository, library: Path
) -> None:
    repository.close()
    with sqlite3.connect(library / "script2skin.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    app = AppTest.from_file(scenes.APP, default_timeout=60).run()
    words = scenes.texts(app)
    assert app.title[0].value == "The library can't be opened"
    assert "Update Script2Skin" in words
    assert str(library) in words
    assert not app.exception


@pytest.mark.parametrize(
    ("error", "hint"), [(LibraryBusyError, "try again"), (DiskFullError, "Free some space")]
)
def test_a_locked_library_or_a_full_disk_is_a_page_with_the_way_out(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, error: type, hint: str
) -> None:
    def refuse(settings: object) -> None:
        raise error("The library can't be used now.")

    with monkeypatch.context() as patch:
        patch.setattr(resources, "open_repository", refuse)
        app = AppTest.from_file(scenes.APP, default_timeout=60).run()
        assert app.title[0].value == "The library can't be opened"
        assert hint in scenes.texts(app)
    app = scenes.press(app, "library_try_again")
    assert app.title[0].value == "Generate"
