"""The queue: turns, leases, cancelling, retrying."""

import random
import sys
import threading
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType

import pytest
from library_parts import RECIPE, Clock, drawn, library_settings, opened

from core.errors import InputError, NotAllowedError, NotFoundError, StorageError
from core.jobs import Job, JobState
from db.leases import EXPIRIES_MAX
from db.records import HistoryFilter
from db.repository import Repository, open_repository


def submit(repository: Repository, owner: str, count: int) -> list[Job]:
    return repository.jobs.submit(owner, [RECIPE.with_seed(seed) for seed in range(count)])


def taken(repository: Repository) -> Job:
    job = repository.jobs.take("worker", 60)
    assert job is not None
    return job


def test_a_request_becomes_one_queued_job_for_each_recipe(repository: Repository) -> None:
    jobs = submit(repository, "ann", 3)
    assert [job.recipe.seed for job in jobs] == [0, 1, 2]
    assert {job.state for job in jobs} == {JobState.QUEUED}
    assert len({job.request_id for job in jobs}) == 1
    assert repository.jobs.of_request(jobs[0].request_id, "ann") == jobs
    assert repository.jobs.of_request(jobs[0].request_id, "bob") == []
    assert repository.jobs.recent("ann", limit=2) == [jobs[2], jobs[1]]


@pytest.mark.parametrize("count", [0, 501])
def test_no_picture_and_too_many_pictures_are_refused(repository: Repository, count: int) -> None:
    with pytest.raises(InputError, match=str(count)):
        submit(repository, "ann", count)
    assert repository.jobs.recent("ann") == []


def test_an_unknown_owner_can_not_submit(repository: Repository) -> None:
    with pytest.raises(NotFoundError, match="'eve'"):
        submit(repository, "eve", 1)


def test_users_take_turns_however_many_jobs_one_has(repository: Repository) -> None:
    submit(repository, "ann", 4)
    submit(repository, "bob", 2)
    assert [taken(repository).owner for _ in range(6)] == ["ann", "bob", "ann", "bob", "ann", "ann"]
    assert repository.jobs.take("worker", 60) is None


def test_a_newcomer_is_served_before_those_who_were_served(repository: Repository) -> None:
    submit(repository, "ann", 3)
    taken(repository)
    submit(repository, "bob", 1)
    assert [taken(repository).owner for _ in range(3)] == ["bob", "ann", "ann"]


def test_the_place_in_the_queue_is_when_the_job_is_taken(repository: Repository, clock: Clock) -> None:
    rng = random.Random(3)
    for name in ("cem", "dua"):
        repository.users.ensure(name)
    for _ in range(12):
        clock.forward(seconds=rng.choice((0, 5)))
        submit(repository, rng.choice(("ann", "bob", "cem", "dua")), rng.randrange(1, 5))
        if rng.random() < 0.4:
            taken(repository)
    waiting = [job for name in ("ann", "bob", "cem", "dua") for job in repository.jobs.recent(name, 100)]
    waiting = [job for job in waiting if job.state == JobState.QUEUED]
    places = {repository.jobs.place(job.id): job.id for job in waiting}
    order = [taken(repository).id for _ in waiting]
    assert [places[number] for number in range(1, len(waiting) + 1)] == order
    assert repository.jobs.place(order[0]) is None


def test_a_killed_worker_leaves_the_job_to_the_next(
    repository: Repository, clock: Clock, library: Path
) -> None:
    submit(repository, "ann", 1)
    job = repository.jobs.take("first", 30)
    assert job is not None and job.attempts == 1
    clock.forward(seconds=29)
    assert repository.jobs.take("second", 30) is None
    clock.forward(seconds=2)
    again = repository.jobs.take("second", 30)
    assert again is not None and (again.id, again.attempts, again.step) == (job.id, 2, 0)
    assert not repository.jobs.report(job.id, "first", 1, 2)
    assert repository.jobs.finish(job.id, "first", drawn(library)) is None
    repository.jobs.fail(job.id, "first", "late")
    assert repository.jobs.get(job.id, "ann").state == JobState.RUNNING
    assert repository.generations.count(HistoryFilter(), "ann") == 0
    assert repository.jobs.finish(job.id, "second", drawn(library)) is not None


