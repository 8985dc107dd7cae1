"""The caption studio, without a browser: a real prepared dataset, two people at once."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from photograph_folders import encoded, picture, prepared, put
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from core.errors import LibraryBusyError
from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from core.photographs.captioning import Answer, edit_of
from core.photographs.dataset_edits import append_edit, read_edits
from core.photographs.datasets import Dataset, open_dataset
from core.photographs.suggestions import SUGGESTIONS, Suggestion
from core.worker import Worker
from db.repository import Repository
from pages.components.datasets import studio_state
from pages.components.datasets.studio_questions import RESERVED, letters_for
from tests import app_scenes as scenes

FOLDER = "Acne and Rosacea Photos"
SOURCE = {f"train/{FOLDER}/acne-{number}.jpg": number for number in range(3)}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A library of two people; no worker, no model."""
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("SCRIPT2SKIN_DATASETS", str(tmp_path / "datasets"))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = scenes.open_library(scenes.PERSON, scenes.OTHER)
    yield opened
    opened.close()
    st.cache_resource.clear()


@pytest.fixture
def dataset(repository: Repository, tmp_path: Path) -> Dataset:
    """Three photographs whose rash is known from their folder."""
    for name, seed in SOURCE.items():
        put(tmp_path / "source" / name, encoded(picture(seed)))
    return prepared(tmp_path / "source", tmp_path / "datasets" / "clinic")


def open_studio(person: str = scenes.PERSON) -> AppTest:
    app = AppTest.from_file(scenes.APP, default_timeout=60).run()
    app = app.selectbox(key="user").set_value(person).run()
    return scenes.healthy(app.switch_page("pages/studio.py").run())


def button(app: AppTest, key: str) -> Button:
    """A button of the desk, whose key ends in the photograph's id, or another one."""
    return next(b for b in app.button if key in (str(b.key), str(b.key).rpartition("_")[0]))


def press(app: AppTest, key: str) -> AppTest:
    return button(app, key).click().run()


def answer(app: AppTest, region: str, site: str, tone: str) -> AppTest:
    number = list(dict.fromkeys(s.group for s in load_vocabulary().sites.values())).index(region)
    app = press(app, f"studio_region_{number}")
    app = press(app, f"studio_site_{site}") if site else app
    return press(app, f"studio_tone_{tone}")


def shown(app: AppTest) -> str:
    """Source name of the photograph on the desk."""
    return next(str(c.value).replace("\\", "") for c in app.caption if "acne" in str(c.value))


def photographs(dataset: Dataset) -> dict[str, Attributes]:
    return {p.source: p.attributes for p in open_dataset(dataset.folder).photographs}


def test_without_a_dataset_the_page_says_what_it_is_for(repository: Repository) -> None:
    app = open_studio()
    assert "No photographs yet" in scenes.texts(app) and "body site" in scenes.texts(app)


def test_site_and_tone_are_answered_saved_and_the_next_photograph_comes(dataset: Dataset) -> None:
    app = open_studio()
    first = shown(app)
    assert app.selectbox(key="studio_rash").value == "acne"
    assert "from the folder" in app.selectbox(key="studio_rash").label
    assert app.get("image")[0].proto.imgs[0].alt == "Photograph to be captioned; known so far: Acne"
    assert button(app, "studio_save").disabled
    app = answer(app, "head or neck", "chin", "brown")
    caption = "acne type of rash at the chin area on a brown skin"
    assert app.text_area(key="studio_caption").value == caption
    app = scenes.healthy(press(app, "studio_save"))
    assert shown(app) != first
    assert photographs(dataset)[first] == Attributes("acne", ("chin",), "brown")
    (edit,) = read_edits(dataset.folder)
    assert (edit.by, dict(edit.changes)) == (
        scenes.PERSON,
        {"usable": True, "sites": ["chin"], "tone": "brown"},
    )
    assert app.progress[0].text == "1 of 3 photographs captioned, 1 looked at by a person"


