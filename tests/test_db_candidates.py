"""Candidates and what is in use: only what the gate let pass, for these very weights; one step back."""

from dataclasses import replace
from pathlib import Path

import pytest
from library_parts import Clock
from sqlalchemy import text

from core.errors import InputError, NotFoundError, StorageError
from core.weights.candidates import Candidate, CheckReport, Identity, Kind, NewCandidate, Provenance
from db.repository import Repository

NOW = Identity("a" * 64, "b" * 64)
TERMS = Provenance("Tuned by training.finetune_clip on clinic", "CC BY 4.0", "written")
NEW = NewCandidate(Kind.ENCODER, "embedded", Path("/runs/first/text_encoder"), "first", "a" * 64, TERMS)
PASSED = {
    "passed": True,
    "checks": [{"name": "drift_derm", "passed": True, "message": "within"}],
    "pictures": {"grid": "/grid.png", "count": 24},
}
FAILED = {"passed": False, "checks": [{"name": "drift_derm", "passed": False, "message": "Too far."}]}


def add(repository: Repository, name: str = "first", base: str = "embedded") -> Candidate:
    new = replace(NEW, folder=Path(f"/runs/{name}/text_encoder"), label=name, base=base)
    return repository.candidates.add(new, "ann")


def check(repository: Repository, id: int, clock: Clock, values: dict = PASSED, now: Identity = NOW) -> bool:
    clock.forward(minutes=1)
    return repository.candidates.record(id, CheckReport(now, values["passed"], values, clock(), "bob"))


def passed(repository: Repository, clock: Clock, name: str = "first", base: str = "embedded") -> int:
    candidate = add(repository, name, base)
    assert check(repository, candidate.id, clock)
    return candidate.id


def label_in_use(repository: Repository, base: str = "embedded") -> str | None:
    current = repository.activations.current(Kind.ENCODER, base)
    return None if current is None else current.label


def roll_back(repository: Repository, now: Identity | None = NOW) -> None:
    step = repository.activations.before(Kind.ENCODER, "embedded")
    assert step is not None
    repository.activations.roll_back(step[0], now, "bob")


def test_a_candidate_comes_back_as_it_was_put_forward(repository: Repository, clock: Clock) -> None:
    candidate = add(repository)
    assert (candidate.folder, candidate.label, candidate.base) == (NEW.folder, "first", "embedded")
    assert (candidate.provenance, candidate.added_by, candidate.added_at) == (TERMS, "ann", clock())
    assert candidate.result is None
    assert repository.candidates.list() == [candidate] == [repository.candidates.get(candidate.id)]


def test_a_folder_is_a_candidate_once_for_each_model(repository: Repository) -> None:
    add(repository)
    with pytest.raises(InputError, match="already, as “first”"):
        add(repository)
    other = add(repository, base="/models/mine")
    assert repository.candidates.list(Kind.ENCODER, "/models/mine") == [other]
    assert repository.candidates.list(Kind.LORA) == []


def test_the_latest_result_counts_and_is_kept_once(repository: Repository, clock: Clock) -> None:
    id = add(repository).id
    check(repository, id, clock, FAILED)
    assert check(repository, id, clock)
    again = CheckReport(NOW, True, PASSED, clock(), "bob")
    assert not repository.candidates.record(id, again)
    result = repository.candidates.get(id).result
    assert result is not None and result.passed and result.reasons == ()
    assert (result.by, result.at, result.pictures["count"]) == ("bob", clock(), 24)


@pytest.mark.parametrize(
    ("values", "now", "words"),
    [
        (None, NOW, "has not been checked yet"),
        (FAILED, NOW, r"did not pass the check\. Too far\."),
        (PASSED, Identity("c" * 64, "b" * 64), "Its folder has changed since it was checked"),
        (PASSED, Identity("a" * 64, "c" * 64), "The model has changed since"),
        ({**PASSED, "pictures": {}}, NOW, "checked with 0 pictures; 8 are needed"),
        ({**PASSED, "pictures": {"grid": "", "count": 7}}, NOW, "checked with 7 pictures"),
    ],
)
def test_what_the_gate_did_not_let_pass_is_not_put_into_use(
    repository: Repository, clock: Clock, values: dict | None, now: Identity, words: str
) -> None:
    id = add(repository).id
    if values is not None:
        check(repository, id, clock, values)
    with pytest.raises(InputError, match=words):
        repository.activations.activate(id, now, "ann")
    assert label_in_use(repository) is None
    assert repository.activations.history(Kind.ENCODER, "embedded") == []


