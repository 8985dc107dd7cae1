"""The worker against a real database: pictures, previews, leases, cancelling, and death in the middle."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tiny_models import make_encoder, make_tiny_pipeline

from core import worker as worker_module
from core.drawing.composing import Wish, compose_recipe, series
from core.drawing.preview_files import preview_path, remove_preview, sweep_previews, write_preview
from core.errors import DiskFullError, LibraryBusyError
from core.images import read_recipe
from core.jobs import DrawnImage, JobState
from core.language.attributes import Attributes
from core.leases import Lease
from core.recipes import Recipe
from core.settings import Settings
from core.worker import Worker
from db.repository import Repository, open_repository

PROJECT = Path(__file__).parent.parent
WISH = Wish(Attributes("tinea", ("foot",), "brown"), seed=7)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "embedded")
    make_tiny_pipeline(folder / "other", seed=3)
    return folder


@pytest.fixture
def repository(models: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(models))
    opened = open_repository(Settings.from_environment())
    opened.users.ensure("ana")
    yield opened
    opened.close()


def submit(repository: Repository, *recipes: Recipe) -> list[int]:
    return [job.id for job in repository.jobs.submit("ana", recipes or [compose_recipe(WISH)])]


def files_below(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def wait_for(condition: Callable[[], bool], seconds: float = 500) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_a_job_becomes_a_picture_with_its_recipe_and_a_row(repository: Repository, library: Path) -> None:
    (id,) = submit(repository)
    assert Worker(repository.jobs, library).run_once()
    job = repository.jobs.get(id, "ana")
    assert (job.state, job.step) == (JobState.DONE, 3)
    assert job.generation_id is not None
    generation = repository.generations.get(job.generation_id, "ana")
    assert read_recipe(generation.image_path)[0] == compose_recipe(WISH)
    assert generation.thumbnail_path.is_file()
    assert files_below(library / "previews") == []


def test_an_empty_queue_is_no_work(repository: Repository, library: Path) -> None:
    assert not Worker(repository.jobs, library).run_once()


def test_pictures_equal_those_of_the_command(repository: Repository, library: Path, tmp_path: Path) -> None:
    from core.generate import main

    submit(repository)
    Worker(repository.jobs, library).run_once()
    asked = ["--rash", "tinea", "--site", "foot", "--tone", "brown", "--seed", "7"]
    main([*asked, "--as-kept", "--output", str(tmp_path / "out.png")])
    (stored,) = (library / "images").rglob("*.png")
    assert stored.read_bytes() == (tmp_path / "out.png").read_bytes()


def test_the_user_sees_loading_steps_and_a_forming_preview(
    repository: Repository, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    previews: list[tuple[int, int]] = []
    report = type(repository.jobs).report

    def listen(self: Any, job: int, worker: str, step: int, total: int, message: str = "") -> bool:
        said.append(message)
        if preview_path(library, job).is_file():
            with Image.open(preview_path(library, job)) as image:
                previews.append(image.size)
        return report(self, job, worker, step, total, message)

    monkeypatch.setattr("core.leases.STEP_SECONDS", 0.0)
    monkeypatch.setattr(type(repository.jobs), "report", listen)
    submit(repository)
    Worker(repository.jobs, library).run_once()
    assert any(message.startswith("Loading the model ...") for message in said)
    assert any(message.startswith("Drawing ...") for message in said)
    assert set(previews) == {(128, 128)}


def test_the_model_stays_loaded_until_another_is_asked_for(repository: Repository, library: Path) -> None:
    loads: list[tuple[str, str]] = []

    def counted(recipe: Recipe) -> Any:
        loads.append((recipe.model, recipe.text_encoder))
        return worker_module._load_pipeline(recipe)

    tuned = str(make_encoder(library.parent / "tuned"))
    first, other = compose_recipe(WISH), compose_recipe(replace(WISH, model="other"))
    swapped = compose_recipe(replace(WISH, text_encoder=tuned))
    submit(repository, first, first.with_seed(8), other, swapped, first)
    worker = Worker(repository.jobs, library, load=counted)
    while worker.run_once():
        pass
    stock = ("embedded", "stock")
    assert loads == [stock, ("other", "stock"), ("embedded", tuned), stock]
    assert {job.state for job in repository.jobs.recent("ana")} == {JobState.DONE}


def test_a_recipe_of_a_model_that_has_changed_since_is_refused_with_the_reason(
    repository: Repository, library: Path
) -> None:
    (id,) = submit(repository, replace(compose_recipe(WISH), model_hash="0" * 64))
    Worker(repository.jobs, library).run_once()
    job = repository.jobs.get(id, "ana")
    assert job.state is JobState.FAILED
    assert "has changed since" in job.message


def test_a_failed_job_says_why_and_can_be_retried(
    repository: Repository, library: Path, models: Path
) -> None:
    make_tiny_pipeline(models / "passing")
    (id,) = submit(repository, compose_recipe(replace(WISH, model="passing")))
    (models / "passing").rename(models / "away")
    worker = Worker(repository.jobs, library)
    worker.run_once()
    job = repository.jobs.get(id, "ana")
    assert (job.state, "no model folder 'passing'" in job.message) == (JobState.FAILED, True)
    (models / "away").rename(models / "passing")
    repository.jobs.retry(id, "ana")
    worker.run_once()
    assert repository.jobs.get(id, "ana").state is JobState.DONE


def test_an_unexpected_error_fails_the_job_and_not_the_worker(
    repository: Repository, library: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(recipe: Recipe) -> Any:
        raise ZeroDivisionError("surprise")

    first, second = submit(repository, *series(compose_recipe(WISH), 2))
    worker = Worker(repository.jobs, library, load=broken)
    assert worker.run_once()
    assert worker.run_once()
    for id in (first, second):
        assert "ZeroDivisionError: surprise" in repository.jobs.get(id, "ana").message
    assert "surprise" in caplog.text


def test_a_full_disk_fails_the_job_and_leaves_nothing(
    repository: Repository, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> DrawnImage:
        raise DiskFullError("The disk is full: 9 bytes are needed.")

    monkeypatch.setattr(worker_module, "store_image", full)
    (id,) = submit(repository)
    Worker(repository.jobs, library).run_once()
    assert "disk is full" in repository.jobs.get(id, "ana").message
    assert files_below(library / "images") == files_below(library / "previews") == []


def test_a_busy_database_at_the_end_is_asked_again(
    repository: Repository, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, refusals = type(repository.jobs).finish, [1, 2]

    def busy_twice(self: Any, *args: Any) -> int | None:
        if refusals:
            refusals.pop()
            raise LibraryBusyError("locked")
        return finish(self, *args)

    monkeypatch.setattr(type(repository.jobs), "finish", busy_twice)
    monkeypatch.setattr(worker_module, "FINISH_PAUSE", 0.01)
    (id,) = submit(repository)
    Worker(repository.jobs, library).run_once()
    assert repository.jobs.get(id, "ana").state is JobState.DONE


def test_cancelling_a_running_job_stops_it_within_a_step(
    repository: Repository, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report_step, steps = Lease.report_step, []

    def cancel_at_five(self: Lease, step: int, total: int, message: str = "") -> None:
        steps.append(step)
        if step == 5:
            repository.jobs.cancel(id, "ana")
        report_step(self, step, total, message)

    monkeypatch.setattr(Lease, "report_step", cancel_at_five)
    (id,) = submit(repository, compose_recipe(replace(WISH, num_inference_steps=50)))
    assert Worker(repository.jobs, library).run_once()
    assert repository.jobs.get(id, "ana").state is JobState.CANCELLED
    assert max(steps) == 5
    assert files_below(library / "images") == files_below(library / "previews") == []


def test_quick_steps_are_stored_a_few_times_a_second_and_never_forgotten(
    repository: Repository, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (id,) = submit(repository)
    repository.jobs.take("hand", 60)
    report, stored = type(repository.jobs).report, []

    def counted(self: Any, job: int, worker: str, step: int, total: int, message: str = "") -> bool:
        stored.append(step)
        return report(self, job, worker, step, total, message)

    monkeypatch.setattr(type(repository.jobs), "report", counted)
    with Lease(repository.jobs, id, "hand", 60) as lease:
        for step in range(1, 9):
            monkeypatch.setattr("core.leases.time.monotonic", lambda step=step: step / 6)
            lease.report_step(step, 8)
    assert stored == [1, 4, 7]
    assert repository.jobs.get(id, "ana").step == 7


def test_cancelling_while_the_model_loads_draws_nothing(repository: Repository, library: Path) -> None:
    (id,) = submit(repository)

    def cancelled_meanwhile(recipe: Recipe) -> Any:
        repository.jobs.cancel(id, "ana")
        return worker_module._load_pipeline(recipe)

    Worker(repository.jobs, library, load=cancelled_meanwhile).run_once()
    assert repository.jobs.get(id, "ana").state is JobState.CANCELLED
    assert files_below(library / "images") == []


def test_the_lease_is_renewed_while_a_model_loads_for_longer_than_it_lasts(
    repository: Repository, library: Path
) -> None:
    (id,) = submit(repository)
    taken_meanwhile: list[bool] = []

    def slow(recipe: Recipe) -> Any:
        time.sleep(3.0)
        taken_meanwhile.append(repository.jobs.take("thief", 60) is not None)
        return worker_module._load_pipeline(recipe)

    Worker(repository.jobs, library, lease_seconds=2, load=slow).run_once()
    assert taken_meanwhile == [False]
    assert repository.jobs.get(id, "ana").state is JobState.DONE


def test_a_worker_that_lost_its_lease_writes_nothing(
    repository: Repository, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sleeps through its lease, heartbeat and all, as a suspended laptop does; another takes over."""
    (id,) = submit(repository)
    monkeypatch.setattr(Lease, "_beat", lambda self: None)
    stored: list[bool] = []
    original = worker_module.store_image
    monkeypatch.setattr(worker_module, "store_image", lambda *args: stored.append(True) or original(*args))

    def sleeping(recipe: Recipe) -> Any:
        time.sleep(0.3)
        assert repository.jobs.take("second", 60) is not None
        return worker_module._load_pipeline(recipe)

    Worker(repository.jobs, library, name="first", lease_seconds=0.1, load=sleeping).run_once()
    assert stored == []
    assert repository.jobs.get(id, "ana").state is JobState.RUNNING
    assert repository.jobs.report(id, "second", 1, 3)