def test_every_question_has_its_keys(dataset: Dataset) -> None:
    app = open_studio()
    on_desk = app.session_state["studio"].photograph
    keys = {str(b.key).removesuffix(f"_{on_desk}"): b.proto.shortcut.lower() for b in app.button}
    tones = [keys[f"studio_tone_{tone}"] for tone in load_vocabulary().tones]
    assert tones == ["1", "2", "3", "4", "5", "6"]
    assert keys["studio_save"] == "enter" and keys["studio_undo"] == "backspace"
    used = [shortcut for shortcut in keys.values() if shortcut]
    assert len(set(used)) == len(used)
    regions = [key for key in keys if key.startswith("studio_region_")]
    assert len(regions) == 12 and all(len(keys[key]) == 1 for key in regions)
    app = press(app, regions[0])
    assert [b for b in app.button if "_region_0" in str(b.key)] == []
    assert button(app, "studio_site_chin").proto.shortcut.lower() not in {"", *RESERVED}


def test_a_key_pressed_twice_does_not_answer_the_next_photograph(dataset: Dataset) -> None:
    """The second press comes from the button of a photograph that is no longer on the desk."""
    app = answer(open_studio(), "palm", "", "tan")
    stale = button(app, "studio_save")
    app = press(app, "studio_save")
    assert stale.key not in [b.key for b in app.button]
    stale.click()
    scenes.healthy(app.run())
    assert len(read_edits(dataset.folder)) == 1


def test_a_tone_answered_while_a_region_is_open_leaves_it_open(dataset: Dataset) -> None:
    app = press(open_studio(), "studio_region_0")
    app = press(press(app, "studio_tone_tan"), "studio_site_chin")
    assert app.text_area(key="studio_caption").value == "acne type of rash at the chin area on a tan skin"


