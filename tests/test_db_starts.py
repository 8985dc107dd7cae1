"""Start pictures in the library: they come with their jobs; a photograph not to be kept goes with them."""

from dataclasses import replace
from pathlib import Path

import pytest
from library_parts import RECIPE, Clock, drawn, library_settings, opened
from PIL import Image

from core.drawing.starts import StartKind, StartPicture, find_start, prepare_start, with_start
from core.errors import InputError, NotAllowedError
from core.jobs import Job, JobState
from db import purge as purge_command
from db.archive import allowed
from db.backup import backup
from db.leases import EXPIRIES_MAX
from db.repository import Repository
from db.restore import restore

GREY = Image.linear_gradient("L").convert("RGB")
PASSING = prepare_start(GREY, 64, 64)
KEPT = replace(prepare_start(GREY.rotate(90), 64, 64), kind=StartKind.KEPT)
PHANTOM = replace(prepare_start(GREY.rotate(180), 64, 64), kind=StartKind.PHANTOM)


def submit(repository: Repository, start: StartPicture, count: int = 1, given: bool = True) -> list[Job]:
    recipe = with_start(RECIPE, start, 0.5)
    recipes = [recipe.with_seed(seed) for seed in range(count)]
    return repository.jobs.submit("ann", recipes, start_pictures=[start] if given else [])


def stored(library: Path) -> list[Path]:
    return sorted(path for path in (library / "starts").rglob("*") if path.is_file())


def taken(repository: Repository) -> Job:
    job = repository.jobs.take("worker", 60)
    assert job is not None
    return job


def finish(repository: Repository, job: Job) -> int:
    generation = repository.jobs.finish(job.id, "worker", drawn(repository.library, job.recipe))
    assert generation is not None
    return generation


def test_a_passing_photograph_stays_until_its_last_job_is_done(repository: Repository, library: Path) -> None:
    submit(repository, PASSING, 2)
    first = taken(repository)
    finish(repository, first)
    assert find_start(library, PASSING.sha256) is not None
    finish(repository, taken(repository))
    assert stored(library) == []


@pytest.mark.parametrize("end", ["failed", "cancelled while waiting", "cancelled while drawn", "killed"])
def test_a_passing_photograph_goes_however_its_job_ends(
    end: str, repository: Repository, library: Path, clock: Clock
) -> None:
    (job,) = submit(repository, PASSING)
    if end == "cancelled while waiting":
        repository.jobs.cancel(job.id, "ann")
    elif end == "killed":
        for _ in range(EXPIRIES_MAX):
            assert find_start(library, PASSING.sha256) is not None
            taken(repository)
            clock.forward(seconds=61)
        assert repository.jobs.take("worker", 60) is None
        repository.jobs.take("worker", 60)
    else:
        taken(repository)
        repository.jobs.cancel(job.id, "ann") if "cancelled" in end else None
        assert find_start(library, PASSING.sha256) is not None
        close = repository.jobs.acknowledge_cancel if "cancelled" in end else repository.jobs.fail
        close(job.id, "worker", *([] if "cancelled" in end else ["black"]))
    assert repository.jobs.get(job.id, "ann").state in (JobState.FAILED, JobState.CANCELLED)
    assert stored(library) == []


@pytest.mark.parametrize("start", [KEPT, PHANTOM], ids=["kept", "phantom"])
def test_what_is_to_stay_stays_and_needs_not_be_given_again(
    start: StartPicture, repository: Repository, library: Path
) -> None:
    (job,) = submit(repository, start)
    finish(repository, taken(repository))
    found = find_start(library, start.sha256)
    assert found is not None and found[0] is start.kind
    submit(repository, start, given=False)
    repository.jobs.fail(taken(repository).id, "worker", "black")
    assert stored(library) == [found[1]]
    assert repository.jobs.get(job.id, "ann").recipe.start_hash == start.sha256


def test_passing_or_kept_the_photograph_once_kept_stays(repository: Repository, library: Path) -> None:
    submit(repository, replace(PASSING, kind=StartKind.KEPT))
    submit(repository, PASSING)
    for _ in range(2):
        finish(repository, taken(repository))
    assert [path.parent.name for path in stored(library)] == ["kept"]


