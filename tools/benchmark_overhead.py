"""Measures what the app adds to a bare pipeline call: steps, previews, leases, PNG, thumbnail, database rows.

    python -m tools.benchmark_overhead --pairs 10

Draws the same recipes alternately by a bare call of the diffusers pipeline and by the app's worker, in one
run, and prints JSON. ``overhead`` is the median over the pairs of (worker - bare) / bare. The store is the
app's own, on a library in a temporary folder. ``overhead_processor`` is the same in processor seconds: to be
trusted where other programs keep the machine busy.
"""

import json
import statistics
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from core.drawing.composing import Wish, compose_recipe
from core.drawing.pipeline import Pipeline, load_pipeline
from core.drawing.schedulers import make_scheduler
from core.language.attributes import Attributes
from core.quiet import mute_libraries
from core.recipes import Recipe
from core.settings import EMBEDDED_MODEL, Settings
from core.weights.model_cards import load_card
from core.worker import Worker
from db.repository import Repository, open_repository

MEASURER = "Benchmark"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=EMBEDDED_MODEL, help="model name, diffusers folder, or hub id")
    parser.add_argument("--pairs", type=int, default=10, help="pictures drawn each way")
    asked = parser.parse_args(argv)
    mute_libraries()
    pipeline = load_pipeline(asked.model)
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps(_measure(pipeline, _recipe(asked.model), asked.pairs, Path(place)), indent=2))
    return 0


def _recipe(model: str) -> Recipe:
    """The first words the model knows, at its default settings."""
    card = load_card(model)
    rash, site, tone = (next(iter(card.words(kind)), None) for kind in ("rash", "site", "tone"))
    chosen = Attributes(rash or "tinea", (site or "foot",), tone or "brown")
    return compose_recipe(Wish(chosen, seed=0, model=model))


def _measure(pipeline: Pipeline, recipe: Recipe, pairs: int, place: Path) -> dict[str, Any]:
    settings = Settings(place, f"sqlite:///{place / 'library.db'}", Settings.from_environment().models)
    repository = open_repository(settings)
    repository.users.ensure(MEASURER)
    worker = Worker(repository.jobs, place, load=lambda *_: pipeline)
    plain = _plain_pipeline(pipeline, recipe)
    _bare(plain, recipe)
    _by_worker(worker, repository, recipe)
    timed = [
        (_bare(plain, recipe.with_seed(i)), _by_worker(worker, repository, recipe.with_seed(i)))
        for i in range(1, pairs + 1)
    ]
    return {
        "model": recipe.model,
        "steps": recipe.num_inference_steps,
        "size": recipe.height,
        "pairs": pairs,
        "threads": torch.get_num_threads(),
        "bare_seconds": round(statistics.median(bare.wall for bare, _ in timed), 4),
        "worker_seconds": round(statistics.median(ours.wall for _, ours in timed), 4),
        "overhead": round(statistics.median(ours.wall / bare.wall - 1 for bare, ours in timed), 4),
        "bare_processor_seconds": round(statistics.median(bare.processor for bare, _ in timed), 4),
        "overhead_processor": round(
            statistics.median(ours.processor / bare.processor - 1 for bare, ours in timed), 4
        ),
    }


def _plain_pipeline(pipeline: Pipeline, recipe: Recipe) -> Any:
    """A diffusers pipeline over the same networks, with the recipe's scheduler."""
    scheduler = make_scheduler(recipe.scheduler, pipeline.parts.scheduler.config)
    parts = {**pipeline.parts.components, "scheduler": scheduler}
    plain = type(pipeline.parts)(**parts, requires_safety_checker=False)
    plain.set_progress_bar_config(disable=True)
    return plain


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds by the clock and of the processor."""

    wall: float
    processor: float


def _timed(action: Callable[[], object]) -> Timing:
    wall, processor = time.perf_counter(), time.process_time()
    action()
    return Timing(time.perf_counter() - wall, time.process_time() - processor)


def _bare(plain: Any, recipe: Recipe) -> Timing:
    """The plain diffusers call, as its documentation writes it."""
    return _timed(
        lambda: plain(
            recipe.prompt,
            num_inference_steps=recipe.num_inference_steps,
            guidance_scale=recipe.guidance_scale,
            height=recipe.height,
            width=recipe.width,
            generator=torch.Generator().manual_seed(recipe.seed),
        )
    )


def _by_worker(worker: Worker, repository: Repository, recipe: Recipe) -> Timing:
    """From taking the job to the finished row."""
    repository.jobs.submit(MEASURER, [recipe])
    return _timed(worker.run_once)


if __name__ == "__main__":
    sys.exit(main())
