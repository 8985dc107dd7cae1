"""Walks over the pictures of an export, a page at a time, and hands them on as frozen records."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from core.errors import NotFoundError
from core.exporting.items import Item, Order, Sheet
from core.provenance.outgoing import for_library
from db.history import LIMIT_MAX
from db.id_ranges import IdRanges
from db.records import Generation, HistoryFilter, Rating
from db.records import Order as Sorting
from db.repository import Repository


@dataclass(frozen=True, slots=True)
class Choice:
    """Which pictures: those with these ids, in this order, or without ids those that the filter lets through,
    oldest first."""

    filter: HistoryFilter = field(default_factory=HistoryFilter)
    ids: tuple[int, ...] | None = None


def export_order(
    repository: Repository,
    choice: Choice,
    asking: str,
    rater_names: bool = False,
    margin: float = 1.0,
    by: str = "",
) -> Order:
    """The order for ``core.exporting.run.export``, which will stand in the audit log, as done by ``by`` where
    the asking user's name only says what may be seen. Nothing is read yet but the number of pictures."""
    ids, left = choice.ids, IdRanges()
    total = len(ids) if ids is not None else repository.generations.count(choice.filter, asking)

    def walk() -> Iterator[Item]:
        left.ranges.clear()
        for item in items(repository, choice, asking):
            yield item
            left.add(item.id)

    def write_down(form: str, count: int) -> None:
        names = ", with names" if rater_names else ""
        repository.audit.exported(by or asking, f"{count} pictures as {form}", f"pictures {left}{names}")

    return Order(
        walk=walk,
        total=total,
        outgoing=for_library(repository.library),
        rater_names=rater_names,
        margin=margin,
        write_down=write_down,
    )


def items(repository: Repository, choice: Choice, asking: str) -> Iterator[Item]:
    """The pictures one by one, a page of them in memory. Those deleted meanwhile are left out."""
    for page in _pages(repository, choice, asking):
        sheets = repository.ratings.of_many([one.id for one in page])
        for generation in page:
            yield _item(generation, sheets.get(generation.id, []))


def _pages(repository: Repository, choice: Choice, asking: str) -> Iterator[list[Generation]]:
    if choice.ids is not None:
        for start in range(0, len(choice.ids), LIMIT_MAX):
            yield _still_there(repository, choice.ids[start : start + LIMIT_MAX], asking)
        return
    after = None
    while True:
        page = repository.generations.page(choice.filter, Sorting.OLDEST, asking, after, None, LIMIT_MAX)
        yield list(page.items)
        after = page.next
        if after is None:
            return


def _still_there(repository: Repository, ids: tuple[int, ...], asking: str) -> list[Generation]:
    found = []
    for id in ids:
        try:
            generation = repository.generations.get(id, asking)
        except NotFoundError:
            continue
        if generation.deleted_at is None:
            found.append(generation)
    return found


def _item(generation: Generation, ratings: list[Rating]) -> Item:
    return Item(
        id=generation.id,
        owner=generation.owner,
        created_at=generation.created_at,
        recipe=generation.recipe,
        image_path=generation.image_path,
        rating_count=generation.rating_count,
        realism_mean=generation.realism_mean,
        sheets=tuple(_sheet(rating) for rating in ratings),
    )


def _sheet(rating: Rating) -> Sheet:
    return Sheet(
        rater=rating.rater,
        created_at=rating.created_at,
        blind=rating.blind,
        realism=rating.realism,
        criteria={name: verdict.value for name, verdict in rating.criteria.items()},
        comment=rating.comment,
    )
