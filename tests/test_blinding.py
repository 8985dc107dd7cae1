"""What a study keeps from its raters: its drawn pictures are nowhere in the library until all is rated."""

from dataclasses import replace
from pathlib import Path

import pytest
from library_parts import RECIPE
from study_parts import rate

from core.errors import BlindedError, NotFoundError
from core.exporting.run import export
from core.images import store_image
from core.provenance.outgoing import Outgoing
from db.export_items import Choice, export_order, items
from db.generations import Generations
from db.records import HistoryFilter, Order
from db.repository import Repository
from db.study_records import Study, StudyDraft, Withheld
from tests import app_scenes as scenes

ALL = HistoryFilter()
SHOWN, APART = (1, 2, 3), (4, 5)


@pytest.fixture
def study(repository: Repository, library: Path) -> Study:
    """Five pictures, the first two by the rater cat; cat and dan rate three of them in a study for ann."""
    for name in ("cat", "dan", "eve"):
        repository.users.ensure(name, "reviewer")
    for seed in range(5):
        recipe = replace(RECIPE, seed=seed, width=32, height=32)
        drawn = store_image(library, scenes.noise(recipe), recipe, 1.0)
        repository.generations.add("cat" if seed < 2 else "ann", drawn)
    return repository.studies.create(StudyDraft("Spring", SHOWN, ("cat", "dan"), 2, 11, 0.0), "ann")


def seen(generations: Generations, person: str, filter: HistoryFilter = ALL) -> set[int]:
    for order in Order:
        page = generations.page(filter, order, person)
        assert len(page.items) == generations.count(filter, person)
    return {picture.id for picture in page.items}


def test_raters_find_none_of_its_pictures_and_everybody_else_finds_all(
    repository: Repository, study: Study
) -> None:
    for name in ("cat", "dan"):
        assert seen(repository.generations, name) == set(APART)
        assert repository.studies.withheld(name) == [Withheld("Spring", len(SHOWN))]
    for name in ("ann", "bob", "eve"):
        assert seen(repository.generations, name) == {*SHOWN, *APART}
        assert repository.studies.withheld(name) == []


@pytest.mark.parametrize(
    "filter",
    [
        HistoryFilter(rashes=("tinea",)),
        HistoryFilter(sites=("foot",), tones=("brown",)),
        HistoryFilter(text="tinea"),
        HistoryFilter(rated=True),
        HistoryFilter(min_realism=2.0),
        HistoryFilter(owner="cat"),
    ],
)
def test_no_filter_brings_them_back(repository: Repository, study: Study, filter: HistoryFilter) -> None:
    for id in SHOWN:
        repository.ratings.add(id, "bob", True, 6)
    assert set(SHOWN) & seen(repository.generations, "bob", filter)
    assert not set(SHOWN) & seen(repository.generations, "cat", filter)


def test_the_id_the_pixels_the_star_and_the_rating_lead_to_none_of_them(
    repository: Repository, study: Study
) -> None:
    pixels = repository.generations.drawn_as
    digest = store_image(
        repository.library, scenes.noise(replace(RECIPE, seed=0)), replace(RECIPE, seed=0), 1.0
    ).pixel_sha256
    assert [one.id for one in pixels(digest, "ann")] == [1]
    assert pixels(digest, "cat") == []
    verbs = (
        lambda: repository.generations.get(1, "cat"),
        lambda: repository.generations.star(1, "cat", True),
        lambda: repository.ratings.add(1, "cat", False, 5),
        lambda: repository.ratings.reveal(1, "cat"),
    )
    for verb in verbs:
        with pytest.raises(BlindedError, match="'Spring'"):
            verb()
    assert not repository.ratings.revealed(1, "cat")


def test_a_deleted_one_of_their_own_stays_hidden_too(repository: Repository, study: Study) -> None:
    repository.generations.delete(1, "cat")
    assert seen(repository.generations, "cat", HistoryFilter(deleted=True)) == set()


def test_review_offers_only_the_others(repository: Repository, study: Study) -> None:
    assert repository.ratings.progress("cat") == (0, len(APART))
    offered, skip = set(), []
    while picture := repository.ratings.next_to_review("cat", skip, "cat"):
        offered.add(picture.id)
        skip.append(picture.id)
    assert offered == set(APART)


def test_an_export_holds_only_the_others_and_a_list_of_ids_says_why_not(
    repository: Repository, study: Study, tmp_path: Path
) -> None:
    order = replace(export_order(repository, Choice(), "cat"), outgoing=Outgoing(None))
    assert order.total == len(APART)
    export(order, "jsonl", tmp_path / "out")
    assert {item.id for item in items(repository, Choice(), "cat")} == set(APART)
    with pytest.raises(BlindedError, match="Picture 1 "):
        list(items(repository, Choice(ids=(4, 1)), "cat"))


def test_a_new_study_of_a_lead_who_rates_another_takes_none_of_its_pictures(
    repository: Repository, study: Study
) -> None:
    repository.users.ensure("fay", "lead")
    repository.studies.create(StudyDraft("Second", (4,), ("fay",), 1, 3, 0.0), "ann")
    with pytest.raises(NotFoundError, match="not yours to see"):
        repository.studies.create(StudyDraft("Third", (4,), ("eve",), 1, 3, 0.0), "fay")


def test_they_are_back_when_the_last_one_is_rated_and_hidden_again_by_undo(
    repository: Repository, study: Study
) -> None:
    for _ in SHOWN:
        assert seen(repository.generations, "cat") == set(APART)
        desk = rate(repository, study.id, "cat")
    assert seen(repository.generations, "cat") == {*SHOWN, *APART}
    assert repository.studies.withheld("cat") == []
    assert seen(repository.generations, "dan") == set(APART)
    repository.studies.undo(desk.showing, "cat")
    assert seen(repository.generations, "cat") == set(APART)


def test_a_closed_study_hides_nothing_and_an_open_one_does_again(
    repository: Repository, study: Study
) -> None:
    repository.studies.close(study.id, "ann")
    assert seen(repository.generations, "cat") == {*SHOWN, *APART}
    repository.studies.close(study.id, "ann", closed=False)
    assert seen(repository.generations, "cat") == set(APART)


def test_a_lead_who_rates_is_kept_from_them_like_anybody(repository: Repository, study: Study) -> None:
    repository.studies.create(StudyDraft("Own", (4,), ("ann",), 1, 3, 0.0), "ann")
    assert seen(repository.generations, "ann") == {*SHOWN, 5}
