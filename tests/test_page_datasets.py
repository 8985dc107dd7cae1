"""Datasets, without a browser: a real import by its own process, coverage, export, deletion."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from photograph_folders import pairs_folder, prepared
from streamlit.testing.v1 import AppTest

from core.commands import is_running
from core.errors import DatasetError
from core.language.attributes import Attributes
from core.photographs import dataset_imports
from core.photographs.captioning import Answer, edit_of
from core.photographs.coverage import Cell
from core.photographs.dataset_edits import append_edit
from core.photographs.dataset_imports import State, list_imports
from core.photographs.datasets import Dataset, list_datasets, open_dataset
from core.settings import Settings
from core.worker import Worker
from db.repository import Repository
from pages.components.datasets import facts as dataset_facts
from pages.components.datasets.coverage import coverage_frame, heat_map, holes_line, keys_of
from pages.components.datasets.view import view_dataset
from tests import app_scenes as scenes

CAPTIONS = [
    "acne type of rash at the chin area on a fair skin",
    "acne type of rash at the cheek area on a brown skin",
    "tinea type of rash",
    "",
]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """An empty folder of datasets, no model, no worker."""
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("SCRIPT2SKIN_DATASETS", str(tmp_path / "datasets"))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    repository: Repository = scenes.open_library(scenes.PERSON)
    yield Settings.from_environment()
    repository.close()
    st.cache_resource.clear()


@pytest.fixture
def dataset(settings: Settings, tmp_path: Path) -> Dataset:
    return prepared(pairs_folder(tmp_path / "source", CAPTIONS), settings.datasets / "clinic")


def fill(
    app: AppTest, name: str, path: Path | str, licence: str = "own", consent: str = "written"
) -> AppTest:
    app.text_input(key="import_path").set_value(str(path))
    app.text_input(key="import_name").set_value(name)
    app.text_input(key="import_licence").set_value(licence)
    app.text_input(key="import_consent").set_value(consent)
    return next(b for b in app.button if b.label == "Import").click().run()


def test_an_empty_page_teaches_what_a_dataset_is_and_asks_for_photographs(settings: Settings) -> None:
    app = scenes.healthy(scenes.open_app("datasets"))
    assert "A dataset is a folder of photographs" in scenes.texts(app)
    assert app.get("expander")[0].proto.expanded
    labels = [field.label for field in app.text_input]
    assert any("Licence" in label for label in labels) and any("Consent" in label for label in labels)


def test_photographs_are_imported_by_a_process_of_their_own(settings: Settings, tmp_path: Path) -> None:
    source = pairs_folder(tmp_path / "source", CAPTIONS)
    app = fill(scenes.open_app("datasets"), "clinic 2026", source)
    scenes.healthy(app)
    assert "clinic 2026" in scenes.texts(app)
    for _ in range(1200):
        if all(waiting.state is not State.RUNNING for waiting in list_imports(settings.datasets)):
            break
        time.sleep(0.1)
    app = scenes.healthy(scenes.open_app("datasets"))
    words = scenes.texts(app)
    assert "“clinic 2026” is imported." in words and "Licence** own" in words
    assert list_imports(settings.datasets) == []
    assert [folder.name for folder, _ in list_datasets(settings.datasets)] == ["clinic 2026"]


def test_what_can_not_be_imported_is_said_with_the_way_out(settings: Settings, tmp_path: Path) -> None:
    app = fill(scenes.open_app("datasets"), "mine", tmp_path / "nowhere")
    assert "nowhere" in app.error[0].value and "whole path" in app.error[0].value
    app = fill(scenes.open_app("datasets"), "mine", tmp_path, licence="")
    assert "licence is not given" in app.error[0].value
    app = fill(scenes.open_app("datasets"), "mine", "")
    assert "Say where the photographs are" in app.error[0].value
    assert list_imports(settings.datasets) == []


def test_a_failed_import_shows_the_reason_and_can_be_removed(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    fill(scenes.open_app("datasets"), "mine", tmp_path / "empty")
    (waiting,) = list_imports(settings.datasets)
    while waiting.state is State.RUNNING:
        time.sleep(0.1)
    app = scenes.open_app("datasets")
    assert "holds no picture that can be read" in app.error[0].value
    app = scenes.healthy(scenes.press(app, "import_discard_mine"))
    assert list_imports(settings.datasets) == [] and "A dataset is a folder" in scenes.texts(app)


def test_an_import_under_way_can_be_stopped_and_cancelled(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = pairs_folder(tmp_path / "source", CAPTIONS)
    start = dataset_imports.commands.start

    def start_something_long(place: Path, module: str, arguments: object, by: str) -> None:
        start(place, "timeit", ("-n", "1", "-r", "1", "import time; time.sleep(600)"), by)

    monkeypatch.setattr(dataset_imports.commands, "start", start_something_long)
    app = scenes.healthy(fill(scenes.open_app("datasets"), "mine", source))
    assert app.progress[0].text == "Looking through the source …"
    (waiting,) = list_imports(settings.datasets)
    app = scenes.healthy(scenes.press(app, "import_stop_mine"))
    assert "Stopped." in scenes.texts(app) and not is_running(waiting.place)
    app = scenes.healthy(scenes.press(app, "import_again_mine"))
    assert is_running(waiting.place)
    app = scenes.healthy(scenes.press(app, "import_discard_mine"))
    assert not is_running(waiting.place) and list_imports(settings.datasets) == []


def test_a_datasets_facts_people_and_holes_are_shown(dataset: Dataset) -> None:
    edit = edit_of(dataset.photographs[2], Answer(Attributes("tinea", ("foot",), "tan")), scenes.OTHER)
    append_edit(dataset.folder, edit)
    app = scenes.healthy(scenes.open_app("datasets"))
    values = {metric.label: metric.value for metric in app.metric}
    expected = {"Photographs": "4", "Still to caption": "1", "Not usable": "0", "Looked at by people": "1"}
    assert values == expected
    words = scenes.texts(app)
    assert "Captioned by** Dr Lund 1" in words and "made up for a test" in words
    assert "Among 2 rashes, 3 sites and 6 tones, 33 of 36 combinations have no photograph." in words
    table = app.table[0].value
    assert int(table.loc["Acne", "Fair"]) == 1 and int(table.loc["Tinea", "Fair"]) == 0
    assert list(table.columns) == ["Pale", "Fair", "Medium", "Tan", "Brown", "Black", "Not known"]
    app = app.selectbox(key="coverage_site").select_index(1).run()
    narrowed = scenes.healthy(app).table[0].value
    assert int(narrowed.to_numpy().sum()) == 1


CELLS = (Cell("acne", "chin", "fair", 2), Cell("tinea", None, None, 1), Cell(None, "foot", "tan", 3))


def test_the_coverage_has_a_square_for_every_combination_holes_included() -> None:
    rashes, tones = keys_of(CELLS, "rash"), keys_of(CELLS, "tone")
    assert rashes == ["acne", "tinea", None] and len(tones) == 7
    counts = coverage_frame(CELLS, "rash", "tone", rashes, tones)
    assert len(counts) == 21 and counts["Photographs"].sum() == 6
    chart = heat_map(counts, "rash", "tone").to_dict()
    assert len(chart["layer"]) == 3
    columns = ["Pale", "Fair", "Medium", "Tan", "Brown", "Black", "Not known"]
    assert {tuple(layer["encoding"]["x"]["sort"]) for layer in chart["layer"]} == {tuple(columns)}
    assert "Among 2 rashes, 2 sites and 6 tones, 23 of 24" in holes_line(CELLS)


def test_pairs_and_lines_can_be_downloaded_and_too_many_get_the_command(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = scenes.healthy(scenes.open_app("datasets"))
    assert "3 photographs with a caption, 2 of them with rash, site and tone" in scenes.texts(app)
    assert [button.proto.disabled for button in app.get("download_button")] == [False, False]
    with dataset_facts._pairs(view_dataset(dataset.folder)) as archive:
        assert archive.read(2) == b"PK"
    monkeypatch.setattr(dataset_facts, "EXPORT_MAX", 2)
    app = scenes.healthy(scenes.open_app("datasets"))
    assert [button.proto.disabled for button in app.get("download_button")] == [True, False]
    assert "db.export_dataset" in app.get("code")[0].value


def test_a_dataset_is_deleted_once_its_name_is_typed(dataset: Dataset) -> None:
    app = scenes.open_app("datasets")
    assert app.button(key="dataset_delete").disabled
    app = app.text_input(key="dataset_delete_name").set_value("clini").run()
    assert app.button(key="dataset_delete").disabled
    app = app.text_input(key="dataset_delete_name").set_value("clinic").run()
    app = scenes.healthy(scenes.press(app, "dataset_delete"))
    assert not dataset.folder.exists() and "A dataset is a folder" in scenes.texts(app)


def test_an_altered_dataset_is_named_and_can_still_be_deleted(dataset: Dataset) -> None:
    with (dataset.folder / "pictures.jsonl").open("a") as file:
        file.write("\n")
    app = scenes.open_app("datasets")
    assert "was altered" in app.error[0].value and not app.exception
    assert app.button(key="dataset_delete").disabled
    with pytest.raises(DatasetError, match="altered"):
        open_dataset(dataset.folder)
