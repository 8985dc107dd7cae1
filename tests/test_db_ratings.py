"""Ratings: blind first, append-only, figures that follow."""

import random
from pathlib import Path

import pytest
from library_parts import RECIPE, drawn
from sqlalchemy import text

from core.errors import InputError, NotAllowedError, NotFoundError, StorageError
from db.records import CRITERIA, Rating, Verdict, Visibility
from db.repository import Repository

ALL_YES = dict.fromkeys(CRITERIA, Verdict.YES)


@pytest.fixture
def picture(repository: Repository, library: Path) -> int:
    return repository.generations.add("ann", drawn(library))


def test_a_sheet_comes_back_as_it_was_answered(repository: Repository, picture: int) -> None:
    criteria = {"site": Verdict.YES, "colour": "partly"}
    rating = repository.ratings.add(picture, "bob", False, 6, criteria, "too pink")
    assert rating.criteria == {"site": Verdict.YES, "colour": Verdict.PARTLY}
    assert (rating.rater, rating.realism, rating.comment, rating.blind) == ("bob", 6, "too pink", False)
    assert repository.ratings.of(picture) == [rating]


def test_a_later_sheet_is_the_current_one_and_the_earlier_is_kept(
    repository: Repository, picture: int
) -> None:
    repository.ratings.add(picture, "bob", True, 2)
    blind = repository.ratings.add(picture, "bob", True, 3)
    repository.ratings.add(picture, "bob", False, criteria={"site": "no"})
    latest = repository.ratings.add(picture, "bob", False, criteria={"site": "yes"})
    assert repository.ratings.of(picture) == [blind, latest]
    with repository.database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM ratings")).scalar() == 4


def test_a_blind_answer_is_refused_after_the_prompt_was_shown(repository: Repository, picture: int) -> None:
    repository.ratings.add(picture, "bob", True, 2)
    assert not repository.ratings.revealed(picture, "bob")
    repository.ratings.reveal(picture, "bob")
    repository.ratings.reveal(picture, "bob")
    assert repository.ratings.revealed(picture, "bob")
    with pytest.raises(NotAllowedError, match="seen"):
        repository.ratings.add(picture, "bob", True, 7)
    assert [rating.realism for rating in repository.ratings.of(picture)] == [2]
    assert repository.ratings.add(picture, "ann", True, 5).realism == 5


def test_an_open_answer_means_that_the_prompt_was_seen(repository: Repository, picture: int) -> None:
    repository.ratings.add(picture, "bob", False, 4)
    with pytest.raises(NotAllowedError):
        repository.ratings.add(picture, "bob", True, 4)


def test_the_database_itself_refuses_a_blind_answer_after_the_reveal(
    repository: Repository, picture: int
) -> None:
    repository.ratings.reveal(picture, "bob")
    sql = (
        "INSERT INTO ratings (generation_id, rater_id, created_at, blind, realism, comment) "
        "SELECT :picture, id, created_at, true, 7, '' FROM users WHERE name = 'bob'"
    )
    with pytest.raises(StorageError, match="already shown"), repository.database.writing() as connection:
        connection.execute(text(sql), {"picture": picture})


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ratings SET realism = 7",
        "DELETE FROM ratings",
        "UPDATE reveals SET user_id = 1",
        "DELETE FROM reveals",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_answered(
    repository: Repository, picture: int, sql: str
) -> None:
    rating = repository.ratings.add(picture, "bob", False, 3)
    with pytest.raises(StorageError, match="append-only"), repository.database.writing() as connection:
        connection.execute(text(sql))
    assert repository.ratings.of(picture) == [rating]


def test_a_rating_can_not_be_replaced_under_its_id(repository: Repository, picture: int) -> None:
    if repository.database.engine.dialect.name != "sqlite":
        pytest.skip("INSERT OR REPLACE is SQLite's")
    rating = repository.ratings.add(picture, "bob", True, 3)
    sql = (
        "INSERT OR REPLACE INTO ratings (id, generation_id, rater_id, created_at, blind, realism, comment) "
        "SELECT id, generation_id, rater_id, created_at, blind, 7, comment FROM ratings"
    )
    with pytest.raises(StorageError, match="append-only"), repository.database.writing() as connection:
        connection.execute(text(sql))
    assert repository.ratings.of(picture) == [rating]


