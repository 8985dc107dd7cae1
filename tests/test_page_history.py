"""History without a browser: filters, order, pages, detail, star, delete and undo, ZIP, damaged files."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.download_data_util import convert_data_to_bytes_and_infer_mime
from streamlit.testing.v1 import AppTest

from core.errors import NotFoundError
from core.images import read_recipe
from core.language.attributes import Attributes
from core.measuring.readings import Reading
from core.provenance.outgoing import for_library
from core.provenance.verdict import Standing, examine
from core.worker import Worker
from db.records import HistoryFilter, Order
from db.repository import Repository
from pages.components.library import export_panel, gallery
from pages.components.library.archive import write_archive
from tests import app_scenes as scenes


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A library of six pictures by two people; no worker, no model."""
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = scenes.open_library(scenes.PERSON, scenes.OTHER)
    scenes.add_picture(opened, scenes.recipe_for("tinea", "foot", "brown", 1))
    scenes.add_picture(opened, scenes.recipe_for("tinea", "palm", "fair", 2))
    scenes.add_picture(opened, scenes.recipe_for("acne", "face", "fair", 3))
    scenes.add_picture(opened, scenes.recipe_for("acne", "face", "black", 4), scenes.OTHER)
    scenes.add_picture(opened, scenes.recipe_for("clear", "foot", "black", 5), scenes.OTHER)
    scenes.add_picture(opened, scenes.recipe_for("eczema", "neck", "brown", 6))
    opened.ratings.add(2, scenes.OTHER, True, 6)
    opened.ratings.add(3, scenes.OTHER, True, 2)
    opened.generations.star(5, scenes.PERSON, True)
    yield opened
    opened.close()
    st.cache_resource.clear()


def shown(app: AppTest) -> list[int]:
    """Ids of the pictures on the page, in their order."""
    keys = [str(button.key) for button in app.button]
    return [int(key.removeprefix("open_")) for key in keys if key.startswith("open_")]


def test_pictures_stand_newest_first_with_words_for_who_cannot_see_them(repository: Repository) -> None:
    app = scenes.healthy(scenes.open_app("history"))
    assert shown(app) == [6, 5, 4, 3, 2, 1]
    assert "6 pictures" in scenes.texts(app)
    alts = [image.proto.imgs[0].alt for image in app.get("image")]
    assert alts[-1] == "Synthetic image, asked for as: tinea type of rash at the foot area on a brown skin"


@pytest.mark.parametrize(
    ("kind", "key", "value", "expected"),
    [
        ("multiselect", "filter_rash", ["acne"], [4, 3]),
        ("multiselect", "filter_site", ["foot"], [5, 1]),
        ("multiselect", "filter_tone", ["brown", "black"], [6, 5, 4, 1]),
        ("multiselect", "filter_model", ["tiny"], [6, 5, 4, 3, 2, 1]),
        ("segmented_control", "filter_rated", "Rated", [3, 2]),
        ("segmented_control", "filter_rated", "Not rated", [6, 5, 4, 1]),
        ("slider", "filter_realism", 5.0, [2]),
        ("checkbox", "filter_mine", True, [6, 3, 2, 1]),
        ("checkbox", "filter_starred", True, [5]),
        ("text_input", "filter_text", "palm", [2]),
        ("selectbox", "filter_order", Order.OLDEST, [1, 2, 3, 4, 5, 6]),
        ("selectbox", "filter_order", Order.REALISM, [2, 3, 6, 5, 4, 1]),
    ],
)
def test_each_filter_and_order_shows_what_it_says(
    repository: Repository, kind: str, key: str, value: object, expected: list[int]
) -> None:
    app = scenes.open_app("history")
    app = scenes.healthy(getattr(app, kind)(key=key).set_value(value).run())
    assert shown(app) == expected


def test_severity_view_and_monk_steps_are_filters_only_where_a_picture_has_them(
    repository: Repository,
) -> None:
    app = scenes.open_app("history")
    keys = {box.key for box in app.multiselect}
    assert not {"filter_severity", "filter_view"} & keys
    assert len(app.multiselect(key="filter_tone").options) == 6
    asked = Attributes("acne", ("face",), "monk_4", "severe", "close_up")
    scenes.add_picture(repository, scenes.recipe_of(asked))
    app = scenes.open_app("history")
    assert app.multiselect(key="filter_tone").options[-1] == "Monk 4 (Fitzpatrick II)"
    assert app.multiselect(key="filter_view").options == ["Close-up"]
    app = scenes.healthy(app.multiselect(key="filter_severity").set_value(["severe"]).run())
    assert shown(app) == [7]
    repository.generations.delete(7, scenes.PERSON)
    assert "No picture matches" in scenes.texts(scenes.healthy(app.run()))