def test_a_job_is_wanted_until_it_is_cancelled_and_by_its_holder_alone(repository: Repository) -> None:
    submit(repository, "ann", 1)
    job = taken(repository)
    assert repository.jobs.wanted(job.id, "worker")
    assert not repository.jobs.wanted(job.id, "other")
    repository.jobs.cancel(job.id, "ann")
    assert not repository.jobs.wanted(job.id, "worker")


def test_a_report_renews_the_lease(repository: Repository, clock: Clock) -> None:
    submit(repository, "ann", 1)
    job = taken(repository)
    for step in (1, 2):
        clock.forward(seconds=50)
        assert repository.jobs.report(job.id, "worker", step, 9, "drawing")
    assert repository.jobs.take("other", 60) is None
    seen = repository.jobs.get(job.id, "ann")
    assert (seen.step, seen.total_steps, seen.message) == (2, 9, "drawing")


def test_a_job_that_kills_its_worker_three_times_fails_with_the_reason(
    repository: Repository, clock: Clock
) -> None:
    job = submit(repository, "ann", 1)[0]
    for _ in range(EXPIRIES_MAX):
        assert taken(repository).id == job.id
        clock.forward(seconds=61)
    assert repository.jobs.take("worker", 60) is None
    failed = repository.jobs.get(job.id, "ann")
    assert failed.state == JobState.FAILED and "3 times" in failed.message
    assert repository.jobs.retry(job.id, "ann").state == JobState.QUEUED
    assert taken(repository).attempts == 1


def test_finishing_records_the_picture_and_closes_the_job(repository: Repository, library: Path) -> None:
    submit(repository, "ann", 1)
    job = taken(repository)
    image = drawn(library, job.recipe)
    id = repository.jobs.finish(job.id, "worker", image)
    assert id is not None
    done = repository.jobs.get(job.id, "ann")
    assert (done.state, done.generation_id) == (JobState.DONE, id)
    picture = repository.generations.get(id, "bob")
    assert (picture.owner, picture.recipe, picture.file_sha256) == ("ann", job.recipe, image.file_sha256)
    assert picture.image_path.read_bytes() == picture.thumbnail_path.read_bytes()


def test_finishing_twice_records_one_picture(repository: Repository, library: Path) -> None:
    submit(repository, "ann", 1)
    job = taken(repository)
    image = drawn(library)
    assert repository.jobs.finish(job.id, "worker", image) == repository.jobs.finish(job.id, "worker", image)
    assert repository.jobs.finish(job.id, "other", image) is None
    assert repository.generations.count(HistoryFilter(), "ann") == 1


def test_a_picture_without_its_file_is_not_recorded(repository: Repository, library: Path) -> None:
    submit(repository, "ann", 1)
    job = taken(repository)
    image = drawn(library)
    (library / image.image_path).unlink()
    with pytest.raises(StorageError, match="not in the library"):
        repository.jobs.finish(job.id, "worker", image)
    assert repository.jobs.get(job.id, "ann").state == JobState.RUNNING
    assert repository.generations.count(HistoryFilter(), "ann") == 0


def test_a_queued_job_is_cancelled_at_once(repository: Repository) -> None:
    job = submit(repository, "ann", 1)[0]
    assert repository.jobs.cancel(job.id, "ann").state == JobState.CANCELLED
    assert repository.jobs.take("worker", 60) is None


def test_a_running_job_is_asked_to_stop(repository: Repository, clock: Clock) -> None:
    submit(repository, "ann", 1)
    job = taken(repository)
    assert repository.jobs.cancel(job.id, "ann").cancel_requested
    assert not repository.jobs.report(job.id, "worker", 1, 2)
    repository.jobs.acknowledge_cancel(job.id, "worker")
    assert repository.jobs.get(job.id, "ann").state == JobState.CANCELLED


