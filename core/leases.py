"""A job held by a worker: the lease is renewed at every step, and by a heartbeat while a step takes long."""

import logging
import threading
from types import TracebackType

from core.errors import Cancelled, StorageError
from core.jobs import JobStore

logger = logging.getLogger(__name__)
BEATS_PER_LEASE = 4


class Lease:
    """Context of one job's run; loading a model or a slow machine's step may outlast the lease's seconds.

    ``ended`` turns true when cancelling was requested or another worker took the job.
    """

    def __init__(self, store: JobStore, job_id: int, worker: str, seconds: float) -> None:
        self._store, self._job_id, self._worker, self._seconds = store, job_id, worker, seconds
        self._progress: tuple[int, int, str] = (0, 0, "")
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
        if self.ended:
            raise Cancelled("Cancelled as asked; no picture was made.")

    def _beat(self) -> None:
        while not self.ended and not self._over.wait(self._seconds / BEATS_PER_LEASE):
            self._renew()

    def _renew(self) -> None:
        """A busy database is asked again later: an overdue lease counts until another takes the job."""
        with self._one_at_a_time:
            try:
                self.ended = self.ended or not self._store.report(self._job_id, self._worker, *self._progress)
            except StorageError as error:
                logger.warning("job %s: progress was not stored: %s", self._job_id, error)