@pytest.mark.parametrize(
    ("answers", "match"),
    [
        ({"realism": 0}, "0"),
        ({"realism": 8}, "8"),
        ({"realism": 4.5}, "4.5"),
        ({"realism": 4, "criteria": {"smell": "yes"}}, "smell"),
        ({"criteria": {"site": "maybe"}}, "maybe"),
        ({"comment": "x" * 10_001}, "10001"),
        ({}, "Nothing"),
    ],
)
def test_answers_out_of_scale_are_refused_by_name(
    repository: Repository, picture: int, answers: dict, match: str
) -> None:
    with pytest.raises(InputError, match=match):
        repository.ratings.add(picture, "bob", False, **answers)
    assert repository.ratings.of(picture) == []
    assert not repository.ratings.revealed(picture, "bob")


@pytest.mark.parametrize("extra", [{"realism": None}, {"criteria": {"site": "yes"}}, {"comment": "hm"}])
def test_a_blind_answer_is_realism_alone(repository: Repository, picture: int, extra: dict) -> None:
    with pytest.raises(InputError, match="blind"):
        repository.ratings.add(picture, "bob", True, **{"realism": 3, **extra})


def test_pictures_that_are_gone_or_private_are_not_rated(repository: Repository, library: Path) -> None:
    private = repository.generations.add("ann", drawn(library), Visibility.PRIVATE)
    with pytest.raises(NotAllowedError):
        repository.ratings.add(private, "bob", True, 3)
    repository.generations.delete(private, "ann")
    with pytest.raises(NotFoundError):
        repository.ratings.add(private, "ann", True, 3)


def test_the_figures_of_a_picture_are_those_of_its_current_answers(
    repository: Repository, picture: int
) -> None:
    rng = random.Random(5)
    raters = ["ann", "bob", "cem", "dua"]
    for name in raters:
        repository.users.ensure(name)
    sheets: list[Rating] = []
    for _ in range(60):
        rater, realism = rng.choice(raters), rng.choice((None, 1, 3, 4, 7))
        blind = realism is not None and rng.random() < 0.5
        criteria = {} if blind else {"site": "yes"}
        try:
            sheets.append(repository.ratings.add(picture, rater, blind, realism, criteria))
        except NotAllowedError:
            assert blind
        found = repository.generations.get(picture, "ann")
        assert (found.rating_count, found.realism_mean) == pytest.approx(_figures(sheets))


def _figures(sheets: list[Rating]) -> tuple[int, float | None]:
    """The slow obvious version."""
    values = []
    raters = {sheet.rater for sheet in sheets}
    for rater in raters:
        blind = [s.realism for s in sheets if s.rater == rater and s.blind]
        seen = [s.realism for s in sheets if s.rater == rater and not s.blind and s.realism is not None]
        values += (blind or seen)[-1:]
    return len(raters), sum(values) / len(values) if values else None


def test_review_offers_each_picture_once_in_an_order_of_the_raters_own(
    repository: Repository, library: Path
) -> None:
    ids = {repository.generations.add("ann", drawn(library, RECIPE.with_seed(n))) for n in range(12)}
    hidden = repository.generations.add("ann", drawn(library, RECIPE.with_seed(99)), Visibility.PRIVATE)
    repository.generations.delete(repository.generations.add("ann", drawn(library)), "ann")
    orders = {}
    for rater in ("ann", "bob"):
        repository.ratings.reveal(min(ids), rater)
        order: list[int] = []
        while (found := repository.ratings.next_to_review(rater, [], rater)) is not None:
            assert found == repository.ratings.next_to_review(rater, (), rater)
            repository.ratings.add(found.id, rater, False, criteria=ALL_YES)
            order.append(found.id)
        orders[rater] = order
    assert set(orders["bob"]) == ids
    assert set(orders["ann"]) == ids | {hidden}
    assert [id for id in orders["ann"] if id != hidden] != orders["bob"]


def test_what_is_skipped_is_offered_later_and_half_a_sheet_is_not_the_end(
    repository: Repository, library: Path
) -> None:
    ids = {repository.generations.add("ann", drawn(library, RECIPE.with_seed(n))) for n in range(3)}
    first = repository.ratings.next_to_review("bob", [], "bob")
    assert first is not None
    second = repository.ratings.next_to_review("bob", [first.id], "bob")
    assert second is not None and second.id != first.id
    assert repository.ratings.next_to_review("bob", ids, "bob") is None
    repository.ratings.add(first.id, "bob", True, 4)
    repository.ratings.add(first.id, "bob", False, criteria={"site": "yes"})
    assert repository.ratings.progress("bob") == (0, 3)
    assert repository.ratings.next_to_review("bob", [], "bob").id == first.id
    repository.ratings.add(first.id, "bob", False, criteria=ALL_YES)
    assert repository.ratings.progress("bob") == (1, 3)
    assert repository.ratings.next_to_review("bob", [], "bob").id == second.id
