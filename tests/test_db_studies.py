"""Reader studies: own orders, overlap, repeats, append-only answers, and the line that the reveal draws."""

from dataclasses import replace
from pathlib import Path

import pytest
from library_parts import RECIPE, Clock, drawn
from sqlalchemy import text
from study_parts import BLIND, OPEN, rate

from core.errors import InputError, NotAllowedError, NotFoundError, StorageError
from core.review.checklists import load_checklists
from core.review.studies import AI, REAL, open_blind, open_revealed
from core.review.study_plan import Showing, plan_showings
from db.repository import Repository
from db.study_records import StudyDraft, StudyPhotograph

PHOTO = StudyPhotograph("mine/images/ab/x.jpg", "acne", ("cheek",), "fair", 300, 200)


@pytest.fixture
def draft(repository: Repository, library: Path) -> StudyDraft:
    for name in ("cat", "dan"):
        repository.users.ensure(name, "reviewer")
    recipes = [replace(RECIPE, seed=seed) for seed in range(9)]
    ids = tuple(repository.generations.add("ann", drawn(library, recipe)) for recipe in recipes)
    return StudyDraft("First", ids, ("cat", "dan"), 2, 11, 0.2, (PHOTO,))


def test_each_rater_has_an_own_order_that_the_seed_makes_again() -> None:
    plan = plan_showings(30, ["a", "b"], 2, 0.2, 5)
    assert plan == plan_showings(30, ["a", "b"], 2, 0.2, 5)
    assert plan["a"] != plan["b"]
    assert plan != plan_showings(30, ["a", "b"], 2, 0.2, 6)
    for order in plan.values():
        assert sorted(s.item for s in order if not s.repeat) == list(range(30))
        assert sum(s.repeat for s in order) == 6
        for place, shown in enumerate(order):
            if shown.repeat:
                assert place - order.index(Showing(shown.item)) > 8


@pytest.mark.parametrize(("raters", "each"), [(3, 2), (5, 2), (4, 1), (3, 3)])
def test_every_picture_gets_its_ratings_and_the_raters_share_the_work(raters: int, each: int) -> None:
    plan = plan_showings(31, [f"r{n}" for n in range(raters)], each, 0.0, 3)
    shown = [s.item for order in plan.values() for s in order]
    assert {shown.count(item) for item in range(31)} == {each}
    loads = [len(order) for order in plan.values()]
    assert max(loads) - min(loads) <= 1
    if each > 1:
        sets = [{s.item for s in order} for order in plan.values()]
        assert all(a & b for a in sets for b in sets)


def test_repeats_of_a_short_list_never_follow_their_first_showing_at_once() -> None:
    for items in range(2, 12):
        (order,) = plan_showings(items, ["a"], 1, 0.3, items).values()
        for place, shown in enumerate(order):
            assert not shown.repeat or order.index(Showing(shown.item)) < place
        assert len(order) == len(set(order))


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"raters": ()}, {"ratings_per_picture": 3}, {"repeats": 0.9}, {"seed": -1}]
)
def test_an_impossible_study_is_refused_with_the_value(
    repository: Repository, draft: StudyDraft, wrong: dict
) -> None:
    with pytest.raises(InputError):
        repository.studies.create(replace(draft, **wrong), "ann")
    assert repository.studies.led_by("ann") == []


def test_a_reviewer_makes_no_study_and_a_reader_rates_none(repository: Repository, draft: StudyDraft) -> None:
    with pytest.raises(NotAllowedError, match="reviewer"):
        repository.studies.create(draft, "cat")
    repository.users.ensure("eve", "reader")
    with pytest.raises(InputError, match="eve"):
        repository.studies.create(replace(draft, raters=("eve", "cat")), "ann")


def test_the_desk_says_nothing_of_the_picture_until_the_reveal(
    repository: Repository, draft: StudyDraft
) -> None:
    study = repository.studies.create(draft, "ann")
    assert (study.pictures, study.photographs, study.picture_size) == (10, 1, 64)
    desk = repository.studies.desk(study.id, "cat")
    assert desk is not None and desk.asked is None
    assert "tinea" not in repr(desk) and REAL not in repr(desk)
    for question, value in BLIND.items():
        repository.studies.answer(desk.showing, "cat", question, value)
    repository.studies.reveal(desk.showing, "cat")
    seen = repository.studies.desk(study.id, "cat")
    assert seen is not None and seen.asked is not None
    assert seen.asked.rash in ("tinea", "acne")
    assert seen.asked.checklist == load_checklists()[seen.asked.rash]


def test_blind_answers_are_refused_after_the_reveal_by_the_verb_and_by_the_database(
    repository: Repository, draft: StudyDraft
) -> None:
    study = repository.studies.create(draft, "ann").id
    desk = repository.studies.desk(study, "cat")
    assert desk is not None
    with pytest.raises(InputError, match="gradable"):
        repository.studies.reveal(desk.showing, "cat")
    with pytest.raises(NotAllowedError, match="after the reveal"):
        repository.studies.answer(desk.showing, "cat", "realism", 4)
    for question, value in BLIND.items():
        repository.studies.answer(desk.showing, "cat", question, value)
    repository.studies.reveal(desk.showing, "cat")
    with pytest.raises(NotAllowedError, match="can't change"):
        repository.studies.answer(desk.showing, "cat", "origin", REAL)
    for statement in (
        "INSERT INTO study_answers (showing_id, created_at, question, blind, value, seconds) "
        f"VALUES ({desk.showing}, '2026-01-01', 'origin', true, '\"real\"', 0)",
        "UPDATE study_answers SET value = '\"real\"'",
        "DELETE FROM study_answers",
        "DELETE FROM study_reveals",
        "DELETE FROM audit",
        "UPDATE audit SET actor = 'nobody'",
    ):
        with pytest.raises(StorageError), repository.database.writing() as connection:
            connection.execute(text(statement))