def test_an_answer_that_can_not_be_recorded_stays_on_the_desk(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = answer(open_studio(), "palm", "", "tan")
    first = shown(app)

    def refuse(folder: Path, edit: object) -> None:
        raise LibraryBusyError("Another process writes the edits.")

    with monkeypatch.context() as patch:
        patch.setattr(studio_state, "append_edit", refuse)
        app = press(app, "studio_save")
    assert "Another process writes" in app.error[0].value and shown(app) == first
    scenes.healthy(press(app, "studio_save"))
    assert photographs(dataset)[first] == Attributes("acne", ("palm",), "tan")


def test_letters_are_the_labels_own_where_they_are_free() -> None:
    assert letters_for(["Head", "Hand", "had"]) == {"Head": "h", "Hand": "a", "had": "d"}
    assert set(letters_for(["Sxn", "crs"]).values()) == {"a", "b"}


def test_undo_takes_back_the_answer_first_and_then_what_was_saved(dataset: Dataset) -> None:
    app = open_studio()
    first = shown(app)
    assert button(app, "studio_undo").disabled
    app = press(answer(app, "palm", "", "tan"), "studio_undo")
    assert app.text_area(key="studio_caption").value == "acne type of rash"
    app = press(answer(app, "palm", "", "tan"), "studio_save")
    app = scenes.healthy(press(app, "studio_undo"))
    assert shown(app) == first and photographs(dataset)[first] == Attributes("acne")
    assert app.progress[0].text.startswith("0 of 3")
    assert [bool(edit.undoes) for edit in read_edits(dataset.folder)] == [False, True]
    assert "taken back" in scenes.texts(app)
    assert not button(app, "studio_save").disabled
    app = press(press(app, "studio_tone_black"), "studio_save")
    assert photographs(dataset)[first] == Attributes("acne", ("palm",), "black")


def test_skipped_photographs_come_back_and_an_unusable_one_is_left_out(dataset: Dataset) -> None:
    app = open_studio()
    first = shown(app)
    app = press(app, "studio_skip")
    app = press(app, "studio_unusable")
    app = press(answer(app, "palm", "", "tan"), "studio_save")
    assert "Only skipped photographs are left" in scenes.texts(app)
    app = scenes.healthy(press(app, "studio_again"))
    assert shown(app) == first
    assert sum(not p.usable for p in open_dataset(dataset.folder).photographs) == 1
    app = press(answer(app, "palm", "", "tan"), "studio_save")
    assert "Nothing left to caption" in scenes.texts(app)
    app = app.selectbox(key="studio_wanted").select_index(2).run()
    assert "not usable" in scenes.texts(app)
    app = scenes.healthy(press(answer(app, "palm", "", "tan"), "studio_save"))
    assert all(p.usable for p in open_dataset(dataset.folder).photographs)


def test_what_can_not_be_told_is_saved_without_it(dataset: Dataset) -> None:
    app = open_studio()
    first = shown(app)
    app = press(press(app, "studio_tone_black"), "studio_save_part")
    assert photographs(dataset)[first] == Attributes("acne", (), "black")
    assert shown(app) != first


def test_own_words_are_kept_and_a_new_choice_writes_the_caption_anew(dataset: Dataset) -> None:
    app = answer(open_studio(), "palm", "", "tan")
    app = app.text_area(key="studio_caption").set_value("pustules on  the palm").run()
    assert press(app, "studio_tone_fair").text_area(key="studio_caption").value == (
        "acne type of rash at the palm area on a fair skin"
    )
    app = app.text_area(key="studio_caption").set_value("pustules on  the palm").run()
    press(app, "studio_save")
    assert [p.caption for p in open_dataset(dataset.folder).photographs if p.caption] == [
        "pustules on the palm"
    ]


def test_a_measured_tone_is_suggested_and_never_chosen(dataset: Dataset) -> None:
    lines = [
        Suggestion(p.id, p.sha256, tone="tan", monk=6, ita=11.6, site="chin", site_probability=0.83)
        for p in dataset.photographs
    ]
    (dataset.folder / SUGGESTIONS).write_text("".join(line.to_json() + "\n" for line in lines))
    app = open_studio()
    words = scenes.texts(app)
    assert "suggested: **tan** (measured: nearest Monk 6, ITA 12°)" in words
    assert "suggested: **Chin** (CLIP, 83%)" in words
    assert app.text_area(key="studio_caption").value == "acne type of rash"
    assert button(app, "studio_save").disabled


def test_two_people_are_shown_different_photographs(dataset: Dataset) -> None:
    ann, bob = open_studio(), open_studio(scenes.OTHER)
    assert shown(ann) != shown(bob)
    ann = press(answer(ann, "palm", "", "tan"), "studio_save")
    assert shown(ann) not in (shown(bob), "")
    bob = press(answer(bob, "palm", "", "fair"), "studio_save")
    words = scenes.texts(bob)
    assert "The last ones are on other desks" in words and scenes.PERSON in words
    bob = scenes.healthy(press(bob, "studio_heedless"))
    assert shown(bob) == shown(ann)


def test_if_two_answer_the_last_counts_both_stand_in_the_log_and_the_second_is_told(
    dataset: Dataset,
) -> None:
    app = open_studio()
    name = shown(app)
    photograph = next(p for p in dataset.photographs if p.source == name)
    theirs = Answer(Attributes("eczema", ("hand",), "pale"))
    append_edit(dataset.folder, edit_of(photograph, theirs, scenes.OTHER))
    app = scenes.healthy(press(answer(app, "palm", "", "tan"), "studio_save"))
    assert f"{scenes.OTHER} answered the same photograph meanwhile" in scenes.texts(app)
    assert photographs(dataset)[name] == Attributes("acne", ("palm",), "tan")
    assert [edit.by for edit in read_edits(dataset.folder)] == [scenes.OTHER, scenes.PERSON]
    app = press(app, "studio_undo")
    assert photographs(dataset)[name] == Attributes("eczema", ("hand",), "pale")


def test_a_dataset_deleted_while_it_is_open_is_told(dataset: Dataset) -> None:
    app = open_studio()
    (dataset.folder / "manifest.json").rename(dataset.folder / "gone.json")
    app = press(app, "studio_tone_tan")
    assert "No photographs yet" in scenes.texts(app) and not app.exception


def test_a_damaged_line_of_edits_is_named(dataset: Dataset) -> None:
    (dataset.folder / "edits.jsonl").write_text(json.dumps({"by": "ann"}) + "\n")
    app = AppTest.from_file(scenes.APP, default_timeout=60).run().switch_page("pages/studio.py").run()
    assert "is no edit" in app.error[0].value and not app.exception