def test_two_workers_never_draw_the_same_job(repository: Repository, library: Path) -> None:
    ids = submit(repository, *series(compose_recipe(WISH), 8))
    workers = [Worker(repository.jobs, library) for _ in range(2)]
    done: list[int] = [0, 0]

    def run(number: int) -> None:
        while workers[number].run_once():
            done[number] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 8
    jobs = [repository.jobs.get(id, "ana") for id in ids]
    assert [job.message for job in jobs] == [""] * 8
    generations = {job.generation_id for job in jobs}
    assert len(generations) == 8
    assert len(list((library / "images").rglob("*.png"))) == 8


def test_the_thread_draws_when_woken_and_ends_when_stopped(
    repository: Repository, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "IDLE_SECONDS", 3600.0)
    worker = Worker(repository.jobs, library)
    thread = worker.start_in_thread()
    time.sleep(0.2)
    (id,) = submit(repository)
    worker.wake()
    wait_for(lambda: repository.jobs.get(id, "ana").state is JobState.DONE)
    worker.stop()
    thread.join(30)
    assert thread.daemon
    assert not thread.is_alive()


def test_the_thread_outlives_a_store_that_fails(
    repository: Repository, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, failures = type(repository.jobs).take, [1, 2, 3]

    def failing(self: Any, worker: str, lease_seconds: float) -> Any:
        if failures:
            failures.pop()
            raise LibraryBusyError("locked")
        return take(self, worker, lease_seconds)

    monkeypatch.setattr(type(repository.jobs), "take", failing)
    monkeypatch.setattr(worker_module, "IDLE_SECONDS", 0.01)
    (id,) = submit(repository)
    worker = Worker(repository.jobs, library)
    thread = worker.start_in_thread()
    wait_for(lambda: repository.jobs.get(id, "ana").state is JobState.DONE)
    worker.stop()
    thread.join(30)
    assert not thread.is_alive()


def test_starting_a_worker_imports_no_torch(models: Path, tmp_path: Path) -> None:
    code = (
        "import sys, threading; from pathlib import Path; from core.worker import Worker; "
        "store = type('Empty', (), {'take': lambda *_: None})(); "
        "worker = Worker(store, Path(sys.argv[1])); worker.run_once(); "
        "sys.exit('torch' in sys.modules or 'diffusers' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=PROJECT, check=False)
    assert run.returncode == 0


def start_worker(models: Path, library: Path, fatal: str = "") -> subprocess.Popen[bytes]:
    """A worker in its own process, with a lease of two seconds; ``fatal`` names a store verb it dies in."""
    code = f"""
import os, signal
from core.settings import Settings
from core.worker import Worker
from db.repository import open_repository
repository = open_repository(Settings.from_environment())
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if {fatal!r}:
    setattr(type(repository.jobs), {fatal!r}, die)
Worker(repository.jobs, repository.library, lease_seconds=2).run_once()
"""
    environment = {**os.environ, "SCRIPT2SKIN_MODELS": str(models), "SCRIPT2SKIN_LIBRARY": str(library)}
    return subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, env=environment)


def take_over(repository: Repository, library: Path) -> None:
    """Runs a worker until the dead one's lease has run out and its job is drawn."""
    worker = Worker(repository.jobs, library)
    wait_for(worker.run_once)


@pytest.mark.timeout(900)
def test_a_killed_worker_leaves_no_half_picture_and_its_job_to_the_next(
    repository: Repository, library: Path, models: Path
) -> None:
    (id,) = submit(repository, compose_recipe(replace(WISH, num_inference_steps=200)))
    process = start_worker(models, library)
    wait_for(lambda: repository.jobs.get(id, "ana").step >= 5)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert repository.jobs.get(id, "ana").state is JobState.RUNNING
    assert files_below(library / "images") == files_below(library / "thumbnails") == []
    take_over(repository, library)
    assert repository.jobs.get(id, "ana").state is JobState.DONE
    assert len(list((library / "images").rglob("*.png"))) == 1
    assert files_below(library / "previews") == []


@pytest.mark.timeout(900)
def test_a_worker_killed_between_file_and_row_loses_nothing(
    repository: Repository, library: Path, models: Path
) -> None:
    (id,) = submit(repository)
    assert start_worker(models, library, fatal="finish").wait() == -signal.SIGKILL
    (orphan,) = (library / "images").rglob("*.png")
    assert read_recipe(orphan)[0].seed == 7
    assert repository.jobs.get(id, "ana").generation_id is None
    take_over(repository, library)
    generation_id = repository.jobs.get(id, "ana").generation_id
    assert generation_id is not None
    assert repository.generations.get(generation_id, "ana").image_path == orphan
    assert list((library / "images").rglob("*.png")) == [orphan]


def test_previews_of_killed_workers_are_swept_and_fresh_ones_left(library: Path) -> None:
    for id in (1, 2):
        write_preview(library, id, Image.new("RGB", (8, 8)))
    os.utime(preview_path(library, 1), (0, 0))
    sweep_previews(library)
    assert files_below(library / "previews") == ["2.jpg"]


def test_a_preview_that_cannot_be_written_costs_only_the_preview(library: Path) -> None:
    library.mkdir()
    (library / "previews").write_text("in the way")
    write_preview(library, 1, Image.new("RGB", (8, 8)))
    assert not preview_path(library, 1).exists()


def test_removing_a_preview_removes_what_a_killed_worker_left_of_it_too(library: Path) -> None:
    for id in (1, 11):
        write_preview(library, id, Image.new("RGB", (8, 8)))
    (library / "previews" / "1.999.tmp").write_bytes(b"half")
    remove_preview(library, 1)
    assert files_below(library / "previews") == ["11.jpg"]
