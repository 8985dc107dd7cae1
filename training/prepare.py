"""Prepares photographs for training: verified, captioned, split without leaks, in one dataset folder.

SOURCE is DermNet's folders as Kaggle packs them, a folder of pictures with a .txt caption beside each, JSON
lines {"image", "caption"}, CSV with these columns, or a ZIP of any of them; which, is found out. Every
picture is decoded; what is unsafe or damaged is refused by name in report.jsonl, and the rest goes on.
Metadata (EXIF, GPS) is left behind. Near-duplicates stay on one side of the split. The source itself is
never changed.

Licence and consent of the source are asked for and recorded. An interrupted run goes on where it stopped when
the same command is given again. docs/datasets.md describes the folder.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm import tqdm

from core.errors import InputError, Script2SkinError, TrainingError
from core.photographs.datasets import MANIFEST, PREPARING, REPORT, Manifest, read_manifest
from training.photographs.duplicates import DISTANCE, DISTANCE_MAX
from training.photographs.finishing import Result, finish
from training.photographs.inventory import Inventory, take_inventory
from training.photographs.journal import Journal
from training.photographs.pictures import SIDE_MIN
from training.photographs.sources import Listing, SourceFiles, open_source
from training.photographs.splits import SHARES, check_shares
from training.photographs.terms import Terms, ask_terms
from training.photographs.work import Bench, Outcome, Task, end_with_parent, prepare_several, task_of

SIZE_MAX = 4096
HANDFUL = 16
"""Pictures a worker takes at a time."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the command was asked. Shares are of the whole; ``size`` is the shorter side in pixels."""

    source: Path
    output: Path
    licence: str | None = None
    consent: str | None = None
    size: int = 512
    seed: int = 0
    validation: float = SHARES["validation"]
    test: float = SHARES["test"]
    duplicate_distance: int = DISTANCE
    workers: int = os.cpu_count() or 1

    @property
    def settings(self) -> dict[str, Any]:
        """Those that decide the dataset's bytes."""
        names = ("size", "seed", "validation", "test", "duplicate_distance")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Found:
    """A source that was looked through. ``state`` changes when a picture, a caption or a column does."""

    files: SourceFiles
    inventory: Inventory
    tasks: tuple[Task, ...]

    @property
    def state(self) -> str:
        """SHA-256 over the stamps of all tasks."""
        return sha256("".join(task.stamp for task in self.tasks).encode()).hexdigest()


def prepare(request: Request) -> Manifest:
    """Prepares a source from beginning to end, or goes on where an earlier run stopped.

    Raises:
        InputError: the request, the source or the folder can't be used; the message says what to change.
        DiskFullError, StorageError: the folder can't be written.
        TrainingError: a worker process died.
    """
    _check(request)
    found = look_through(request)
    print(f"{request.source}: {found.inventory.kind}, {len(found.tasks):,} pictures.", flush=True)
    if (finished := _finished(request, found)) is not None:
        print(f"{request.output} is prepared already; nothing to do.")
        return finished
    journal = Journal(request.output)
    terms = _terms(request, journal)
    decisive = {**request.settings, "licence": terms.licence, "consent": terms.consent}
    with journal.opened({"source": str(request.source.resolve()), **decisive}, len(found.tasks)):
        _work_off(request, found, journal)
        manifest = finish(request.output, _result(request, found, journal, terms))
    journal.close()
    return manifest


def _result(request: Request, found: Found, journal: Journal, terms: Terms) -> Result:
    return Result(
        source=request.source.resolve().name,
        kind=found.inventory.kind,
        state=found.state,
        terms=terms,
        settings=request.settings,
        shares=check_shares(request.validation, request.test),
        outcomes=[journal.finished[task.stamp] for task in found.tasks],
        findings=found.inventory.findings,
    )


def look_through(request: Request) -> Found:
    """Lists the source and finds what belongs together; no picture is opened."""
    files, table = open_source(request.source, request.output)
    listing: Listing = files.listing()
    inventory = take_inventory(files, listing, table)
    tasks = tuple(task_of(entry, listing.stamps[entry.name]) for entry in inventory.entries)
    return Found(files, inventory, tasks)


