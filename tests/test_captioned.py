"""Captioned pictures from a prepared dataset: what people said, on the side of the split they are on."""

from pathlib import Path

import pytest
from photograph_folders import pairs_folder, prepared

from core.errors import DatasetError, TrainingError
from core.photographs.dataset_edits import Edit, append_edit
from training.clip_tuning.captioned import open_captioned

CAPTIONS = [
    f"tinea type of rash at the {site} area on a fair skin" for site in ("foot", "hand", "chin", "arm")
]
AT = "2026-11-23T10:00:00+00:00"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    captions = [*CAPTIONS * 5, "", ""]
    return prepared(pairs_folder(tmp_path / "in", captions), tmp_path / "sets" / "skin").folder


def test_a_dataset_is_read_with_its_split_and_without_what_has_no_words(folder: Path) -> None:
    captioned = open_captioned(folder)
    assert len(captioned) == 20
    assert {row.caption for row in captioned.rows} == set(CAPTIONS)
    assert all(row.image.is_file() for row in captioned.rows)
    assert {captioned.rows[i].split for i in captioned.training} == {"train"}
    assert {captioned.rows[i].split for i in captioned.held_out} <= {"validation", "test"}


def test_what_people_said_since_counts(folder: Path) -> None:
    before = open_captioned(folder)
    ids = [row.image.stem for row in before.rows[:2]]
    append_edit(folder, Edit(ids[0], "ana", AT, {"usable": False}))
    said = {"caption": "acne type of rash at the chin area on a brown skin", "rash": "acne"}
    append_edit(folder, Edit(ids[1], "ana", AT, said))
    after = open_captioned(folder)
    assert len(after) == 19 and after.digest != before.digest
    (changed,) = (row for row in after.rows if row.image.stem == ids[1])
    assert (changed.caption, changed.attributes.rash) == (said["caption"], "acne")


def test_an_altered_dataset_and_a_foreign_folder_are_refused(folder: Path, tmp_path: Path) -> None:
    with (folder / "pictures.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(DatasetError, match="altered"):
        open_captioned(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingError, match=r"training\.prepare"):
        open_captioned(tmp_path / "empty")
