"""Photographs brought in by a process of its own: real runs of training.prepare, and how they end."""

import io
import time
from dataclasses import replace
from pathlib import Path

import pytest
from photograph_folders import encoded, pairs_folder, picture, prepared, put, zipped

from core import commands
from core.errors import DatasetError, InputError, StorageError
from core.photographs import dataset_imports
from core.photographs.dataset_imports import (
    IMPORTS,
    Import,
    State,
    Wish,
    begin_import,
    continue_import,
    delete_dataset,
    discard_import,
    list_imports,
    settle_import,
)
from core.photographs.datasets import PREPARING, list_datasets, open_dataset

TERMS = ("made up for a test", "--shows nobody, and begins with a dash")
CAPTIONS = ["acne type of rash", "tinea", ""]


@pytest.fixture
def wish(tmp_path: Path) -> Wish:
    return Wish("clinic 2026", pairs_folder(tmp_path / "source", CAPTIONS), *TERMS, "ann")


@pytest.fixture
def datasets(tmp_path: Path) -> Path:
    return tmp_path / "datasets"


def wait(waiting: Import) -> State:
    for _ in range(2400):
        if waiting.state is not State.RUNNING:
            return waiting.state
        time.sleep(0.1)
    raise AssertionError("the import did not end")


def test_a_folder_becomes_a_dataset_with_its_terms(datasets: Path, wish: Wish) -> None:
    begun = begin_import(datasets, wish)
    assert list_imports(datasets) == [begun]
    assert wait(begun) is State.FINISHED, begun.said
    settle_import(begun)
    assert list_imports(datasets) == []
    ((folder, manifest),) = list_datasets(datasets)
    assert (folder.name, manifest.licence, manifest.consent) == ("clinic 2026", *TERMS)
    assert len(open_dataset(folder)) == 3


def test_an_uploaded_archive_is_kept_until_it_is_a_dataset_and_then_removed(
    datasets: Path, wish: Wish, tmp_path: Path
) -> None:
    content = zipped(wish.source, tmp_path / "photographs.zip").read_bytes()
    begun = begin_import(datasets, replace(wish, source=Path("../mine #1.zip")), io.BytesIO(content))
    assert begun.wish.source == begun.place / "mine_1.zip"
    assert begun.wish.source.read_bytes() == content
    assert wait(begun) is State.FINISHED, begun.said
    settle_import(begun)
    assert not begun.place.exists()
    assert open_dataset(begun.folder).manifest.source == "mine_1.zip"


def test_a_failure_says_why_and_can_be_repaired_and_gone_on_with(datasets: Path, wish: Wish) -> None:
    begun = begin_import(datasets, replace(wish, source=put(wish.source / "empty" / "notes.md", "x").parent))
    assert wait(begun) is State.FAILED
    assert "holds no picture that can be read" in begun.said
    settle_import(begun)
    put(begun.wish.source / "a.jpg", encoded(picture(1)))
    continue_import(begun, "bob")
    assert wait(begun) is State.FINISHED, begun.said


def test_a_stopped_import_can_go_on_or_be_removed(
    datasets: Path, wish: Wish, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(dataset_imports, "PREPARE", "http.server")
        patch.setattr(dataset_imports.commands, "start", start_something_long)
        begun = begin_import(datasets, wish)
    assert begun.state is State.RUNNING and begun.progress is None
    with pytest.raises(InputError, match="running already"):
        continue_import(begun, "bob")
    commands.stop(begun.place, "bob")
    assert begun.state is State.STOPPED
    (begun.folder / PREPARING).mkdir(parents=True)
    discard_import(begun, "bob")
    assert not begun.folder.exists() and list_imports(datasets) == []
    assert list((datasets / IMPORTS).iterdir()) == [] and wish.source.is_dir()


def start_something_long(
    place: Path, module: str, arguments: tuple[str, ...], by: str, start=commands.start
) -> None:
    start(place, "timeit", ("-n", "1", "-r", "1", "import time; time.sleep(600)"), by)


def test_removing_an_import_leaves_a_folder_alone_that_it_did_not_make(datasets: Path, wish: Wish) -> None:
    begun = begin_import(datasets, wish)
    assert wait(begun) is State.FINISHED
    discard_import(begun, "ann")
    assert len(open_dataset(begun.folder)) == 3


@pytest.mark.parametrize("name", ["", "  ", ".hidden", "a/b", "../up", "x" * 61, "new\nline"])
def test_a_name_that_is_no_folder_is_refused(datasets: Path, wish: Wish, name: str) -> None:
    with pytest.raises(InputError, match="name"):
        begin_import(datasets, replace(wish, name=name))
    assert list_imports(datasets) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"licence": " "}, "licence is not given"),
        ({"consent": ""}, "consent is not given"),
        ({"source": Path("relative")}, "whole path"),
        ({"source": Path("/no/such/place")}, "'/no/such/place'"),
    ],
)
def test_terms_and_source_are_asked_for_before_anything_starts(
    datasets: Path, wish: Wish, changes: dict, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        begin_import(datasets, replace(wish, **changes))
    assert not datasets.exists()


def test_a_name_is_taken_by_a_dataset_and_by_an_import(datasets: Path, wish: Wish) -> None:
    (datasets / wish.name).mkdir(parents=True)
    with pytest.raises(InputError, match="already"):
        begin_import(datasets, wish)
    (datasets / IMPORTS / "other").mkdir(parents=True)
    with pytest.raises(InputError, match="already"):
        begin_import(datasets, replace(wish, name="other"))


def test_a_place_that_can_not_be_written_is_told_and_leaves_nothing(tmp_path: Path, wish: Wish) -> None:
    blocked = put(tmp_path / "file", "in the way")
    with pytest.raises(StorageError, match="can't be written"):
        begin_import(blocked, wish)
    assert blocked.read_text() == "in the way"


def test_a_deleted_dataset_is_gone_wholly_and_what_is_none_is_left_alone(
    datasets: Path, wish: Wish, tmp_path: Path
) -> None:
    folder = prepared(wish.source, datasets / "mine").folder
    link = datasets / "link"
    link.symlink_to(folder)
    for wrong in (datasets, wish.source, link):
        with pytest.raises(DatasetError, match="by hand"):
            delete_dataset(wrong, "ann", tmp_path / "runs")
    delete_dataset(folder, "ann", tmp_path / "runs")
    assert [path.name for path in datasets.iterdir()] == ["link"]
    assert len(list(wish.source.glob("*.jpg"))) == 3


def test_a_damaged_record_is_named(datasets: Path) -> None:
    put(datasets / IMPORTS / "mine" / "import.json", "{")
    with pytest.raises(DatasetError, match=r"import\.json"):
        list_imports(datasets)