def test_a_job_cancelled_while_its_worker_died_is_not_drawn_again(
    repository: Repository, clock: Clock
) -> None:
    submit(repository, "ann", 1)
    job = taken(repository)
    repository.jobs.cancel(job.id, "ann")
    clock.forward(seconds=61)
    assert repository.jobs.take("worker", 60) is None
    assert repository.jobs.get(job.id, "ann").state == JobState.CANCELLED


def test_a_failed_job_is_tried_again_behind_its_owners_others(repository: Repository, clock: Clock) -> None:
    first, second = submit(repository, "ann", 2)
    repository.jobs.fail(taken(repository).id, "worker", "no memory")
    assert repository.jobs.get(first.id, "ann").message == "no memory"
    clock.forward(seconds=1)
    again = repository.jobs.retry(first.id, "ann")
    assert (again.state, again.message, again.finished_at) == (JobState.QUEUED, "", None)
    assert [taken(repository).id, taken(repository).id] == [second.id, first.id]


def test_only_failed_and_cancelled_jobs_are_tried_again(repository: Repository) -> None:
    job = submit(repository, "ann", 1)[0]
    with pytest.raises(InputError, match="queued"):
        repository.jobs.retry(job.id, "ann")


def test_nobody_sees_stops_or_retries_the_job_of_another(repository: Repository) -> None:
    job = submit(repository, "ann", 1)[0]
    for verb in (repository.jobs.get, repository.jobs.cancel, repository.jobs.retry):
        with pytest.raises(NotAllowedError, match="ann"):
            verb(job.id, "bob")
    assert repository.jobs.get(job.id, "ann").state == JobState.QUEUED
    with pytest.raises(NotFoundError):
        repository.jobs.get(job.id + 1, "ann")


def test_two_threads_never_take_the_same_job(repository: Repository) -> None:
    submit(repository, "ann", 15)
    submit(repository, "bob", 15)
    taken_by: dict[str, list[int]] = {"one": [], "two": [], "three": []}

    def work(name: str) -> None:
        while (job := repository.jobs.take(name, 60)) is not None:
            taken_by[name].append(job.id)

    threads = [threading.Thread(target=work, args=(name,)) for name in taken_by]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [id for found in taken_by.values() for id in found]
    assert len(ids) == len(set(ids)) == 30


def _take_all(library: Path, name: str) -> list[int]:
    repository = open_repository(library_settings(library))
    found = []
    while (job := repository.jobs.take(name, 60)) is not None:
        found.append(job.id)
    return found


def test_two_processes_never_take_the_same_job(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))  # the page tests leave the app there
    repository = opened(library_settings(library))
    submit(repository, "ann", 40)
    with get_context("spawn").Pool(2) as pool:
        one, two = pool.starmap(_take_all, [(library, "one"), (library, "two")], chunksize=1)
    assert sorted(one + two) == [job.id for job in reversed(repository.jobs.recent("ann", 100))]


def test_a_request_is_found_again_by_its_purpose_and_its_owner(repository: Repository) -> None:
    first = repository.jobs.submit("ann", [RECIPE], "compare.rash.tone.")[0].request_id
    plain = submit(repository, "ann", 2)
    second = repository.jobs.submit("ann", [RECIPE], "compare.site.tone.")[0].request_id
    repository.jobs.submit("bob", [RECIPE], "compare.site.rash.")
    submit(repository, "ann", 1)
    assert first.startswith("compare.rash.tone.") and len(first) == 40
    assert repository.jobs.latest_request("ann", "compare.") == second
    assert repository.jobs.latest_request("ann", "compare.rash") == first
    assert repository.jobs.latest_request("ann", "compare_") is None
    others = repository.jobs.recent("ann", besides="compare.")
    assert len(others) == 3 and plain[0] in others
    assert len(repository.jobs.recent("ann")) == 5


def test_a_purpose_that_leaves_no_room_for_chance_is_refused(repository: Repository) -> None:
    with pytest.raises(InputError, match="longer than 24"):
        repository.jobs.submit("ann", [RECIPE], "p" * 25)
