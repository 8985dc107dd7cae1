"""Photographs brought in by the app: ``training.prepare`` as its own process, from the wish to the dataset.

DATASETS/NAME/                  the dataset, as training.prepare makes it
DATASETS/.imports/NAME/         until it is finished: import.json, an uploaded archive, the command, its log
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from core import commands
from core.errors import DatasetError, InputError, StorageError
from core.files import remove_folder, write_files
from core.folder_names import check_folder_name
from core.photographs.datasets import MANIFEST, PREPARING, Progress, read_progress
from core.photographs.suggestions import SUGGESTING, SUGGESTIONS
from core.trainings.runs import unfinished_on

IMPORTS, WISH = ".imports", "import.json"
PREPARE, SUGGEST = "training.prepare", "training.suggest"


class State(StrEnum):
    """How an import stands."""

    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked to be imported; ``source`` is a folder or file on this machine."""

    name: str
    source: Path
    licence: str
    consent: str
    by: str


@dataclass(frozen=True, slots=True)
class Import:
    """An import under way or ended. ``place`` keeps its record, ``folder`` becomes the dataset."""

    wish: Wish
    place: Path
    folder: Path

    @property
    def state(self) -> State:
        """Asked of the process and of the dataset's folder."""
        if commands.is_running(self.place):
            return State.RUNNING
        if (self.folder / MANIFEST).is_file() and not (self.folder / PREPARING).exists():
            return State.FINISHED
        command = commands.read_command(self.place)
        return State.STOPPED if command and command.stopped_by else State.FAILED

    @property
    def progress(self) -> Progress | None:
        """Pictures done of all, or None while the source is looked through."""
        return read_progress(self.folder)

    @property
    def said(self) -> str:
        """The end of what the command said: where it failed, the reason and the way out."""
        return commands.log_tail(self.place)


def begin_import(datasets: Path, wish: Wish, archive: BinaryIO | None = None) -> Import:
    """Starts to prepare a source; an uploaded ``archive`` is kept beside it under ``wish.source``'s name.

    Raises:
        InputError: the name, the source or the terms can't be used.
        StorageError: the folder can't be written or the process can't be started.
    """
    name, folder = (
        check_folder_name(wish.name, "dataset", (datasets, datasets / IMPORTS)),
        datasets / wish.name.strip(),
    )
    _check_terms(wish)
    place = datasets / IMPORTS / name
    source = place / _archive_name(wish.source) if archive else _checked_source(wish.source)
    whole = Wish(name, source, wish.licence.strip(), wish.consent.strip(), wish.by)
    try:
        place.mkdir(parents=True, exist_ok=True)
        if archive:
            with source.open("wb") as file:
                shutil.copyfileobj(archive, file)
        values = {**asdict(whole), "source": str(source)}
        write_files({place / WISH: (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode()})
        started = Import(whole, place, folder)
        continue_import(started, wish.by)
    except (OSError, StorageError) as error:
        shutil.rmtree(place, ignore_errors=True)
        raise StorageError(f"The import can't be written in {datasets}: {error}") from error
    return started


def continue_import(waiting: Import, by: str) -> None:
    """Gives the same command again; it goes on where it stopped.

    Raises:
        InputError: it is running.
        StorageError: the process can't be started.
    """
    wish = waiting.wish
    paths = ("--source", str(wish.source), "--output", str(waiting.folder))
    terms = (f"--licence={wish.licence}", f"--consent={wish.consent}")
    commands.start(waiting.place, PREPARE, (*paths, *terms), by)


def list_imports(datasets: Path) -> list[Import]:
    """Imports that have not become a dataset yet, by name."""
    places = sorted((datasets / IMPORTS).glob(f"*/{WISH}"))
    return [found for path in places for found in _read(datasets, path)]


def _read(datasets: Path, path: Path) -> Iterator[Import]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        wish = Wish(**{**values, "source": Path(values["source"])})
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path} can't be read ({error!r}). Remove {path.parent} to go on.") from error
    yield Import(wish, path.parent, datasets / wish.name)


def settle_import(ended: Import) -> None:
    """Removes the record of a finished import, the uploaded archive with it."""
    if ended.state is State.FINISHED:
        shutil.rmtree(ended.place, ignore_errors=True)


def discard_import(unwanted: Import, by: str) -> None:
    """Stops an import and removes what it made; a finished dataset is left alone.

    Raises:
        StorageError: the folders can't be removed.
    """
    commands.stop(unwanted.place, by)
    if unwanted.state is not State.FINISHED and (unwanted.folder / PREPARING).is_dir():
        remove_folder(unwanted.folder)
    remove_folder(unwanted.place)


def delete_dataset(folder: Path, by: str, runs: Path) -> None:
    """Removes a dataset wholly: photographs, captions and everything that people said.

    Raises:
        DatasetError: the folder is no dataset.
        InputError: a training below ``runs`` is learning from it.
        StorageError: it can't be removed.
    """
    if folder.is_symlink() or not (folder / MANIFEST).is_file():
        raise DatasetError(f"{folder} holds no dataset, or is a link to one; remove it by hand.")
    if learning := [run.name for run in unfinished_on(runs, folder) if run.is_under_way]:
        raise InputError(
            f"The training {learning[0]} is learning from {folder.name}. Stop it on the page Training, or "
            "wait for its end; then delete the dataset."
        )
    commands.stop(folder / SUGGESTING, by)
    remove_folder(folder)


def begin_suggestions(folder: Path, by: str, clip: Path | None = None) -> None:
    """Starts to measure a dataset's photographs, or goes on; a trained ``clip`` suggests sites besides.

    Raises:
        InputError: they are being measured.
        StorageError: the process can't be started.
    """
    sites = ("--clip", str(clip)) if clip else ()
    commands.start(folder / SUGGESTING, SUGGEST, ("--data", str(folder), *sites), by)


def suggestions_begun(folder: Path) -> bool:
    """Whether anybody has had the photographs measured, in the app or by the command."""
    return (folder / SUGGESTIONS).is_file() or (folder / SUGGESTING).is_dir()


def _check_terms(wish: Wish) -> None:
    for name, value in (("licence", wish.licence), ("consent", wish.consent)):
        if not value.strip():
            raise InputError(
                f"The {name} is not given: photographs of people are only prepared with it. "
                "One sentence will do."
            )


def _checked_source(source: Path) -> Path:
    path = source.expanduser()
    if not str(source).strip(". ") or not path.is_absolute() or not path.exists():
        raise InputError(
            f"There is no '{source}' on this machine. Give the whole path of a folder, a ZIP, or a CSV or "
            "JSON lines file."
        )
    return path


def _archive_name(source: Path) -> str:
    """The uploaded file's name as far as it is harmless; it stands in the manifest as the source."""
    words = re.sub(r"[^\w.-]+", "_", source.name).strip("._") or "photographs"
    return words if words.lower().endswith(".zip") else f"{words}.zip"
