"""The worker: takes jobs from a store, draws them with one pipeline, and puts the pictures into the library.

Imports no torch until the first job, so an app that starts a worker opens at once.
"""

import gc
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from core.drawing.preview_files import remove_preview, sweep_previews, write_preview
from core.drawing.starts import read_start
from core.errors import Cancelled, LibraryBusyError, ModelError, Script2SkinError
from core.images import store_image
from core.jobs import DrawnImage, Job, JobStore
from core.leases import Lease
from core.measuring.examiner import Examiner
from core.quiet import mute_libraries
from core.recipes import Recipe
from core.versions import drawing_versions
from core.weights.checkpoints import drawn_encoder_hash, model_hash
from core.weights.model_folders import resolve_source

if TYPE_CHECKING:
    from core.drawing.pipeline import Pipeline, Step

logger = logging.getLogger(__name__)
LEASE_SECONDS = 60.0
IDLE_SECONDS = 1.0
FINISH_TRIES = 5
FINISH_PAUSE = 1.0

Loader = Callable[[Recipe], "Pipeline"]
"""Loads what draws a recipe: its model, with its text encoder in it."""


class Worker:
    """Draws one job at a time, and has finished pictures measured while none waits. Several workers, in one
    process or many, share a store by leases."""

    def __init__(
        self,
        store: JobStore,
        library: Path,
        name: str | None = None,
        lease_seconds: float = LEASE_SECONDS,
        load: Loader | None = None,
        examiner: Examiner | None = None,
    ) -> None:
        self.name = name or f"{socket.gethostname()}-{os.getpid()}-{id(self):x}"
        self._store, self._library, self._lease_seconds = store, library, lease_seconds
        self._load = load or _load_pipeline
        self._examiner = examiner
        self._pipeline: Pipeline | None = None
        self._loaded: tuple[str, ...] = ()
        self._awake, self._stop = threading.Event(), threading.Event()

    def wake(self) -> None:
        """Looks for jobs now instead of after the idle pause."""
        self._awake.set()

    def stop(self) -> None:
        """Ends the thread after the picture it is drawing."""
        self._stop.set()
        self.wake()

    def start_in_thread(self) -> threading.Thread:
        """Runs until ``stop`` in a daemon thread: closing the app leaves a job to be taken again."""
        thread = threading.Thread(target=self.run_forever, args=(self._stop,), name="worker", daemon=True)
        thread.start()
        return thread

    def run_forever(self, stop_event: threading.Event) -> None:
        """Draws until ``stop_event`` is set; a failure of the store itself is logged and tried again."""
        while not stop_event.is_set():
            try:
                sweep_previews(self._library)
                worked = self.run_once() or self._examine_once()
            except Exception:
                logger.exception("worker %s: the job store failed; trying again", self.name)
                worked = False
            if not worked:
                self._awake.wait(IDLE_SECONDS)
                self._awake.clear()

    def _examine_once(self) -> bool:
        return self._examiner is not None and self._examiner.run_once()

    def run_once(self) -> bool:
        """Takes and runs one job; False if there was none."""
        job = self._store.take(self.name, self._lease_seconds)
        if job is None:
            return False
        try:
            with Lease(self._store, job.id, self.name, self._lease_seconds) as lease:
                self._run(job, lease)
        except Cancelled:
            self._store.acknowledge_cancel(job.id, self.name)
        except Script2SkinError as error:
            self._store.fail(job.id, self.name, str(error))
        except Exception as error:
            logger.exception("job %s failed", job.id)
            self._store.fail(job.id, self.name, f"Drawing failed unexpectedly ({_named(error)}). Try again.")
        finally:
            remove_preview(self._library, job.id)
        return True

    def _run(self, job: Job, lease: Lease) -> None:
        start = read_start(self._library, job.recipe)
        pipeline = self._pipeline_for(job.recipe, lease)
        lease.report(0, job.recipe.steps_drawn, "Drawing ...")
        started = time.perf_counter()
        image = self._draw(pipeline, job, lease, start)
        seconds = time.perf_counter() - started
        lease.report_step(*_all_steps(job), "Saving ...")
        recipe = _as_drawn(job.recipe, pipeline)
        self._finish(job, store_image(self._library, image, recipe, seconds))

    def _draw(self, pipeline: "Pipeline", job: Job, lease: Lease, start: Image.Image | None) -> Image.Image:
        from core.drawing.pipeline import draw

        def on_step(step: "Step") -> None:
            lease.report_step(step.number, step.total, f"Drawing ... {step.seconds_per_step:.1f} s a step")
            if step.preview is not None:
                write_preview(self._library, job.id, step.preview)

        return draw(pipeline, job.recipe, on_step, lambda: lease.ended, start=start)

    def _finish(self, job: Job, image: DrawnImage) -> None:
        """The file is safe by now; a busy database is worth a few more tries before all is drawn again."""
        for remaining in reversed(range(FINISH_TRIES)):
            try:
                self._store.finish(job.id, self.name, image)
                return
            except LibraryBusyError:
                if not remaining:
                    raise
                time.sleep(FINISH_PAUSE)

    def _pipeline_for(self, recipe: Recipe, lease: Lease) -> "Pipeline":
        """The cached pipeline if it is the one asked for; else the old one is freed before loading."""
        lease.report(0, 0, "Looking at the model ...")
        wanted = (recipe.model, recipe.text_encoder, *self._hashes(recipe))
        if self._pipeline is None or self._loaded != wanted:
            self._release()
            lease.report(0, 0, "Loading the model ... (only the first picture waits for this)")
            mute_libraries()
            self._pipeline = self._load(recipe)
            self._loaded = wanted
        _check_identity(recipe, self._pipeline)
        return self._pipeline

    def _hashes(self, recipe: Recipe) -> tuple[str, str]:
        """Identity of what is on disk now: a folder may be replaced under the same name."""
        cache, folder = self._library / "cache", resolve_source(recipe.model)
        encoder = drawn_encoder_hash(folder, recipe.text_encoder, recipe.text_encoder_weight, cache)
        return model_hash(folder, cache), encoder

    def _release(self) -> None:
        self._pipeline, self._loaded = None, ()
        gc.collect()


def _load_pipeline(recipe: Recipe) -> "Pipeline":
    from core.drawing.pipeline import load_for

    return load_for(recipe)


def _as_drawn(recipe: Recipe, pipeline: "Pipeline") -> Recipe:
    """Hashes are those asked for, or filled in where the job named none."""
    hashes = _identity(pipeline)
    return replace(
        recipe,
        model_hash=hashes["model_hash"],
        text_encoder_hash=hashes["text_encoder_hash"],
        lora_hash=recipe.lora_hash or pipeline.lora.hash or None,
        versions=drawing_versions(recipe.lora is not None),
    )


def _identity(pipeline: "Pipeline") -> dict[str, str]:
    return {"model_hash": pipeline.model_hash, "text_encoder_hash": pipeline.text_encoder_hash}


def _check_identity(recipe: Recipe, pipeline: "Pipeline") -> None:
    """A recipe promises the same picture; another model under the old name would break it silently."""
    for name, found in _identity(pipeline).items():
        if (asked := getattr(recipe, name)) and asked != found:
            raise ModelError(
                f"The model '{recipe.model}' has changed since this picture was asked for ({name} was "
                f"{asked[:12]}, is {found[:12]}). Ask again to draw it with the model as it is now."
            )


def _all_steps(job: Job) -> tuple[int, int]:
    return job.recipe.steps_drawn, job.recipe.steps_drawn


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
