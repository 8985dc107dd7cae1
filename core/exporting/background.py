"""An export that runs beside the page that asked for it, can be looked at, and stopped."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import ExportCancelled, Script2SkinError
from core.exporting.items import Order
from core.exporting.run import Exported, export


@dataclass(eq=False, slots=True)
class ExportRun:
    """One export in a thread of its own. ``exported`` or ``error`` is set when it has ended."""

    order: Order
    format: str
    output: Path
    done: int = 0
    exported: Exported | None = None
    error: Script2SkinError | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> "ExportRun":
        """Begins; returns itself."""
        self._thread = threading.Thread(target=self._run, name="export", daemon=True)
        self._thread.start()
        return self

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.exported is None and self.error is None

    def cancel(self) -> None:
        """Asks it to stop after the picture at hand; nothing is left of it."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> None:
        """Until it has ended."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self.output.parent.mkdir(parents=True, exist_ok=True)
            self.exported = export(self.order, self.format, self.output, self._follow)
        except Script2SkinError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - a thread's error would be lost
            self.error = Script2SkinError(f"The export failed: {error!r}. Nothing of it was kept.")

    def _follow(self, done: int, total: int) -> None:
        self.done = done
        if self._stop.is_set():
            raise ExportCancelled("The export was stopped; nothing of it was kept.")
