"""The worker and start pictures: the same bytes as the command, and nothing left of a photograph."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_models import make_tiny_pipeline

from core.drawing.composing import Wish, compose_recipe
from core.drawing.phantom_starts import find_phantom, prepare_phantom
from core.drawing.starts import StartPicture, prepare_start, with_start
from core.drawing.uploads import read_photograph
from core.generate import main
from core.jobs import JobState
from core.language.attributes import Attributes
from core.leases import Lease
from core.recipes import Recipe
from core.settings import Settings
from core.worker import Worker
from db.repository import Repository, open_repository

PROJECT = Path(__file__).parent.parent
EMBEDDED = PROJECT / "data" / "models" / "embedded"
WISH = Wish(Attributes("tinea", ("foot",), "brown"), seed=7, num_inference_steps=20)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "embedded")
    return folder


@pytest.fixture
def repository(models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(models))
    opened = open_repository(Settings.from_environment())
    opened.users.ensure("ana")
    yield opened
    opened.close()


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    noise = np.random.default_rng(0).integers(0, 255, (9, 12, 3)).astype(np.uint8)
    path = tmp_path / "skin.jpg"
    Image.fromarray(noise).resize((120, 90)).save(path)
    return path


def prepared(photograph: Path) -> StartPicture:
    return prepare_start(read_photograph(photograph.read_bytes(), photograph.name), 32, 32)


def submit(repository: Repository, start: StartPicture, recipe: Recipe) -> int:
    return repository.jobs.submit("ana", [recipe], start_pictures=[start])[0].id


def starts(library: Path) -> list[Path]:
    return [path for path in (library / "starts").rglob("*") if path.is_file()]


def test_the_app_draws_from_a_photograph_what_the_command_draws(
    repository: Repository, photograph: Path, tmp_path: Path
) -> None:
    start = prepared(photograph)
    id = submit(repository, start, with_start(compose_recipe(WISH), start, 0.5))
    assert Worker(repository.jobs, repository.library).run_once()
    job = repository.jobs.get(id, "ana")
    assert (job.state, job.step, job.total_steps) == (JobState.DONE, 10, 10), job.message
    asked = ["--rash", "tinea", "--site", "foot", "--tone", "brown", "--seed", "7", "--steps", "20"]
    output = str(tmp_path / "o.png")
    further = ["--start", str(photograph), "--strength", "0.5", "--as-kept", "--output", output]
    assert main([*asked, *further]) == 0
    (stored,) = (repository.library / "images").rglob("*.png")
    assert stored.read_bytes() == (tmp_path / "o.png").read_bytes()
    assert starts(repository.library) == []


def test_a_cancelled_drawing_leaves_nothing_of_the_photograph(
    repository: Repository, photograph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report_step = Lease.report_step

    def cancel_at_two(self: Lease, step: int, total: int, message: str = "") -> None:
        if step == 2:
            repository.jobs.cancel(id, "ana")
        report_step(self, step, total, message)

    monkeypatch.setattr(Lease, "report_step", cancel_at_two)
    start = prepared(photograph)
    id = submit(repository, start, with_start(compose_recipe(WISH), start, 0.5))
    assert Worker(repository.jobs, repository.library).run_once()
    assert repository.jobs.get(id, "ana").state is JobState.CANCELLED
    assert list(repository.library.rglob("*.png")) == []


KILLED = """
import os, signal, sys
from core import files, worker
from core.settings import Settings
from core.drawing.starts import prepare_start, with_start
from core.drawing.uploads import read_photograph
from core.drawing.composing import Wish, compose_recipe
from core.language.attributes import Attributes
from db.repository import open_repository
repository = open_repository(Settings.from_environment())
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
when, path = sys.argv[1:]
start = prepare_start(read_photograph(open(path, "rb").read(), path), 32, 32)
recipe = with_start(compose_recipe(Wish(Attributes("tinea", ("foot",), "brown"), seed=7)), start, 0.5)
if when == "half-written":
    files.os.fsync = die
if when == "before its job is queued":
    import db.jobs
    db.jobs.insert = die
repository.jobs.submit("ana", [recipe], start_pictures=[start])

type(repository.jobs).finish = die
worker.Worker(repository.jobs, repository.library, lease_seconds=1).run_once()
"""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("when", ["half-written", "before its job is queued", "when its picture is drawn"])
def test_a_killed_program_leaves_nothing_after_the_next_start(
    when: str, repository: Repository, photograph: Path, models: Path
) -> None:
    library = repository.library
    environment = {**os.environ, "SCRIPT2SKIN_MODELS": str(models), "SCRIPT2SKIN_LIBRARY": str(library)}
    command = [sys.executable, "-c", KILLED, when, str(photograph)]
    died = subprocess.run(command, cwd=PROJECT, env=environment, check=False)
    assert died.returncode == -signal.SIGKILL
    assert len(starts(library)) == 1
    worker = Worker(repository.jobs, library)
    if when == "when its picture is drawn":
        (job,) = repository.jobs.recent("ana")
        while not worker.run_once():
            assert len(starts(library)) == 1
        assert repository.jobs.get(job.id, "ana").state is JobState.DONE
    else:
        assert not worker.run_once()
    assert starts(library) == []


@pytest.mark.embedded
@pytest.mark.skipif(not (EMBEDDED / "model_index.json").is_file(), reason="the embedded model is not built")
def test_the_embedded_model_keeps_the_phantom_at_a_low_strength_and_repeats_its_bytes() -> None:
    from core.drawing.pipeline import draw, load_pipeline

    phantom = find_phantom("hand", "medium")
    assert phantom is not None
    start = prepare_phantom(phantom, 256, 256)
    wish = Wish(Attributes("acne", ("hand",), "medium"), seed=7, num_inference_steps=10)
    recipe = with_start(compose_recipe(wish), start, 0.3)
    pipeline = load_pipeline("embedded")
    low, again, high = (
        draw(pipeline, replace(recipe, strength=strength), start=start.image())
        for strength in (0.3, 0.3, 0.9)
    )
    assert low.tobytes() == again.tobytes()
    near, far = (
        np.abs(np.asarray(image, float) - np.asarray(start.image(), float)).mean() for image in (low, high)
    )
    assert near < 0.6 * far