def test_a_job_without_its_start_is_not_queued(repository: Repository, library: Path) -> None:
    with pytest.raises(InputError, match="no longer here"):
        submit(repository, PASSING, given=False)
    assert repository.jobs.recent("ann") == []
    assert stored(library) == []


def test_a_refused_request_leaves_no_photograph_behind(repository: Repository, library: Path) -> None:
    recipes = [with_start(RECIPE, start, 0.5) for start in (PASSING, KEPT)]
    with pytest.raises(InputError):
        repository.jobs.submit("ann", recipes, start_pictures=[PASSING])
    repository.jobs.take("worker", 60)
    assert stored(library) == []


def test_trying_again_needs_the_photograph_again(repository: Repository, library: Path) -> None:
    (job,) = submit(repository, PASSING)
    repository.jobs.fail(taken(repository).id, "worker", "black")
    with pytest.raises(InputError, match="Upload the same photograph again"):
        repository.jobs.retry(job.id, "ann")
    assert repository.jobs.get(job.id, "ann").state is JobState.FAILED
    repository.jobs.retry(job.id, "ann", [PASSING])
    assert find_start(library, PASSING.sha256) is not None
    finish(repository, taken(repository))
    assert stored(library) == []


def test_what_a_killed_program_left_is_swept_when_the_next_looks_for_work(
    repository: Repository, library: Path
) -> None:
    submit(repository, PASSING)
    repository.jobs.cancel(repository.jobs.recent("ann")[0].id, "ann")
    folder = library / "starts" / "passing"
    (folder / f"{'a' * 64}.png").write_bytes(b"orphan")
    (folder / f".{'b' * 64}.png.0a1b.tmp").write_bytes(b"half")
    assert repository.jobs.take("worker", 60) is None
    assert stored(library) == []


def test_a_photograph_is_forgotten_by_those_who_drew_from_it_alone(
    repository: Repository, library: Path
) -> None:
    submit(repository, KEPT)
    with pytest.raises(InputError, match="still waiting"):
        repository.starts.forget(KEPT.sha256, "ann")
    finish(repository, taken(repository))
    with pytest.raises(NotAllowedError):
        repository.starts.forget(KEPT.sha256, "bob")
    assert find_start(library, KEPT.sha256) is not None
    repository.starts.forget(KEPT.sha256, "ann")
    assert stored(library) == []


def test_a_phantom_can_not_be_forgotten(repository: Repository, library: Path) -> None:
    submit(repository, PHANTOM)
    finish(repository, taken(repository))
    repository.starts.forget(PHANTOM.sha256, "ann")
    assert len(stored(library)) == 1


def test_purging_takes_kept_photographs_that_no_picture_is_left_of(
    repository: Repository, library: Path, clock: Clock
) -> None:
    submit(repository, KEPT)
    repository.generations.delete(finish(repository, taken(repository)), "ann")
    submit(repository, PHANTOM)
    finish(repository, taken(repository))
    clock.forward(days=29)
    assert purge_command.purge(repository.database, 30).files == 0
    clock.forward(days=2)
    assert purge_command.purge(repository.database, 30).files == 3
    assert [path.parent.name for path in stored(library)] == ["phantoms"]


def test_purging_spares_what_a_failed_job_may_still_need_for_a_while(
    repository: Repository, library: Path, clock: Clock
) -> None:
    submit(repository, KEPT)
    repository.jobs.fail(taken(repository).id, "worker", "black")
    clock.forward(days=29)
    purge_command.purge(repository.database, 30)
    assert len(stored(library)) == 1
    clock.forward(days=2)
    purge_command.purge(repository.database, 30)
    assert stored(library) == []


def test_kept_photographs_are_part_of_the_library_and_passing_ones_are_not(
    library: Path, tmp_path: Path
) -> None:
    repository = opened(library_settings(library))
    for start in (KEPT, PHANTOM, PASSING):
        submit(repository, start)
    assert repository.disk_use().starts == sum(path.stat().st_size for path in stored(library))
    backup(repository, tmp_path / "b.zip")
    repository.close()
    elsewhere = library_settings(tmp_path / "elsewhere")
    restore(elsewhere, tmp_path / "b.zip")
    restored = {path.parent.name: path.read_bytes() for path in stored(elsewhere.library)}
    assert restored == {"kept": KEPT.png, "phantoms": PHANTOM.png}
    assert not allowed(f"starts/passing/{PASSING.sha256}.png")
