"""One picture of the source to its file in the dataset: what a worker process does, and what it answers.

A picture's id is made of its name in the source, so that it stays the same however often, and in whatever
order, the dataset is prepared.
"""

import hashlib
import json
import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from multiprocessing import parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from core.errors import ImageFileError, StorageError
from core.photographs.datasets import IMAGES, sha256_of
from training.photographs.findings import NOTE, QUARANTINED, Finding
from training.photographs.inventory import Entry
from training.photographs.labels import label
from training.photographs.pictures import Prepared, prepare_picture
from training.photographs.sources import SourceFiles


@dataclass(frozen=True, slots=True)
class Task:
    """A picture to prepare; ``stamp`` changes when its file, caption or columns do."""

    entry: Entry
    stamp: str


@dataclass(frozen=True, slots=True)
class Bench:
    """What all tasks of a run share. ``output`` is the dataset's folder, ``size`` the shorter side."""

    files: SourceFiles
    output: Path
    size: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task: a photograph's line without split and group, or None if it was refused."""

    stamp: str
    fields: dict[str, Any] | None = field(hash=False)
    findings: tuple[Finding, ...]

    def to_json(self) -> str:
        """One line of the journal."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> "Outcome":
        """Reads ``to_json``'s output; ValueError, KeyError or TypeError where it is something else."""
        values = json.loads(line)
        findings = tuple(Finding(**finding) for finding in values["findings"])
        return cls(str(values["stamp"]), values["fields"], findings)

    def is_there(self, output: Path) -> bool:
        """Whether its picture lies in the dataset, whole."""
        return self.fields is None or sha256_of(output / self.fields["image"]) == self.fields["sha256"]


def task_of(entry: Entry, file_stamp: str) -> Task:
    """The task of one entry."""
    said = json.dumps([entry.name, file_stamp, entry.caption, dict(entry.columns)], sort_keys=True)
    return Task(entry, hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest())


def prepare_one(bench: Bench, task: Task) -> Outcome:
    """Reads, verifies and writes one picture; a picture that can't be used is an outcome, not an error.

    Raises:
        StorageError: the dataset's folder can't be written.
    """
    name = task.entry.name
    try:
        picture = prepare_picture(bench.files.read(name), bench.size)
    except ImageFileError as error:
        return Outcome(task.stamp, None, (Finding(QUARANTINED, name, str(error)),))
    labels = label(task.entry)
    identity = hashlib.sha256(name.encode()).hexdigest()[:16]
    image = f"{IMAGES}/{identity[:2]}/{identity}.jpg"
    _write(bench.output / image, picture.content)
    shown = labels.attributes
    fields = {
        "id": identity,
        "image": image,
        "caption": task.entry.caption,
        "source": name,
        **_measures(picture),
        "rash": shown.rash,
        "sites": list(shown.sites),
        "tone": shown.tone,
        "origins": dict(labels.origins),
    }
    notes = (Finding(NOTE, name, note) for note in picture.notes)
    return Outcome(task.stamp, fields, (*notes, *labels.findings))


def prepare_several(bench: Bench, tasks: Sequence[Task]) -> list[Outcome]:
    """A handful of tasks in one go, since sending each alone to a process costs more."""
    return [prepare_one(bench, task) for task in tasks]


def _measures(picture: Prepared) -> dict[str, Any]:
    return {
        "sha256": hashlib.sha256(picture.content).hexdigest(),
        "width": picture.width,
        "height": picture.height,
        "perceptual_hash": picture.perceptual_hash,
    }


def _write(path: Path, content: bytes) -> None:
    """Written beside its place and renamed. Not synced: the journal's hash tells a torn file."""
    part = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(
            f"{path} can't be written: {error.strerror or error}. Free some space or choose another "
            "folder, and give the same command again."
        ) from error


def end_with_parent() -> None:
    """Lets a worker process end when the command is killed, instead of waiting for work for ever; Ctrl-C is
    the command's affair alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
