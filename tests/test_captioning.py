"""What people say of photographs: who waits, undo, claims of several desks, export."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from photograph_folders import pairs_folder, prepared

from core.errors import DatasetError, InputError
from core.language.attributes import Attributes
from core.photographs.captioning import Answer, Wanted, answer_of, edit_of, undo_of, waiting
from core.photographs.claims import CLAIM_SECONDS, CLAIMS, claim_next, held_by_others
from core.photographs.dataset_edits import Edit, append_edit, read_edits, standing_edits
from core.photographs.dataset_exports import lines_of, write_export, write_pairs
from core.photographs.datasets import Dataset, open_dataset
from core.photographs.suggestions import SUGGESTIONS, Suggestion, read_suggestions

CAPTIONS = ["acne type of rash at the chin area on a fair skin", "acne", "", "tinea type of rash"]
TAN = Attributes("acne", ("cheek",), "tan")


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return prepared(pairs_folder(tmp_path / "source", CAPTIONS), tmp_path / "out", validation=0.0, test=0.0)


def say(dataset: Dataset, index: int, answer: Answer, by: str = "ann") -> Edit:
    edit = edit_of(open_dataset(dataset.folder).photographs[index], answer, by)
    append_edit(dataset.folder, edit)
    return edit


def left(dataset: Dataset, wanted: Wanted = Wanted.MISSING, rash: str | None = None) -> list[str]:
    found = open_dataset(dataset.folder)
    return [p.source for p in waiting(found.photographs, read_edits(dataset.folder), wanted, rash)]


def test_photographs_wait_until_all_is_known_or_somebody_answered(dataset: Dataset) -> None:
    assert left(dataset) == ["01.jpg", "02.jpg", "03.jpg"]
    assert left(dataset, Wanted.UNSEEN) == ["00.jpg", "01.jpg", "02.jpg", "03.jpg"]
    assert left(dataset, rash="acne") == ["01.jpg"]
    say(dataset, 1, Answer(TAN))
    say(dataset, 3, Answer(Attributes("tinea", ("foot",))))
    assert left(dataset) == ["02.jpg"] and left(dataset, Wanted.UNSEEN) == ["00.jpg", "02.jpg"]
    say(dataset, 2, Answer(usable=False))
    assert left(dataset) == [] and left(dataset, Wanted.UNUSABLE) == ["02.jpg"]


def test_an_edit_holds_what_changed_and_that_somebody_looked(dataset: Dataset) -> None:
    known = dataset.photographs[0]
    assert edit_of(known, answer_of(known), "ann").changes == {"usable": True}
    changed = edit_of(known, replace(answer_of(known), attributes=TAN, caption=None), "ann").changes
    assert changed == {"usable": True, "sites": ["cheek"], "tone": "tan", "caption": ""}
    say(dataset, 0, Answer(TAN))
    after = open_dataset(dataset.folder).photographs[0]
    assert after.words == "acne type of rash at the cheek area on a tan skin"
    assert after.origins == {"caption": "ann", "rash": "caption", "sites": "ann", "tone": "ann"}


def test_an_undo_takes_back_one_persons_edit_and_nobody_elses(dataset: Dataset) -> None:
    first = say(dataset, 2, Answer(TAN))
    second = say(dataset, 2, Answer(replace(TAN, tone="black")), "bob")
    append_edit(dataset.folder, undo_of(first, "bob"))
    assert open_dataset(dataset.folder).photographs[2].attributes == replace(TAN, tone="black")
    append_edit(dataset.folder, undo_of(first, "ann"))
    assert open_dataset(dataset.folder).photographs[2].attributes == Attributes(tone="black")
    append_edit(dataset.folder, undo_of(second, "bob"))
    assert open_dataset(dataset.folder).photographs == dataset.photographs
    assert left(dataset) == ["01.jpg", "02.jpg", "03.jpg"]
    assert len(read_edits(dataset.folder)) == 5 and standing_edits(read_edits(dataset.folder)) == ()


def test_an_undo_that_changes_something_is_refused(dataset: Dataset) -> None:
    with pytest.raises(InputError, match="edit"):
        Edit("0123", "ann", "2026-01-01", {"tone": "tan"}, undoes="2025-01-01")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def claim(folder: Path, desk: str, clock: Clock, heed: bool = True) -> str | None:
    return claim_next(folder, desk, f"person at {desk}", lambda: ["a", "b"], heed, clock)


def test_two_desks_are_shown_different_photographs_and_a_third_none(tmp_path: Path) -> None:
    clock = Clock()
    assert (claim(tmp_path, "one", clock), claim(tmp_path, "two", clock)) == ("a", "b")
    assert claim(tmp_path, "three", clock) is None
    assert held_by_others(tmp_path, "two", clock) == {"a": "person at one"}
    assert claim(tmp_path, "three", clock, heed=False) == "a"
    clock.now += CLAIM_SECONDS / 2
    assert claim(tmp_path, "two", clock) == "b"
    clock.now += CLAIM_SECONDS / 2
    assert claim(tmp_path, "four", clock) == "a"
    assert held_by_others(tmp_path, "four", clock) == {"b": "person at two"}


def test_a_desk_lets_go_of_what_it_held_and_a_damaged_file_claims_nothing(tmp_path: Path) -> None:
    clock = Clock()
    claim(tmp_path, "one", clock)
    assert claim_next(tmp_path, "one", "ann", lambda: ["b"], True, clock) == "b"
    assert claim(tmp_path, "two", clock) == "a"
    assert claim_next(tmp_path, "one", "ann", lambda: [], True, clock) is None
    assert held_by_others(tmp_path, "two", clock) == {}
    (tmp_path / CLAIMS).write_text("{")
    assert claim(tmp_path, "three", clock) == "a"


def test_what_waits_is_asked_while_the_claims_are_locked(tmp_path: Path) -> None:
    """So an answer given just before a photograph was let go is seen by whoever comes next."""

    def look() -> Iterator[str]:
        assert (tmp_path / f"{CLAIMS}.lock").exists()
        yield "a"

    assert claim_next(tmp_path, "one", "ann", look) == "a"


def test_suggestions_are_read_the_last_of_each_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    first = Suggestion("a", "00", tone="tan", monk=6, ita=12.5)
    lines = [first, Suggestion("b", "01", note="no skin"), replace(first, tone="brown")]
    (tmp_path / SUGGESTIONS).write_text("".join(s.to_json() + "\n" for s in lines) + '{"photo')
    found = read_suggestions(tmp_path)
    assert (found["a"].tone, found["b"].tone, len(found)) == ("brown", None, 2)
    (tmp_path / SUGGESTIONS).write_text('{"photograph": "a"}\n')
    with pytest.raises(DatasetError, match="Line 1"):
        read_suggestions(tmp_path)


def test_pairs_hold_usable_captioned_photographs_and_the_terms(dataset: Dataset, tmp_path: Path) -> None:
    say(dataset, 1, Answer(TAN))
    say(dataset, 3, Answer(usable=False), "bob")
    changed = open_dataset(dataset.folder)
    assert write_pairs(changed, read_edits(dataset.folder), tmp_path / "pairs.zip") == 2
    ids = [photograph.id for photograph in changed.photographs[:2]]
    with zipfile.ZipFile(tmp_path / "pairs.zip") as archive:
        assert sorted(archive.namelist()) == sorted(
            ["README.md", *(f"{key}{suffix}" for key in ids for suffix in (".jpg", ".txt"))]
        )
        assert archive.read(f"{ids[1]}.txt").decode() == "acne type of rash at the cheek area on a tan skin\n"
        assert archive.read(f"{ids[1]}.jpg") == changed.path_of(changed.photographs[1]).read_bytes()
        words = archive.read("README.md").decode()
    assert "made up for a test" in words and "shows nobody" in words and "- ann: 1" in words
    again = prepared(tmp_path / "pairs.zip", tmp_path / "again")
    assert {p.attributes for p in again.photographs} == {p.attributes for p in changed.photographs[:2]}


def test_json_lines_tell_who_said_what_and_are_a_source_again(dataset: Dataset) -> None:
    edit = say(dataset, 1, Answer(TAN))
    target = dataset.folder / "lines.jsonl"
    assert write_export(dataset.folder, target) == 3
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert [line["captioned_by"] for line in lines] == [None, "ann", None]
    assert lines[1]["captioned_at"] == edit.at and lines[1]["sites"] == ["cheek"]
    assert [json.loads(line) for line in lines_of(open_dataset(dataset.folder), [edit])] == lines
    again = prepared(target, dataset.folder.with_name("again"))
    assert sorted(p.words for p in again.photographs) == sorted(line["caption"] for line in lines)
    with pytest.raises(InputError, match="new file"):
        write_export(dataset.folder, target)
    with pytest.raises(DatasetError, match="no finished dataset"):
        write_export(target.parent / "none", target.with_suffix(".zip"))