def test_the_detail_shows_severity_and_view_and_what_the_judge_sees_of_them(repository: Repository) -> None:
    asked = Attributes("acne", ("face",), "fair", "severe", "close_up")
    key = scenes.add_picture(repository, scenes.recipe_of(asked)).id
    further = {
        "severity": "moderate",
        "severity_probability": 0.7,
        "view": "close_up",
        "view_probability": 0.9,
    }
    seen = Reading("tan", 6, 3.1, 12.4, 0.1, "tinea", 0.9, "sole", 0.6, "0" * 64, **further)
    repository.readings.record(key, seen)
    words = scenes.texts(scenes.healthy(scenes.press(scenes.open_app("history"), f"open_{key}")))
    assert "Severe acne" in words and "Close-up" in words
    assert "Tinea (90%), Sole (60%), moderate (70%), close-up (90%)" in words.replace("\\", "")
    assert "Severity" not in scenes.texts(scenes.press(scenes.open_app("history"), "open_1"))


def test_a_range_of_days_holds_both_its_ends(repository: Repository) -> None:
    today = repository.generations.get(1, scenes.PERSON).created_at.astimezone().date()
    app = scenes.open_app("history")
    app = scenes.healthy(app.date_input(key="filter_dates").set_value((today, today)).run())
    assert len(shown(app)) == 6


def test_nothing_found_says_so_and_shows_the_way_back(repository: Repository) -> None:
    app = scenes.open_app("history")
    app = app.text_input(key="filter_text").set_value("urticaria").run()
    assert "No picture matches" in scenes.texts(app)
    app = scenes.press(app, "empty_clear")
    assert len(shown(app)) == 6


def test_filters_stay_when_another_page_is_visited(repository: Repository) -> None:
    app = scenes.open_app("history")
    app = app.multiselect(key="filter_rash").set_value(["acne"]).run()
    app = app.switch_page("pages/about.py").run().switch_page("pages/history.py").run()
    assert shown(app) == [4, 3]
    assert "Filters (1)" in [popover.proto.popover.label for popover in app.get("popover")]


def test_next_and_previous_walk_the_pages(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "PAGE_SIZE", 4)
    app = scenes.open_app("history")
    assert shown(app) == [6, 5, 4, 3]
    app = scenes.press(app, "gallery_next")
    assert shown(app) == [2, 1]
    assert app.button(key="gallery_next").disabled
    app = scenes.press(app, "gallery_previous")
    assert shown(app) == [6, 5, 4, 3]
    assert app.button(key="gallery_previous").disabled


def test_another_filter_starts_at_the_first_page(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "PAGE_SIZE", 4)
    app = scenes.press(scenes.open_app("history"), "gallery_next")
    app = app.multiselect(key="filter_rash").set_value(["tinea"]).run()
    assert shown(app) == [2, 1]


def test_the_detail_shows_recipe_and_ratings(repository: Repository) -> None:
    app = scenes.healthy(scenes.press(scenes.open_app("history"), "open_2"))
    words = scenes.texts(app)
    assert "DDIMScheduler" in words
    assert "**Realism 6/7** · blind" in words
    assert scenes.OTHER in words


def test_the_detail_shows_what_was_measured_beside_what_was_asked(repository: Repository) -> None:
    words = scenes.texts(scenes.healthy(scenes.press(scenes.open_app("history"), "open_2")))
    assert "Not measured yet" in words
    seen = Reading("tan", 6, 3.14, 12.4, 0.105, "tinea", 0.871, "sole", 0.6, "0" * 64)
    repository.readings.record(2, seen)
    words = scenes.texts(scenes.healthy(scenes.press(scenes.open_app("history"), "open_2")))
    for line in ("Tan: nearest to Monk 6 (ΔE 3.1), ITA 12°", "Tinea (87 %), Sole (60 %)", "10 % of the skin"):
        assert line.replace(" %", "%") in words.replace("\\", "")


