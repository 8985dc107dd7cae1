"""What is done already: an interrupted run goes on where it stopped when the same command is given again.

OUTPUT/.prepare/settings.json   what decides the dataset; a run goes on only with the same
OUTPUT/.prepare/done.jsonl      one outcome a line; a line cut off by a kill is not counted
"""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.errors import InputError
from core.files import write_files
from core.photographs.datasets import DONE, MANIFEST, PREPARATION, PREPARING
from training.photographs.work import Outcome, Task


class Journal:
    """The working folder of one dataset, from the first picture to the manifest."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.folder = output / PREPARING
        self.finished: dict[str, Outcome] = {}

    def saved_settings(self) -> dict[str, Any] | None:
        """Settings of the run that is to go on, or None where there is none.

        Raises:
            InputError: the folder holds something else than a dataset in the making.
        """
        path = self.folder / PREPARATION
        if path.is_file():
            settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return settings
        strange = self.output.exists() and (
            not self.output.is_dir() or any(p.name != PREPARING for p in self.output.iterdir())
        )
        if strange and not (self.output / MANIFEST).is_file():
            raise InputError(f"{self.output} is not empty and holds no dataset; choose another folder.")
        return None

    @contextmanager
    def opened(self, settings: dict[str, Any], pictures: int) -> Iterator["Journal"]:
        """Holds the folder against a second run and reads what is done; ``pictures`` are to be done in all.

        Raises:
            InputError: another run is writing this dataset, or was begun with other settings.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.folder / "lock", timeout=0):
                self._agree(settings)
                content = json.dumps({**settings, "pictures": pictures}, indent=1) + "\n"
                write_files({self.folder / PREPARATION: content.encode()})
                self.finished = self._read()
                yield self
        except Timeout as error:
            raise InputError(f"Another process is preparing {self.output}; wait for it to end.") from error

    def _agree(self, settings: dict[str, Any]) -> None:
        before = self.saved_settings() or settings
        if different := [name for name, value in settings.items() if before.get(name) != value]:
            name = different[0]
            raise InputError(
                f"{self.output} was begun with {name}={before.get(name)!r}, not {settings[name]!r}. "
                "Give the same again, or choose another folder."
            )

    def _read(self) -> dict[str, Outcome]:
        """Outcomes by stamp; the file is cut back to its last whole line, so that the next stands alone."""
        path = self.folder / DONE
        if not path.is_file():
            return {}
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            with path.open("r+b") as file:
                file.truncate(len(whole))
        outcomes = (Outcome.from_json(line) for line in whole.decode().split("\n") if line)
        return {outcome.stamp: outcome for outcome in outcomes}

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Records outcomes whose pictures are in place."""
        with (self.folder / DONE).open("a", encoding="utf-8") as file:
            for outcome in outcomes:
                self.finished[outcome.stamp] = outcome
                file.write(outcome.to_json() + "\n")

    def left(self, tasks: Iterable[Task]) -> list[Task]:
        """Tasks that are not done, or whose picture is not in place as it was written."""
        return [task for task in tasks if not self._is_done(task)]

    def _is_done(self, task: Task) -> bool:
        outcome = self.finished.get(task.stamp)
        return outcome is not None and outcome.is_there(self.output)

    def close(self) -> None:
        """Removes the working folder: the manifest is written."""
        shutil.rmtree(self.folder, ignore_errors=True)
