import json
import multiprocessing
from pathlib import Path

import pytest
from filelock import FileLock
from photograph_folders import pairs_folder, prepared

from core.errors import DatasetError, InputError, LibraryBusyError, VocabularyError
from core.language.attributes import Attributes
from core.photographs import dataset_edits
from core.photographs.coverage import Cell, coverage
from core.photographs.dataset_edits import EDITS, Edit, append_edit, read_edits
from core.photographs.datasets import Dataset, list_datasets, open_dataset, read_manifest
from core.photographs.photographs import Photograph

CAPTIONS = [
    "acne type of rash at the chin area on a fair skin",
    "acne type of rash at the chin area and cheek area on a fair skin",
    "tinea type of rash at the foot area",
    "",
]
AT = "2026-11-23T10:00:00+00:00"


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return prepared(pairs_folder(tmp_path / "in", CAPTIONS), tmp_path / "sets" / "skin")


def test_rows_read_back_as_they_were_written(dataset: Dataset) -> None:
    lines = (dataset.folder / "pictures.jsonl").read_text().split("\n")[:-1]
    assert [photograph.to_json() for photograph in dataset.photographs] == lines
    assert [json.loads(line)["caption"] for line in lines] == CAPTIONS
    assert all(dataset.path_of(photograph).is_file() for photograph in dataset.photographs)
    assert sum(len(dataset.split(name)) for name in ("train", "validation", "test")) == 4
    with pytest.raises(DatasetError, match="'tset'"):
        dataset.split("tset")


@pytest.mark.parametrize(
    "change", [{"image": "../../etc/passwd"}, {"image": "/etc/passwd"}, {"split": "all"}, {"width": "wide"}]
)
def test_a_line_with_a_wrong_value_is_refused(dataset: Dataset, change: dict[str, str]) -> None:
    values = json.loads(dataset.photographs[0].to_json())
    with pytest.raises(DatasetError, match="line"):
        Photograph.from_json(json.dumps({**values, **change}))


def test_a_folder_without_a_manifest_or_of_a_newer_format_is_refused(
    dataset: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match="no finished dataset"):
        open_dataset(tmp_path)
    manifest = dataset.folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(DatasetError, match="format 2"):
        read_manifest(dataset.folder)


def test_finished_datasets_are_listed_by_name(dataset: Dataset, tmp_path: Path) -> None:
    prepared(tmp_path / "in", tmp_path / "sets" / "another")
    (tmp_path / "sets" / "unfinished").mkdir()
    (tmp_path / "sets" / "broken").mkdir()
    (tmp_path / "sets" / "broken" / "manifest.json").write_text("{")
    assert [manifest.name for _, manifest in list_datasets(tmp_path / "sets")] == ["another", "skin"]
    assert list_datasets(tmp_path / "nowhere") == []


def test_a_damaged_picture_is_named(dataset: Dataset) -> None:
    dataset.path_of(dataset.photographs[1]).write_bytes(b"something else")
    dataset.path_of(dataset.photographs[2]).unlink()
    assert [*dataset.damaged()] == list(dataset.photographs[1:3])


def test_the_last_edit_of_each_field_counts_and_says_whose_it_was(dataset: Dataset) -> None:
    target = dataset.photographs[3]
    for by, changes in (
        ("ann", {"rash": "eczema", "sites": ["hand", "wrist"], "caption": "first words"}),
        ("bob", {"tone": "brown", "caption": "better words"}),
        ("ann", {"sites": ["hand"]}),
    ):
        append_edit(dataset.folder, Edit(target.id, by, AT, changes))
    edited = open_dataset(dataset.folder).photographs[3]
    assert edited.attributes == Attributes("eczema", ("hand",), "brown")
    assert (edited.caption, edited.words) == ("better words", "better words")
    assert edited.origins == {"rash": "ann", "sites": "ann", "tone": "bob", "caption": "bob"}
    assert [edit.by for edit in read_edits(dataset.folder)] == ["ann", "bob", "ann"]
    assert open_dataset(dataset.folder).photographs[:3] == dataset.photographs[:3]