def test_the_detail_says_why_nothing_was_measured(repository: Repository) -> None:
    repository.readings.record(2, Reading(note="no skin was recognised", judge_sha256="0" * 64))
    words = scenes.texts(scenes.healthy(scenes.press(scenes.open_app("history"), "open_2")))
    assert "Not measured: no skin was recognised" in words.replace("\\", "")


def test_star_is_the_users_own(repository: Repository) -> None:
    app = scenes.press(scenes.open_app("history"), "open_2")
    scenes.healthy(scenes.press(app, "detail_star"))
    assert repository.generations.get(2, scenes.PERSON).starred
    assert not repository.generations.get(2, scenes.OTHER).starred


def test_delete_can_be_undone(repository: Repository) -> None:
    app = scenes.press(scenes.open_app("history"), "open_2")
    app = scenes.healthy(scenes.press(app, "detail_delete"))
    assert 2 not in shown(app)
    assert "1 picture deleted" in scenes.texts(app)
    app = scenes.healthy(scenes.press(app, "undo_delete"))
    assert 2 in shown(app)
    assert "deleted" not in scenes.texts(app)


def test_nobody_deletes_what_is_anothers(repository: Repository) -> None:
    app = scenes.press(scenes.open_app("history"), "open_4")
    assert app.button(key="detail_delete").disabled
    app = scenes.open_app("history")
    app = app.checkbox(key="tick_4").check().run().checkbox(key="tick_3").check().run()
    app = scenes.press(app, "selection_delete")
    assert f"belongs to {scenes.OTHER}" in scenes.texts(app)
    assert repository.generations.count(HistoryFilter(), scenes.PERSON) == 6


def test_a_selection_is_kept_over_pages_and_deleted_together(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "PAGE_SIZE", 4)
    app = scenes.open_app("history").checkbox(key="tick_6").check().run()
    app = scenes.press(app, "gallery_next").checkbox(key="tick_1").check().run()
    assert "2 pictures selected" in scenes.texts(app)
    app = scenes.press(app, "gallery_previous")
    assert app.checkbox(key="tick_6").value and not app.checkbox(key="tick_3").value
    app = scenes.healthy(scenes.press(app, "selection_delete"))
    assert shown(app) == [5, 4, 3, 2]
    assert "selected" not in scenes.texts(app)


def test_the_zip_holds_pictures_with_their_captions(repository: Repository) -> None:
    chosen = [repository.generations.get(key, scenes.PERSON) for key in (1, 4)]
    file = write_archive(chosen, for_library(repository.library))
    assert convert_data_to_bytes_and_infer_mime(file, unsupported_error=AssertionError())[1]
    file.seek(0)
    with file, zipfile.ZipFile(file) as archive:
        assert archive.namelist() == [
            "000001-tinea-foot-brown.png",
            "000001-tinea-foot-brown.txt",
            "000004-acne-face-black.png",
            "000004-acne-face-black.txt",
        ]
        verdict = examine(archive.read("000001-tinea-foot-brown.png"))
        assert (verdict.standing, verdict.source) == (Standing.INTACT, read_recipe(chosen[0].image_path)[1])
        assert archive.read("000004-acne-face-black.txt").decode().strip() == chosen[1].recipe.prompt


def test_a_zip_of_a_lost_file_names_the_picture(repository: Repository) -> None:
    generation = repository.generations.get(1, scenes.PERSON)
    generation.image_path.unlink()
    with pytest.raises(NotFoundError, match="picture 1 is missing"):
        write_archive([generation], for_library(repository.library))


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_thumbnail_gives_way_to_the_picture(repository: Repository, damage: str) -> None:
    spoil(repository.generations.get(2, scenes.PERSON).thumbnail_path, damage)
    app = scenes.healthy(scenes.open_app("history"))
    assert len(app.get("image")) == 6


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_picture_without_readable_files_is_a_tile_with_words(repository: Repository, damage: str) -> None:
    generation = repository.generations.get(2, scenes.PERSON)
    spoil(generation.thumbnail_path, damage)
    spoil(generation.image_path, damage)
    app = scenes.healthy(scenes.open_app("history"))
    assert len(app.get("image")) == 5
    assert "the files of this picture are missing or damaged" in scenes.texts(app)
    app = scenes.healthy(scenes.press(app, "open_2"))
    assert "This picture can't be shown" in scenes.texts(app)