def test_one_step_back_brings_whatever_was_in_use_before(repository: Repository, clock: Clock) -> None:
    first, second = passed(repository, clock), passed(repository, clock, "second")
    activate = repository.activations.activate
    activate(first, NOW, "ann")
    activate(second, NOW, "ann")
    repository.activations.activate_own(Kind.ENCODER, "embedded", "ann")
    seen = [label_in_use(repository)]
    for _ in range(3):
        roll_back(repository)
        seen.append(label_in_use(repository))
    assert seen == [None, "second", "first", None]
    assert repository.activations.before(Kind.ENCODER, "embedded") is None


def test_the_history_keeps_every_step_and_who_took_it_back(repository: Repository, clock: Clock) -> None:
    id = passed(repository, clock)
    repository.activations.activate(id, NOW, "ann")
    activated = clock()
    clock.forward(hours=1)
    roll_back(repository)
    clock.forward(hours=1)
    repository.activations.activate(id, NOW, "bob")
    latest, earlier = repository.activations.history(Kind.ENCODER, "embedded")
    assert (latest.label, latest.by, latest.undone_at) == ("first", "bob", None)
    assert (earlier.at, earlier.by, earlier.undone_by) == (activated, "ann", "bob")
    assert earlier.undone_at is not None and earlier.undone_at > activated


def test_the_database_itself_keeps_history_and_results(repository: Repository, clock: Clock) -> None:
    repository.activations.activate(passed(repository, clock), NOW, "ann")
    changes = (
        "UPDATE activations SET candidate_id = NULL, gate_result_id = NULL",
        "DELETE FROM activations",
        "UPDATE gate_results SET passed = true",
        "DELETE FROM gate_results",
    )
    for change in changes:
        with pytest.raises(StorageError, match="append-only"), repository.database.writing() as connection:
            connection.execute(text(change))


def test_a_step_back_to_what_changed_since_is_refused(repository: Repository, clock: Clock) -> None:
    for name in ("first", "second"):
        repository.activations.activate(passed(repository, clock, name), NOW, "ann")
    with pytest.raises(InputError, match=r"“first” can't be used\. Its folder has changed"):
        roll_back(repository, Identity("c" * 64, "b" * 64))
    assert label_in_use(repository) == "second"
    repository.activations.activate_own(Kind.ENCODER, "embedded", "ann")
    assert label_in_use(repository) is None


def test_two_people_take_one_step_back_together_not_two(repository: Repository, clock: Clock) -> None:
    for name in ("first", "second"):
        repository.activations.activate(passed(repository, clock, name), NOW, "ann")
    step = repository.activations.before(Kind.ENCODER, "embedded")
    assert step is not None and step[1] is not None and step[1].label == "first"
    repository.activations.roll_back(step[0], NOW, "ann")
    with pytest.raises(InputError, match="changed what is in use meanwhile"):
        repository.activations.roll_back(step[0], NOW, "bob")
    with pytest.raises(InputError, match="changed what is in use meanwhile"):
        repository.activations.roll_back(999, NOW, "bob")
    assert label_in_use(repository) == "first"


def test_what_is_in_use_is_neither_chosen_again_nor_removed(repository: Repository, clock: Clock) -> None:
    id = passed(repository, clock)
    repository.activations.activate(id, NOW, "ann")
    with pytest.raises(InputError, match="in use already"):
        repository.activations.activate(id, NOW, "ann")
    with pytest.raises(InputError, match="Roll back first"):
        repository.candidates.remove(id, "ann")
    roll_back(repository, None)
    with pytest.raises(InputError, match="in use already"):
        repository.activations.activate_own(Kind.ENCODER, "embedded", "ann")


def test_a_removed_candidate_is_passed_over_and_may_come_again(repository: Repository, clock: Clock) -> None:
    first, second = passed(repository, clock), passed(repository, clock, "second")
    for id in (first, second):
        repository.activations.activate(id, NOW, "ann")
    repository.candidates.remove(first, "bob")
    assert [one.label for one in repository.candidates.list()] == ["second"]
    for verb in (repository.candidates.get, lambda id: repository.activations.activate(id, NOW, "ann")):
        with pytest.raises(NotFoundError):
            verb(first)
    assert not check(repository, first, clock)
    roll_back(repository, None)
    assert label_in_use(repository) is None
    assert add(repository).id not in (first, second)


def test_each_model_has_its_own_encoder_in_use(repository: Repository, clock: Clock) -> None:
    repository.activations.activate(passed(repository, clock), NOW, "ann")
    repository.activations.activate(passed(repository, clock, "mine", "/models/mine"), NOW, "ann")
    assert (label_in_use(repository), label_in_use(repository, "/models/mine")) == ("first", "mine")
    roll_back(repository, None)
    assert (label_in_use(repository), label_in_use(repository, "/models/mine")) == (None, "mine")
