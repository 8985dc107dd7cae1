"""Measures pages of History in a library of --count made-up pictures, in a temporary folder. Prints JSON.

For each question the pages are the first, one in the middle and the last full one; a page's time is the
median of --repeats calls of the store, records included: ms by the wall clock, cpu_ms in processor time (that
other programs disturb less). ``over_first`` is the dearest page divided by the first, in processor time. The
exit code is 1 if a page took more than 50 ms by the wall clock.
"""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, thread_time
from typing import Any

from core.settings import Settings
from db.cursors import Cursor
from db.history import Question, candidates
from db.made_up_library import START, fill
from db.records import HistoryFilter, Order
from db.repository import Repository, open_repository
from db.rows import user_id

ASKING = "ann"
LIMIT = 24
MILLISECONDS_MAX = 50.0

QUESTIONS: dict[str, tuple[HistoryFilter, Order]] = {
    "newest": (HistoryFilter(), Order.NEWEST),
    "oldest": (HistoryFilter(), Order.OLDEST),
    "realism": (HistoryFilter(), Order.REALISM),
    "one rash": (HistoryFilter(rashes=("tinea",)), Order.NEWEST),
    "one rash by realism": (HistoryFilter(rashes=("tinea",)), Order.REALISM),
    "three rashes": (HistoryFilter(rashes=("tinea", "acne", "eczema")), Order.NEWEST),
    "one site": (HistoryFilter(sites=("foot",)), Order.NEWEST),
    "two sites": (HistoryFilter(sites=("foot", "sole")), Order.NEWEST),
    "rash, site and tone": (
        HistoryFilter(rashes=("tinea",), sites=("foot",), tones=("brown",)),
        Order.NEWEST,
    ),
    "rare tone": (HistoryFilter(tones=("black",)), Order.NEWEST),
    "rare tone of a common rash": (HistoryFilter(rashes=("tinea",), tones=("black",)), Order.REALISM),
    "tone only in the first tenth": (HistoryFilter(tones=("early",)), Order.NEWEST),
    "tone only in the last tenth": (HistoryFilter(tones=("late",)), Order.NEWEST),
    "one severity": (HistoryFilter(severities=("severe",)), Order.NEWEST),
    "views by realism": (HistoryFilter(views=("close_up", "at_distance")), Order.REALISM),
    "starred": (HistoryFilter(starred=True), Order.NEWEST),
    "starred by realism": (HistoryFilter(starred=True), Order.REALISM),
    "rated": (HistoryFilter(rated=True), Order.NEWEST),
    "not rated": (HistoryFilter(rated=False), Order.NEWEST),
    "realism of 5 or more": (HistoryFilter(min_realism=5.0), Order.REALISM),
    "realism of 5 or more by date": (HistoryFilter(min_realism=5.0), Order.NEWEST),
    "mine": (HistoryFilter(owner="ann"), Order.NEWEST),
    "one day": (HistoryFilter(since=START + timedelta(30), until=START + timedelta(31)), Order.REALISM),
    "text found often": (HistoryFilter(text="tinea"), Order.NEWEST),
    "text of two words": (HistoryFilter(text="brown foot"), Order.NEWEST),
    "text found rarely": (HistoryFilter(text="kerion"), Order.NEWEST),
    "text not found": (HistoryFilter(text="xyzzy"), Order.NEWEST),
    "text not found by realism": (HistoryFilter(text="xyzzy"), Order.REALISM),
    "common filters that never meet": (
        HistoryFilter(rashes=("clear",), sites=("sole",), tones=("fair", "pale"), rated=True),
        Order.NEWEST,
    ),
}


def measure(repository: Repository, filter: HistoryFilter, order: Order, repeats: int) -> dict[str, Any]:
    """Milliseconds of the three pages of one question, and how many pictures it lets through. The pages take
    turns, so that a busy moment of the machine meets all of them."""
    start = perf_counter()
    count = repository.generations.count(filter, ASKING)
    counted = (perf_counter() - start) * 1000
    cursors = page_cursors(repository, filter, order)
    times: dict[str, list[tuple[float, float]]] = {page: [] for page in cursors}
    for _ in range(repeats):
        for page, after in cursors.items():
            times[page].append(_timed(repository, filter, order, after))
    wall = {page: round(median(wall for wall, _ in pairs), 2) for page, pairs in times.items()}
    cpu = {page: round(median(cpu for _, cpu in pairs), 2) for page, pairs in times.items()}
    over = round(max(cpu.values()) / cpu["first"], 2)
    return {"pictures": count, "count_ms": round(counted, 2), "ms": wall, "cpu_ms": cpu, "over_first": over}


def _timed(
    repository: Repository, filter: HistoryFilter, order: Order, after: str | None
) -> tuple[float, float]:
    """(wall clock, processor time of this thread, in which SQLite works too) in milliseconds."""
    wall, cpu = perf_counter(), thread_time()
    repository.generations.page(filter, order, ASKING, after=after, limit=LIMIT)
    return (perf_counter() - wall) * 1000, (thread_time() - cpu) * 1000


def page_cursors(repository: Repository, filter: HistoryFilter, order: Order) -> dict[str, str | None]:
    """Cursors of the first page, of one in the middle and of the last full one."""
    with repository.database.reading() as connection:
        question = Question(filter, order, user_id(connection, ASKING))
        keys = [Cursor(order, *row) for row in connection.execute(candidates(connection, question))]
    if len(keys) < 3 * LIMIT:
        return {"first": None}
    return {"first": None, "middle": keys[len(keys) // 2].encode(), "last": keys[-LIMIT - 1].encode()}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    parser = ArgumentParser(
        "python -m db.benchmark_history", None, __doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=100_000, help="pictures (default: 100000)")
    parser.add_argument("--repeats", type=int, default=21, help="calls a page (default: 21)")
    arguments = parser.parse_args(argv)
    with TemporaryDirectory() as folder:
        library = Path(folder)
        repository = open_repository(Settings(library, f"sqlite:///{library / 'script2skin.db'}", library))
        fill(repository, arguments.count)
        found = {name: measure(repository, *QUESTIONS[name], arguments.repeats) for name in QUESTIONS}
        repository.close()
    figures = {"pictures": arguments.count}
    for clock in ("ms", "cpu_ms"):
        figures[f"dearest_page_{clock}"] = max(max(row[clock].values()) for row in found.values())
    figures["largest_over_first"] = max(row["over_first"] for row in found.values())
    print(json.dumps({"figures": figures, "questions": found}, indent=2))
    return 0 if figures["dearest_page_ms"] <= MILLISECONDS_MAX else 1


if __name__ == "__main__":
    raise SystemExit(main())