def spoil(path: Path, damage: str) -> None:
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:60])


def test_downloads_carry_the_recipe(repository: Repository) -> None:
    generation = repository.generations.get(1, scenes.PERSON)
    assert read_recipe(generation.image_path)[0] == generation.recipe


def test_pictures_shown_are_exported_and_fetched(repository: Repository) -> None:
    app = scenes.open_app("history")
    app = app.multiselect(key="filter_rash").set_value(["acne"]).run()
    app = app.selectbox(key="export_format").set_value("csv").run()
    app = scenes.press(app, "export_start")
    run = export_panel._runs()[scenes.PERSON]
    run.wait(60)
    app = scenes.healthy(app.run())
    assert "2 pictures exported" in scenes.texts(app)
    with zipfile.ZipFile(run.output) as archive:
        assert len([name for name in archive.namelist() if name.endswith(".png")]) == 2
    app = scenes.press(app, "export_remove")
    assert not run.output.exists() and app.button(key="export_start")


def test_a_failed_export_says_which_picture_and_leaves_nothing(repository: Repository) -> None:
    path = repository.generations.get(3, scenes.PERSON).image_path
    path.write_bytes(b"not a picture")
    app = scenes.press(scenes.open_app("history"), "export_start")
    run = export_panel._runs()[scenes.PERSON]
    run.wait(60)
    app = app.run()
    assert path.name in app.error[0].value
    assert list(run.output.parent.iterdir()) == []
    assert scenes.press(app, "export_again").button(key="export_start")


def mark_near(repository: Repository, generation_id: int) -> None:
    """Says that a picture is too near to a training picture."""
    nearest = {"nearest": "phantom 5", "nearest_of": "24 training phantoms"}
    repository.readings.record(
        generation_id,
        Reading("tan", 6, 1.0, 20.0, **nearest, nearest_distance=0.5, nearest_share=0.0, too_near=True),
    )


def test_pictures_near_to_training_are_marked_found_and_explained(repository: Repository) -> None:
    mark_near(repository, 3)
    app = scenes.healthy(scenes.open_app("history"))
    assert scenes.texts(app).count("near to training") == 1
    app = app.checkbox(key="filter_near").check().run()
    assert shown(app) == [3]
    facts = scenes.texts(scenes.press(app, "open_3"))
    assert "phantom 5 of 24 training phantoms, distance 0.50" in facts
    assert "nearer than 99 % of them lie to one another" in facts


def test_the_drawn_by_filter_shows_one_persons_pictures(repository: Repository) -> None:
    app = scenes.open_app("history")
    assert shown(app.selectbox(key="filter_owner").set_value(scenes.OTHER).run()) == [5, 4]


def test_an_export_leaves_near_pictures_out_unless_ticked_and_says_how_many(repository: Repository) -> None:
    app = scenes.open_app("history")
    assert not [box for box in app.checkbox if box.key == "export_near"]
    mark_near(repository, 3)
    app = app.run()
    assert not app.checkbox(key="export_near").value
    scenes.press(app, "export_start")
    run = export_panel._runs()[scenes.PERSON]
    run.wait(60)
    app = scenes.healthy(scenes.open_app("history"))
    assert "5 pictures exported" in scenes.texts(app)
    assert "1 picture too near to a training picture left out" in scenes.texts(app)
    app = scenes.press(app, "export_remove").checkbox(key="export_near").check().run()
    scenes.press(app, "export_start")
    run = export_panel._runs()[scenes.PERSON]
    run.wait(60)
    assert run.exported is not None and (run.exported.pictures, run.exported.left_out) == (6, 0)


def test_a_selections_zip_leaves_near_pictures_out_and_says_so(repository: Repository) -> None:
    mark_near(repository, 3)
    app = scenes.open_app("history")
    app.checkbox(key="tick_3").check()
    app = app.run()
    assert app.get("download_button")[-1].proto.disabled
    app = app.checkbox(key="tick_6").check().run()
    assert "1 picture too near to a training picture left out of the ZIP" in scenes.texts(app)
    assert not next(b for b in app.get("download_button") if b.proto.label == "Download ZIP").proto.disabled
