"""A job is one recipe to be drawn once; this module says what a job is and what a store of jobs must do.

``db`` implements ``JobStore``; ``core.worker`` runs jobs against it. Times are aware UTC datetimes.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from core.recipes import Recipe


class JobState(StrEnum):
    """Where a job stands. Only QUEUED and RUNNING change further; retrying a job queues it again."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to be drawn. Jobs asked for together share ``request_id``, which may begin with what
    they are for (``core.drawing.comparisons``)."""

    id: int
    request_id: str
    owner: str
    recipe: Recipe
    state: JobState
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    step: int = 0
    total_steps: int = 0
    message: str = ""
    """What is happening now ("loading the model"), or why the job failed."""
    attempts: int = 0
    cancel_requested: bool = False
    generation_id: int | None = None


@dataclass(frozen=True, slots=True)
class DrawnImage:
    """What a finished job leaves in the library folder. Paths are relative to the library."""

    image_path: Path
    thumbnail_path: Path
    file_sha256: str
    pixel_sha256: str
    width: int
    height: int
    bytes: int
    seconds: float
    recipe: Recipe
    """The recipe as drawn: it differs from the job's in ``versions`` only."""


class JobStore(Protocol):
    """What a worker needs of the database. Every verb is one short transaction.

    A worker that lost its lease (it slept too long, another took the job) gets False back and must drop
    the job without writing anything.
    """

    def take(self, worker: str, lease_seconds: float) -> Job | None:
        """Leases the next job: the oldest of the owner who was served least recently. Jobs whose lease ran
        out are queued again first; one that ran out three times is failed with the reason."""

    def report(self, job_id: int, worker: str, step: int, total_steps: int, message: str = "") -> bool:
        """Renews the lease and stores progress; False if the lease is lost or cancelling was requested."""

    def wanted(self, job_id: int, worker: str) -> bool:
        """What ``report`` would say, without writing."""

    def finish(self, job_id: int, worker: str, image: DrawnImage) -> int | None:
        """Records the generation and closes the job in one transaction; returns the generation's id, or
        None if the lease is lost."""

    def fail(self, job_id: int, worker: str, message: str) -> None:
        """Closes the job as failed, with the reason; does nothing if the lease is lost."""

    def acknowledge_cancel(self, job_id: int, worker: str) -> None:
        """Closes the job as cancelled; does nothing if the lease is lost (``report`` says False for both)."""
