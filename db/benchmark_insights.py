"""Measures the figures of Insights in a library of --count made-up pictures, in a temporary folder.

A fifth of the pictures is rated, nine in ten are measured, a twentieth stands in a closed study of three
raters, and every picture has a twin. Each figure's time is the median of --repeats calls of the store: ms by
the wall clock, cpu_ms in processor time. Prints JSON; the exit code is 1 if a figure took more than a second.
"""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, thread_time
from typing import Any

from core.settings import Settings
from db.insight_records import Behind, Measure, Outcome, Scope, Standing
from db.made_up_library import START, fill
from db.made_up_ratings import rate
from db.repository import Repository, open_repository

ASKING = "ann"
MILLISECONDS_MAX = 1000.0
MONTH = Scope(since=START + timedelta(30), until=START + timedelta(60))


def questions(repository: Repository) -> dict[str, Callable[[], Any]]:
    """What the page asks, by name."""
    figures, twins, everything = repository.insights, repository.twins, Scope()
    first, second = (one.id for one in figures.weights(ASKING))
    by_one = Scope(weights=(second,))
    return {
        "weights": lambda: figures.weights(ASKING),
        "counts": lambda: figures.counts(everything, ASKING),
        "counts of one month": lambda: figures.counts(MONTH, ASKING),
        "counts of one encoder": lambda: figures.counts(by_one, ASKING),
        "rash by tone": lambda: figures.cells("rash", "tone", everything, ASKING),
        "rash by site": lambda: figures.cells("rash", "site", everything, ASKING),
        "rash by site of one tone": lambda: figures.cells("rash", "site", Scope(tone="fair"), ASKING),
        "site by tone of one encoder": lambda: figures.cells("site", "tone", by_one, ASKING),
        "asked and measured tone": lambda: figures.tones(everything, ASKING),
        "ratings by day": lambda: figures.rated_days(everything, ASKING),
        "pictures behind a cell": lambda: figures.pictures(
            Scope(rash="acne", tone="fair"), Behind(Standing.GOOD), ASKING
        ),
        "pictures of a measured tone": lambda: figures.pictures(
            Scope(tone="fair"), Behind(measured="tan"), ASKING
        ),
        "weights with twins": lambda: twins.pairs(everything, ASKING),
        "twins compared": lambda: twins.compare(first, second, everything, ASKING),
        "twins behind a bar": lambda: twins.twins(
            first, second, Measure.TONE, Outcome.FIRST, everything, ASKING
        ),
    }


def measure(ask: Callable[[], Any], repeats: int) -> dict[str, float]:
    """Medians in milliseconds."""
    times = []
    for _ in range(repeats):
        wall, cpu = perf_counter(), thread_time()
        ask()
        times.append(((perf_counter() - wall) * 1000, (thread_time() - cpu) * 1000))
    wall_times, cpu_times = zip(*times, strict=True)
    return {"ms": round(median(wall_times), 1), "cpu_ms": round(median(cpu_times), 1)}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    parser = ArgumentParser(
        "python -m db.benchmark_insights", None, __doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=100_000, help="pictures (default: 100000)")
    parser.add_argument("--repeats", type=int, default=5, help="calls a figure (default: 5)")
    arguments = parser.parse_args(argv)
    with TemporaryDirectory() as folder:
        library = Path(folder)
        repository = open_repository(Settings(library, f"sqlite:///{library / 'script2skin.db'}", library))
        fill(repository, arguments.count)
        rate(repository)
        found = {name: measure(ask, arguments.repeats) for name, ask in questions(repository).items()}
        repository.close()
    dearest = {clock: max(times[clock] for times in found.values()) for clock in ("ms", "cpu_ms")}
    print(json.dumps({"pictures": arguments.count, "dearest": dearest, "figures": found}, indent=2))
    return 0 if dearest["ms"] <= MILLISECONDS_MAX else 1


if __name__ == "__main__":
    raise SystemExit(main())
