"""Jobs as their owner sees them (submit, look, cancel, retry) and as a worker does (core.jobs.JobStore)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, Select, insert, select, update

from core.drawing.starts import StartPicture
from core.errors import InputError, NotAllowedError, NotFoundError, StorageError
from core.jobs import DrawnImage, Job, JobState
from core.recipes import Recipe
from core.roles import Capability
from db import leases, starts
from db.audit import Action, write
from db.engine import Database
from db.generations import insert_generation
from db.records import Visibility
from db.rows import allowed_id, may_change, to_job, user_id
from db.tables import jobs, users

REQUEST_MAX = 500
REQUEST_ID_LENGTH = 40
PURPOSE_MAX = 24
"""Characters of a purpose; the random rest keeps request ids apart."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """The queue of one library. Jobs are seen and retried by their owner alone, cancelled by admins too."""

    database: Database

    def submit(
        self,
        owner: str,
        recipes: Sequence[Recipe],
        purpose: str = "",
        start_pictures: Sequence[StartPicture] = (),
    ) -> list[Job]:
        """Queues one job for each recipe; they share a request id, which begins with ``purpose``.

        ``start_pictures`` are stored with them; one that passes goes when none of its jobs waits or runs.

        Raises:
            InputError: no recipe, more than REQUEST_MAX, a purpose longer than PURPOSE_MAX, or a start
                picture that is neither given nor in the library.
        """
        if len(purpose) > PURPOSE_MAX:
            raise InputError(f"The purpose '{purpose}' is longer than {PURPOSE_MAX} characters; shorten it.")
        if not 1 <= len(recipes) <= REQUEST_MAX:
            raise InputError(f"{len(recipes)} pictures were asked for; ask for 1 to {REQUEST_MAX} at once.")
        request, now = f"{purpose}{uuid4().hex}"[:REQUEST_ID_LENGTH], self.database.clock()
        times = {"created_at": now, "queued_at": now}
        with self.database.writing() as connection:
            me = allowed_id(connection, owner, Capability.GENERATE)
            starts.bring(connection, self.database.library, recipes, start_pictures)
            shared = {"request_id": request, "owner_id": me, **times}
            rows = [{"recipe": recipe.to_json(), "state": JobState.QUEUED, **shared} for recipe in recipes]
            connection.execute(insert(jobs), rows)
            write(
                connection,
                self.database,
                owner,
                Action.GENERATED,
                f"request {request}",
                f"{len(rows)} asked for",
            )
            return _jobs(connection, _query().where(jobs.c.request_id == request).order_by(jobs.c.id))

    def get(self, id: int, asking: str) -> Job:
        """Raises NotFoundError, or NotAllowedError if it is somebody else's."""
        with self.database.reading() as connection:
            _owned(connection, id, asking)
            return _job(connection, id)

    def of_request(self, request_id: str, asking: str) -> list[Job]:
        """The asking user's jobs of one request, in the order asked for."""
        query = _query().where(jobs.c.request_id == request_id, users.c.name == asking)
        with self.database.reading() as connection:
            return _jobs(connection, query.order_by(jobs.c.id))

    def recent(self, owner: str, limit: int = 20, besides: str | None = None) -> list[Job]:
        """The owner's newest jobs, newest first, without those whose purpose begins with ``besides``."""
        others = [] if besides is None else [~jobs.c.request_id.startswith(besides, autoescape=True)]
        with self.database.reading() as connection:
            mine = jobs.c.owner_id == user_id(connection, owner)
            return _jobs(connection, _query().where(mine, *others).order_by(*_NEWEST).limit(limit))

    def latest_request(self, owner: str, purpose: str) -> str | None:
        """The id of the owner's newest request whose purpose begins so; None if there is none."""
        query = select(jobs.c.request_id).where(jobs.c.request_id.startswith(purpose, autoescape=True))
        with self.database.reading() as connection:
            mine = jobs.c.owner_id == user_id(connection, owner)
            return connection.execute(query.where(mine).order_by(*_NEWEST).limit(1)).scalar()

    def place(self, job_id: int) -> int | None:
        """1 if the job is drawn next, None if it is not queued (any more)."""
        with self.database.reading() as connection:
            row = _row(connection, job_id)
            return leases.place(connection, row) if row.state == JobState.QUEUED else None

    def cancel(self, job_id: int, asking: str) -> Job:
        """Cancels a queued job at once and asks the worker of a running one to stop; a closed one stays."""
        now = self.database.clock()
        queued = {"state": JobState.CANCELLED, "finished_at": now, "message": "", "cancel_requested": True}
        with self.database.writing() as connection:
            job = _owned(connection, job_id, asking, or_admin=True)
            if job.owner != asking:
                write(connection, self.database, asking, Action.CANCELLED, f"job {job_id}", f"of {job.owner}")
            _change(connection, job_id, JobState.QUEUED, **queued)
            _change(connection, job_id, JobState.RUNNING, cancel_requested=True)
            cancelled = _job(connection, job_id)
        starts.sweep(self.database)
        return cancelled

    def queue(self, asking: str) -> list[Job]:
        """What everybody waits for, oldest first. Admins only."""
        with self.database.reading() as connection:
            allowed_id(connection, asking, Capability.ADMINISTER)
            waits = jobs.c.state.in_((JobState.QUEUED, JobState.RUNNING))
            return _jobs(connection, _query().where(waits).order_by(jobs.c.queued_at, jobs.c.id))

    def retry(self, job_id: int, asking: str, start_pictures: Sequence[StartPicture] = ()) -> Job:
        """Queues a failed or cancelled job again, behind its owner's other jobs.

        Raises:
            InputError: the job is in another state, or its start picture is gone and not given again.
        """
        fresh: dict[str, Any] = {
            "queued_at": self.database.clock(),
            "started_at": None,
            "finished_at": None,
            "step": 0,
        }
        fresh |= {"message": "", "attempts": 0, "expiries": 0, "cancel_requested": False, "lease_owner": None}
        with self.database.writing() as connection:
            state = _owned(connection, job_id, asking).state
            allowed_id(connection, asking, Capability.GENERATE)
            if state not in (JobState.FAILED, JobState.CANCELLED):
                raise InputError(
                    f"Job {job_id} is {state}; only failed and cancelled jobs can be tried again."
                )
            recipes = [_job(connection, job_id).recipe]
            starts.bring(connection, self.database.library, recipes, start_pictures)
            _change(connection, job_id, state, state=JobState.QUEUED, **fresh)
            write(connection, self.database, asking, Action.GENERATED, f"job {job_id}", "tried again")
            return _job(connection, job_id)

    def take(self, worker: str, lease_seconds: float) -> Job | None:
        """Leases the next job to the worker; see ``core.jobs.JobStore``."""
        starts.sweep(self.database)
        now = self.database.clock()
        with self.database.reading() as connection:
            if leases.nothing_to_take(connection, now):
                return None
        with self.database.writing() as connection:
            leases.requeue_expired(connection, now)
            id = leases.lease_next(connection, worker, lease_seconds, now)
            return _job(connection, id) if id is not None else None

    def report(self, job_id: int, worker: str, step: int, total_steps: int, message: str = "") -> bool:
        """Renews the lease; False tells the worker to stop."""
        progress = {"step": step, "total_steps": total_steps, "message": message}
        with self.database.writing() as connection:
            return leases.renew(connection, job_id, worker, self.database.clock(), progress)

    def wanted(self, job_id: int, worker: str) -> bool:
        """False tells the worker to stop; writes nothing."""
        with self.database.reading() as connection:
            return leases.wanted(connection, job_id, worker)

    def finish(self, job_id: int, worker: str, image: DrawnImage) -> int | None:
        """Records the picture and closes the job in one transaction. Asked twice by the worker that closed it
        (it never heard the first answer), it gives the same id.

        Raises:
            StorageError: the picture's file is not in the library; nothing was recorded.
        """
        now = self.database.clock()
        with self.database.writing() as connection:
            row = _row(connection, job_id, lock=True)
            if row.lease_owner != worker or row.state not in (JobState.RUNNING, JobState.DONE):
                return None
            if row.state == JobState.DONE:
                return row.generation_id
            self._check_files(image)
            id = insert_generation(connection, row.owner_id, image, Visibility.LIBRARY, now)
            done = {"state": JobState.DONE, "generation_id": id, "finished_at": now, "message": ""}
            leases.close(connection, job_id, worker, {**done, "step": jobs.c.total_steps})
        starts.sweep(self.database)
        return id

    def fail(self, job_id: int, worker: str, message: str) -> None:
        """Closes the job as failed, if the worker still holds it."""
        values = {"state": JobState.FAILED, "message": message, "finished_at": self.database.clock()}
        with self.database.writing() as connection:
            leases.close(connection, job_id, worker, values)
        starts.sweep(self.database)

    def acknowledge_cancel(self, job_id: int, worker: str) -> None:
        """Closes the job as cancelled, if the worker still holds it."""
        values = {"state": JobState.CANCELLED, "message": "", "finished_at": self.database.clock()}
        with self.database.writing() as connection:
            leases.close(connection, job_id, worker, values)
        starts.sweep(self.database)

    def _check_files(self, image: DrawnImage) -> None:
        """Under the write lock, which purging needs too: what is there now stays."""
        for path in (image.image_path, image.thumbnail_path):
            if not (self.database.library / path).is_file():
                raise StorageError(f"The picture's file {path} is not in the library; nothing was recorded.")


