"""A job held by a worker: the lease is renewed as steps pass, and by a heartbeat while a step takes long."""

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType

from core.errors import Cancelled, StorageError
from core.jobs import JobStore

logger = logging.getLogger(__name__)
BEATS_PER_LEASE = 4
STEP_SECONDS = 0.5
"""How often the steps of a fast drawing are stored: storing each cost 4 % of the embedded model's time."""


class Lease:
    """Context of one job's run; loading a model or a slow machine's step may outlast the lease's seconds.

    ``ended`` turns true when cancelling was requested or another worker took the job.
    """

    def __init__(self, store: JobStore, job_id: int, worker: str, seconds: float) -> None:
        self._store, self._job_id, self._worker, self._seconds = store, job_id, worker, seconds
        self._progress: tuple[int, int, str] = (0, 0, "")
        self._stored = float("-inf")
        self._over = threading.Event()
        self._one_at_a_time = threading.Lock()
        self._heart = threading.Thread(target=self._beat, name=f"lease of job {job_id}", daemon=True)
        self.ended = False

    def __enter__(self) -> "Lease":
        self._heart.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._heart.join()

    def report(self, step: int, total_steps: int, message: str = "") -> None:
        """Stores progress and renews the lease.

        Raises:
            Cancelled: the lease has ended; nothing more may be written.
        """
        self._progress = (step, total_steps, message)
        self._renew()
        self._go_on()

    def report_step(self, step: int, total_steps: int, message: str = "") -> None:
        """``report`` for what follows quickly: stored every STEP_SECONDS, in between only asked whether the
        job is still wanted.

        Raises:
            Cancelled: the lease has ended; nothing more may be written.
        """
        self._progress = (step, total_steps, message)
        if time.monotonic() - self._stored >= STEP_SECONDS:
            self._renew()
        else:
            self._ask(lambda: self._store.wanted(self._job_id, self._worker))
        self._go_on()

    def _go_on(self) -> None:
        if self.ended:
            raise Cancelled("Cancelled as asked; no picture was made.")

    def _beat(self) -> None:
        while not self.ended and not self._over.wait(self._seconds / BEATS_PER_LEASE):
            self._renew()

    def _renew(self) -> None:
        self._ask(lambda: self._store.report(self._job_id, self._worker, *self._progress))
        self._stored = time.monotonic()

    def _ask(self, wanted: Callable[[], bool]) -> None:
        """A busy database is asked again later: an overdue lease counts until another takes the job."""
        with self._one_at_a_time:
            try:
                self.ended = self.ended or not wanted()
            except StorageError as error:
                logger.warning("job %s: progress was not stored: %s", self._job_id, error)
