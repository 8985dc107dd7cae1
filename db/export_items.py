"""Walks over the pictures of an export, a page at a time, and hands them on as frozen records."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

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
    oldest first. Those too near to a training picture are left out unless ``near`` asks for them."""

    filter: HistoryFilter = field(default_factory=HistoryFilter)
    ids: tuple[int, ...] | None = None
    near: bool = False


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
    left_out = 0 if choice.near else count_near(repository, choice, asking)
    left = IdRanges()

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
        total=_count(repository, choice, asking) - left_out,
        outgoing=for_library(repository.library),
        rater_names=rater_names,
        margin=margin,
        left_out=left_out,
        write_down=write_down,
    )


def count_near(repository: Repository, choice: Choice, asking: str) -> int:
    """How many of the chosen pictures are too near to a training picture."""
    if choice.ids is None:
        wanted = replace(choice.filter, too_near=True)
        return 0 if choice.filter.too_near is False else repository.generations.count(wanted, asking)
    return sum(len(repository.readings.too_near(part)) for part in _parts(choice.ids))


def _count(repository: Repository, choice: Choice, asking: str) -> int:
    if choice.ids is not None:
        return len(choice.ids)
    return repository.generations.count(choice.filter, asking)


def _parts(ids: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    return (ids[start : start + LIMIT_MAX] for start in range(0, len(ids), LIMIT_MAX))


def items(repository: Repository, choice: Choice, asking: str) -> Iterator[Item]:
    """The pictures one by one, a page of them in memory. Those deleted meanwhile are left out."""
    for page in _pages(repository, choice, asking):
        near = repository.readings.too_near([one.id for one in page])
        kept = [one for one in page if choice.near or one.id not in near]
        sheets = repository.ratings.of_many([one.id for one in kept])
        for generation in kept:
            yield _item(generation, sheets.get(generation.id, []), generation.id in near)


def _pages(repository: Repository, choice: Choice, asking: str) -> Iterator[list[Generation]]:
    if choice.ids is not None:
        yield from (_still_there(repository, part, asking) for part in _parts(choice.ids))
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


def _item(generation: Generation, ratings: list[Rating], near: bool) -> Item:
    return Item(
        id=generation.id,
        owner=generation.owner,
        created_at=generation.created_at,
        recipe=generation.recipe,
        image_path=generation.image_path,
        rating_count=generation.rating_count,
        realism_mean=generation.realism_mean,
        sheets=tuple(_sheet(rating) for rating in ratings),
        too_near=near,
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