_NEWEST = (jobs.c.created_at.desc(), jobs.c.id.desc())


def _query() -> Select:
    return select(jobs, users.c.name.label("owner")).join(users, users.c.id == jobs.c.owner_id)


def _jobs(connection: Connection, query: Select) -> list[Job]:
    return [to_job(row) for row in connection.execute(query).mappings()]


def _job(connection: Connection, id: int) -> Job:
    return _jobs(connection, _query().where(jobs.c.id == id))[0]


def _row(connection: Connection, id: int, lock: bool = False) -> Row:
    """``lock`` holds the row on PostgreSQL; SQLite's writers are alone anyway."""
    query = _query().where(jobs.c.id == id)
    row = connection.execute(query.with_for_update(of=jobs) if lock else query).first()
    if row is None:
        raise NotFoundError(f"There is no job {id} in this library.")
    return row


def _owned(connection: Connection, id: int, asking: str, or_admin: bool = False) -> Row:
    row = _row(connection, id)
    if row.owner != asking and not (or_admin and may_change(connection, row.owner, asking)):
        raise NotAllowedError(f"Job {id} belongs to {row.owner}.")
    return row


def _change(connection: Connection, id: int, found: str, **values: Any) -> None:
    """Changes the job if it (still) is in the state found."""
    connection.execute(update(jobs).where(jobs.c.id == id, jobs.c.state == found).values(**values))