def _check(request: Request) -> None:
    for name, value, low, high in (
        ("size", request.size, SIDE_MIN, SIZE_MAX),
        ("duplicate-distance", request.duplicate_distance, 0, DISTANCE_MAX),
        ("workers", request.workers, 1, 1024),
    ):
        if not low <= value <= high:
            raise InputError(f"--{name} is {value}; it must be between {low} and {high}.")
    if request.source.resolve() == request.output.resolve():
        raise InputError(f"{request.output} is the source itself; choose another folder for the dataset.")
    check_shares(request.validation, request.test)


def _finished(request: Request, found: Found) -> Manifest | None:
    """The manifest of this very dataset, if it is finished already.

    Raises:
        InputError: the folder holds another finished dataset.
    """
    if not (request.output / MANIFEST).is_file() or (request.output / PREPARING).exists():
        return None
    manifest = read_manifest(request.output)
    given = {"licence": request.licence, "consent": request.consent}
    same_terms = all(value in (None, getattr(manifest, name)) for name, value in given.items())
    if manifest.settings == request.settings and manifest.source_state == found.state and same_terms:
        return manifest
    raise InputError(
        f"{request.output} holds a finished dataset of another source, other settings or other terms. "
        "Choose another folder, or delete this one first."
    )


def _terms(request: Request, journal: Journal) -> Terms:
    """As given, else as the interrupted run was given them, else asked for."""
    saved = journal.saved_settings() or {}
    licence = request.licence if request.licence is not None else saved.get("licence")
    return ask_terms(licence, request.consent if request.consent is not None else saved.get("consent"))


def _work_off(request: Request, found: Found, journal: Journal) -> None:
    """Prepares every picture that is not in place yet, recording each handful."""
    left = journal.left(found.tasks)
    bench = Bench(found.files, request.output, request.size)
    handfuls = [left[start : start + HANDFUL] for start in range(0, len(left), HANDFUL)]
    done = len(found.tasks) - len(left)
    with tqdm(total=len(found.tasks), initial=done, unit="picture", mininterval=1.0) as bar:
        for outcomes in _outcomes(bench, handfuls, request.workers):
            journal.add(outcomes)
            bar.update(len(outcomes))


def _outcomes(bench: Bench, handfuls: list[list[Task]], workers: int) -> Iterator[list[Outcome]]:
    """Outcomes in order of the tasks, from this process or from several."""
    prepare_handful = partial(prepare_several, bench)
    if workers == 1 or len(handfuls) < 2:
        yield from map(prepare_handful, handfuls)
        return
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=end_with_parent)
    try:
        yield from pool.map(prepare_handful, handfuls)
    except BrokenProcessPool as error:
        raise TrainingError(
            "A worker process died, perhaps for want of memory. Give the same command again to go on, with "
            "fewer --workers."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    request = Request(**vars(_parser().parse_args(argv)))
    try:
        manifest = prepare(request)
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on from here.", file=sys.stderr)
        return 130
    print(_summary(request.output, manifest))
    return 0


def _summary(output: Path, manifest: Manifest) -> str:
    splits = ", ".join(f"{count:,} {name}" for name, count in manifest.splits.items())
    lines = [f"{output}: {manifest.count:,} photographs ({splits}), {manifest.groups:,} distinct."]
    lines += [f"{count:>9,} {kind}" for kind, count in manifest.findings.items()]
    return "\n".join([*lines, f"Each is told in {output / REPORT}."] if manifest.findings else lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m training.prepare", None, __doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default, add = Request(Path(), Path()), parser.add_argument
    add("--source", type=Path, required=True, metavar="DIR", help="folder, ZIP, JSON lines or CSV")
    add("--output", type=Path, required=True, metavar="DATASET", help="folder to write the dataset into")
    add("--licence", help="licence of the photographs, in one sentence")
    add("--consent", help="consent of the persons shown, in one sentence")
    add("--size", type=int, default=default.size, help="pixels of the shorter side, never enlarged (512)")
    add("--seed", type=int, default=default.seed, help="decides the split (default 0)")
    add("--validation", type=float, default=default.validation, help="share of pictures (default 0.1)")
    add("--test", type=float, default=default.test, help="share of pictures (default 0.1)")
    add(
        "--duplicate-distance",
        type=int,
        default=default.duplicate_distance,
        help=f"bits of 64 in which near-duplicates may differ (default {DISTANCE})",
    )
    add("--workers", type=int, default=default.workers, help="processes (default: all cores)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
