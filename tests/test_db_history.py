"""History: pages by keyset, compared with filtering and sorting everything."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from library_parts import RECIPE, Clock, drawn, fresh_settings, opened
from sqlalchemy import event, text

from core.errors import InputError, NotFoundError
from db import history
from db.benchmark_history import QUESTIONS, page_cursors
from db.made_up_library import START, fill
from db.records import Generation, HistoryFilter, Order, Visibility
from db.repository import Repository

FILTERS = [
    HistoryFilter(),
    HistoryFilter(rashes=("tinea",)),
    HistoryFilter(rashes=("tinea", "acne"), tones=("brown",)),
    HistoryFilter(sites=("foot",)),
    HistoryFilter(sites=("foot", "sole"), models=("embedded",)),
    HistoryFilter(tones=("black",), starred=True),
    HistoryFilter(starred=True),
    HistoryFilter(severities=("severe",)),
    HistoryFilter(severities=("mild", "moderate"), rashes=("tinea",)),
    HistoryFilter(views=("close_up",), severities=("severe",), rated=False),
    HistoryFilter(views=("nowhere",)),
    HistoryFilter(rated=True, min_realism=4.0),
    HistoryFilter(rated=False),
    HistoryFilter(min_realism=2.5),
    HistoryFilter(owner="bob"),
    HistoryFilter(owner="nobody"),
    HistoryFilter(text="TINEA foot"),
    HistoryFilter(text="kerion"),
    HistoryFilter(text="100%"),
    HistoryFilter(models=("other",)),
    HistoryFilter(since=START + timedelta(100), until=START + timedelta(200)),
]


@pytest.fixture
def filled(repository: Repository) -> Repository:
    fill(repository, 300)
    with repository.database.writing() as connection:
        connection.execute(
            text("UPDATE generations SET created_at = :t WHERE id % 3 = 0"), {"t": _stored(START)}
        )
        connection.execute(text("UPDATE generations SET deleted_at = created_at WHERE id % 20 = 0"))
    return repository


def _stored(time: object) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S.%f}"


def forwards(repository: Repository, filter: HistoryFilter, order: Order, limit: int) -> Iterator[tuple]:
    page = repository.generations.page(filter, order, "ann", limit=limit)
    assert page.previous is None
    yield page.items
    while page.next is not None:
        page = repository.generations.page(filter, order, "ann", after=page.next, limit=limit)
        assert page.previous is not None
        yield page.items


def obvious(pictures: list[Generation], filter: HistoryFilter, order: Order) -> list[int]:
    """The slow version: looks at every picture and sorts them all."""
    found = [p for p in pictures if _passes(p, filter)]
    keys = {
        Order.NEWEST: lambda p: (p.created_at, p.id),
        Order.OLDEST: lambda p: (p.created_at, p.id),
        Order.REALISM: lambda p: (p.realism_mean or 0, p.created_at, p.id),
    }
    return [p.id for p in sorted(found, key=keys[order], reverse=order is not Order.OLDEST)]


def _passes(p: Generation, f: HistoryFilter) -> bool:
    words = f.text.lower().split()
    return (
        (p.deleted_at is not None) == f.deleted
        and (p.owner == "ann" or (p.visibility is Visibility.LIBRARY and not f.deleted))
        and (not f.rashes or p.recipe.rash in f.rashes)
        and (not f.tones or p.recipe.tone in f.tones)
        and (not f.severities or p.recipe.severity in f.severities)
        and (not f.views or p.recipe.view in f.views)
        and (not f.sites or bool(set(p.recipe.sites) & set(f.sites)))
        and (not f.models or p.recipe.model in f.models)
        and (f.rated is None or (p.rating_count > 0) == f.rated)
        and (f.min_realism is None or (p.realism_mean or 0) >= f.min_realism)
        and (f.owner is None or p.owner == f.owner)
        and (not f.starred or p.starred)
        and all(word in p.recipe.prompt.lower() for word in words)
        and (f.since is None or p.created_at >= f.since)
        and (f.until is None or p.created_at < f.until)
    )


def everything(repository: Repository) -> list[Generation]:
    """All pictures that ann may see, one by one."""
    with repository.database.reading() as connection:
        sql = (
            "SELECT id FROM generations WHERE owner_id = 1 OR (visibility = 'library' AND deleted_at IS NULL)"
        )
        ids = connection.execute(text(sql)).scalars().all()
    return [repository.generations.get(id, "ann") for id in ids]


@pytest.mark.parametrize("sparse", [0, 1000])
def test_every_filter_and_order_shows_what_looking_at_everything_shows(
    filled: Repository, sparse: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "SPARSE", sparse)
    pictures = everything(filled)
    for filter in [*FILTERS, HistoryFilter(deleted=True), HistoryFilter(deleted=True, rashes=("acne",))]:
        for order in Order:
            expected = obvious(pictures, filter, order)
            shown = [p.id for page in forwards(filled, filter, order, 60) for p in page]
            assert shown == expected, (filter, order)
        assert filled.generations.count(filter, "ann") == len(expected)
    assert len(obvious(pictures, HistoryFilter(text="kerion"), Order.NEWEST)) > 0


@pytest.mark.parametrize("order", list(Order))
def test_going_back_shows_the_same_pages(filled: Repository, order: Order) -> None:
    filter = HistoryFilter(rated=None, sites=("foot", "face", "back", "hand"))
    there = list(forwards(filled, filter, order, 10))
    page = filled.generations.page(filter, order, "ann", limit=10)
    while page.next is not None:
        page = filled.generations.page(filter, order, "ann", after=page.next, limit=10)
    back = [page.items]
    while page.previous is not None:
        page = filled.generations.page(filter, order, "ann", before=page.previous, limit=10)
        assert page.next is not None
        back.append(page.items)
    assert list(reversed(back)) == there and len(there) > 5


def test_pictures_drawn_meanwhile_do_not_shift_the_next_page(
    repository: Repository, library: Path, clock: Clock
) -> None:
    ids = []
    for seed in range(6):
        clock.forward(seconds=1)
        ids.append(repository.generations.add("ann", drawn(library, RECIPE.with_seed(seed))))
    first = repository.generations.page(HistoryFilter(), Order.NEWEST, "ann", limit=3)
    clock.forward(seconds=1)
    repository.generations.add("ann", drawn(library, RECIPE.with_seed(9)))
    second = repository.generations.page(HistoryFilter(), Order.NEWEST, "ann", after=first.next, limit=3)
    assert [p.id for p in (*first.items, *second.items)] == ids[::-1]


def test_a_page_that_became_empty_leads_back(repository: Repository, library: Path) -> None:
    ids = [repository.generations.add("ann", drawn(library, RECIPE.with_seed(n))) for n in range(4)]
    first = repository.generations.page(HistoryFilter(), Order.OLDEST, "ann", limit=2)
    repository.generations.delete_many(ids[2:], "ann")
    second = repository.generations.page(HistoryFilter(), Order.OLDEST, "ann", after=first.next, limit=2)
    assert (second.items, second.next) == ((), None)
    back = repository.generations.page(HistoryFilter(), Order.OLDEST, "ann", before=second.previous, limit=2)
    assert [p.id for p in back.items] == ids[:1]


def test_an_empty_library_has_one_empty_page(repository: Repository) -> None:
    page = repository.generations.page(HistoryFilter(), Order.REALISM, "ann")
    assert (page.items, page.next, page.previous) == ((), None, None)


@pytest.mark.parametrize("cursor", ["", "x", "ä", "W10", "bnVsbA", "WyJuZXdlc3QiLDEsMSwxXQ", "A" * 5000])
def test_a_broken_cursor_is_refused(repository: Repository, cursor: str) -> None:
    with pytest.raises(InputError, match="first page"):
        repository.generations.page(HistoryFilter(), Order.NEWEST, "ann", after=cursor)


def test_a_cursor_of_another_order_and_two_cursors_are_refused(filled: Repository) -> None:
    page = filled.generations.page(HistoryFilter(), Order.NEWEST, "ann")
    with pytest.raises(InputError, match="sorted by newest"):
        filled.generations.page(HistoryFilter(), Order.REALISM, "ann", after=page.next)
    with pytest.raises(InputError, match="not both"):
        filled.generations.page(HistoryFilter(), Order.NEWEST, "ann", after=page.next, before=page.next)
    with pytest.raises(InputError, match="1000"):
        filled.generations.page(HistoryFilter(), Order.NEWEST, "ann", limit=1000)
    with pytest.raises(NotFoundError, match="eve"):
        filled.generations.page(HistoryFilter(), Order.NEWEST, "eve")


def test_no_page_of_a_large_library_scans_it(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts SQLite's own steps, which no busy machine disturbs: the last page costs what the first one does,
    and no filter costs a walk through all pictures (some 20 steps each)."""
    monkeypatch.setattr(history, "SPARSE", 200)
    with fresh_settings("sqlite", library) as settings:
        repository = opened(settings)
        fill(repository, 8_000)
        for name in (
            "newest",
            "oldest",
            "realism",
            "one rash",
            "one site",
            "rare tone",
            "starred",
            "mine",
            "one severity",
        ):
            filter, order = QUESTIONS[name]
            first, last = (_steps(repository, filter, order, page) for page in ("first", "last"))
            assert first < 15_000 and last < 1.2 * first + 500, (name, first, last)
        assert _steps(repository, HistoryFilter(text="xyzzy"), Order.NEWEST, "first") < 40_000
        repository.close()


def _steps(repository: Repository, filter: HistoryFilter, order: Order, which: str) -> int:
    """SQLite's virtual machine instructions for one page, in hundreds."""
    after = page_cursors(repository, filter, order).get("last") if which == "last" else None
    steps = [0]

    def count() -> int:
        steps[0] += 100
        return 0

    def watch(connection: object, *_: object) -> None:
        connection.set_progress_handler(count, 100)

    event.listen(repository.database.engine, "checkout", watch)
    repository.generations.page(filter, order, "ann", after=after)
    event.remove(repository.database.engine, "checkout", watch)
    return steps[0]