def test_a_rater_goes_on_where_they_left_and_undo_walks_back(
    repository: Repository, draft: StudyDraft
) -> None:
    study = repository.studies.create(draft, "ann").id
    first = rate(repository, study, "cat")
    desk = repository.studies.desk(study, "cat")
    assert desk is not None and desk.place == 2 and desk.can_undo
    repository.studies.answer(desk.showing, "cat", "gradable", True)
    repository.studies.answer(desk.showing, "cat", "gradable", False)
    again = repository.studies.desk(study, "cat")
    assert again is not None and again.answers == {"gradable": False}
    assert open_blind(again.answers) == ("origin", "origin_confidence")
    repository.studies.undo(desk.showing, "cat")
    repository.studies.undo(desk.showing, "cat")
    back = repository.studies.desk(study, "cat")
    assert back is not None and back.showing == first.showing
    assert open_revealed(back.answers) == ()
    repository.studies.undo(back.showing, "cat")
    shorter = repository.studies.desk(study, "cat")
    assert shorter is not None and open_revealed(shorter.answers) == ("artefacts",)
    with pytest.raises(InputError, match="artefacts"):
        repository.studies.answer(back.showing, "cat", "finished", True)


def test_nobody_answers_for_another_or_in_a_closed_study(repository: Repository, draft: StudyDraft) -> None:
    study = repository.studies.create(draft, "ann").id
    desk = repository.studies.desk(study, "cat")
    assert desk is not None
    with pytest.raises(NotAllowedError, match="another rater"):
        repository.studies.answer(desk.showing, "dan", "gradable", True)
    with pytest.raises(NotAllowedError):
        repository.studies.close(study, "dan")
    repository.studies.close(study, "ann")
    with pytest.raises(NotAllowedError, match="closed"):
        repository.studies.answer(desk.showing, "cat", "gradable", True)


def test_responses_hold_the_answers_that_stand_and_the_time(
    repository: Repository, draft: StudyDraft
) -> None:
    study = repository.studies.create(replace(draft, raters=("cat", "ann"), repeats=0), "ann").id
    rate(repository, study, "cat", realism=2)
    with pytest.raises(NotAllowedError, match="when you are done"):
        repository.studies.responses(study, "ann")
    for _ in range(10):
        rate(repository, study, "ann")
    found = repository.studies.responses(study, "ann")
    assert [r.rater for r in found] == ["ann"] * 10 + ["cat"]
    assert found[-1].answers["realism"] == 2
    assert found[-1].seconds == 2.0 * len(BLIND) + 1.0 * len(OPEN)
    assert {r.source for r in found} == {AI, REAL}
    with pytest.raises(NotAllowedError):
        repository.studies.responses(study, "cat")


def test_a_begun_study_is_never_deleted_and_its_pictures_are_not_purged(
    repository: Repository, draft: StudyDraft, clock: Clock
) -> None:
    study = repository.studies.create(draft, "ann").id
    repository.generations.delete(draft.generations[0], "ann")
    clock.forward(days=40)
    assert repository.generations.purge() == 0
    rate(repository, study, "cat")
    with pytest.raises(InputError, match="close it"):
        repository.studies.delete(study, "ann")
    fresh = repository.studies.create(replace(draft, name="Second", generations=draft.generations[1:]), "ann")
    repository.studies.delete(fresh.id, "ann")
    with pytest.raises(NotFoundError):
        repository.studies.progress(fresh.id, "ann")


def test_what_is_done_in_a_study_stands_in_the_audit_log(repository: Repository, draft: StudyDraft) -> None:
    study = repository.studies.create(draft, "ann").id
    rate(repository, study, "cat")
    repository.users.ensure("root", "admin")
    entries = repository.audit.entries("root")
    assert [(e.actor, e.action) for e in entries if "study" in e.subject][::-1] == [
        ("ann", "study made"),
        ("cat", "revealed"),
        ("cat", "rated"),
    ]
    with pytest.raises(NotAllowedError):
        repository.audit.entries("cat")


def test_a_finished_picture_is_changed_by_no_second_window(repository: Repository, draft: StudyDraft) -> None:
    study = repository.studies.create(draft, "ann").id
    first = rate(repository, study, "cat")
    for value in (3, None):
        with pytest.raises(InputError, match="finished"):
            repository.studies.answer(first.showing, "cat", "realism", value)
    repository.studies.undo(first.showing, "cat")
    back = repository.studies.desk(study, "cat")
    assert back is not None and back.showing == first.showing and open_revealed(back.answers) == ()
    repository.studies.answer(first.showing, "cat", "realism", 3)