def test_a_picture_that_is_not_usable_is_in_no_split_until_that_is_undone(dataset: Dataset) -> None:
    target = dataset.photographs[0]
    append_edit(dataset.folder, Edit(target.id, "ann", AT, {"usable": False}))
    changed = open_dataset(dataset.folder)
    assert target.id not in {p.id for p in changed.split(target.split)} and len(changed) == 4
    append_edit(dataset.folder, Edit(target.id, "ann", AT, {"usable": True}))
    assert open_dataset(dataset.folder).photographs == dataset.photographs


@pytest.mark.parametrize(
    ("by", "changes"),
    [
        ("ann", {}),
        ("ann", {"split": "test"}),
        ("ann", {"sites": "hand"}),
        ("ann", {"usable": 1}),
        (" ", {"rash": None}),
    ],
)
def test_an_edit_of_something_else_is_refused(by: str, changes: dict[str, object]) -> None:
    with pytest.raises(InputError, match="edit"):
        Edit("0123", by, AT, changes)


@pytest.mark.parametrize("changes", [{"rash": "spots"}, {"sites": ["hand", "tail"]}, {"tone": "green"}])
def test_an_edit_with_a_word_outside_of_the_vocabulary_is_not_recorded(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    with pytest.raises(VocabularyError, match="Unknown"):
        append_edit(tmp_path, Edit("0123", "ann", AT, changes))
    assert read_edits(tmp_path) == ()


def test_an_edit_cut_off_in_writing_was_never_made(dataset: Dataset) -> None:
    target = dataset.photographs[0]
    append_edit(dataset.folder, Edit(target.id, "ann", AT, {"tone": "tan"}))
    path = dataset.folder / EDITS
    path.write_bytes(path.read_bytes() + b'{"photograph": "' + target.id.encode())
    assert [edit.changes for edit in read_edits(dataset.folder)] == [{"tone": "tan"}]
    append_edit(dataset.folder, Edit(target.id, "bob", AT, {"tone": "pale", "caption": "with\u2028a line"}))
    assert [edit.by for edit in read_edits(dataset.folder)] == ["ann", "bob"]
    assert open_dataset(dataset.folder).photographs[0].caption == "with\u2028a line"


def test_a_line_that_is_no_edit_is_named(dataset: Dataset) -> None:
    (dataset.folder / EDITS).write_text('{"by": "ann"}\n')
    with pytest.raises(DatasetError, match=r"Line 1 of .*edits.jsonl"):
        open_dataset(dataset.folder)


def write_many(folder: Path, by: str) -> None:
    for number in range(25):
        append_edit(folder, Edit("0123", by, AT, {"caption": f"{number} " + "long " * 400}))


def test_two_people_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    people = [context.Process(target=write_many, args=(tmp_path, by)) for by in ("ann", "bob")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    edits = read_edits(tmp_path)
    for by in ("ann", "bob"):
        numbers = [int(edit.changes["caption"].split()[0]) for edit in edits if edit.by == by]
        assert numbers == list(range(25))


def test_a_held_file_is_waited_for_and_then_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_edits, "LOCK_SECONDS", 0.05)
    with FileLock(tmp_path / f"{EDITS}.lock"), pytest.raises(LibraryBusyError, match="try again"):
        append_edit(tmp_path, Edit("0123", "ann", AT, {"tone": "tan"}))
    assert read_edits(tmp_path) == ()


def test_coverage_counts_every_site_of_usable_photographs(dataset: Dataset) -> None:
    assert coverage(dataset.photographs) == (
        Cell("acne", "chin", "fair", 2),
        Cell(None, None, None, 1),
        Cell("acne", "cheek", "fair", 1),
        Cell("tinea", "foot", None, 1),
    )
    append_edit(dataset.folder, Edit(dataset.photographs[1].id, "ann", AT, {"usable": False}))
    counted = coverage(open_dataset(dataset.folder).photographs)
    assert Cell("acne", "chin", "fair", 1) in counted and len(counted) == 3
