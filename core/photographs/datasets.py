"""A prepared dataset of photographs, as training.prepare writes it; docs/datasets.md tells every file.

DATASET/manifest.json      where it came from, licence, consent, settings, counts, hashes; written last
DATASET/pictures.jsonl     one line a photograph; never changed afterwards
DATASET/edits.jsonl        what people changed since, one line an edit; absent until then
DATASET/suggestions.jsonl  what was measured for the caption studio (suggestions.py); absent until then
DATASET/claims.json        who has which photograph in front of them (claims.py)
DATASET/report.jsonl       every file that was refused, and what else a person should know
DATASET/.prepare/          while it is being made: settings.json and, one line a picture, done.jsonl
DATASET/images/ab/...      the photographs, by the first two letters of their id
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from core.errors import DatasetError
from core.photographs.dataset_edits import apply_edits, read_edits
from core.photographs.photographs import SPLITS, Photograph

FORMAT = 1
MANIFEST = "manifest.json"
PICTURES = "pictures.jsonl"
REPORT = "report.jsonl"
IMAGES = "images"
PREPARING = ".prepare"
PREPARATION = "settings.json"
DONE = "done.jsonl"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a dataset says about itself.

    ``source`` is the name of the folder or file it was made of, ``kind`` what was found in it,
    ``source_state`` a digest of its names, sizes, dates and captions. ``settings`` are those that decide the
    bytes; ``splits`` counts photographs by split, ``groups`` the distinct ones, ``largest_group`` the most
    near-duplicates of one; ``findings`` counts the report's lines by kind. ``files`` holds the SHA-256 of
    pictures.jsonl and report.jsonl.
    """

    name: str
    source: str
    kind: str
    source_state: str
    licence: str
    consent: str
    prepared_at: str
    version: str
    settings: dict[str, Any] = field(hash=False)
    splits: dict[str, int] = field(hash=False)
    groups: int
    largest_group: int
    findings: dict[str, int] = field(hash=False)
    files: dict[str, str] = field(hash=False)
    format: int = FORMAT

    @property
    def count(self) -> int:
        """Photographs in all splits."""
        return sum(self.splits.values())

    def to_json(self) -> str:
        """The content of manifest.json."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class Progress:
    """Pictures prepared or refused so far, of how many."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Dataset:
    """An opened dataset: its photographs in the order of their source names, edits applied."""

    folder: Path
    manifest: Manifest
    photographs: tuple[Photograph, ...]

    def __len__(self) -> int:
        return len(self.photographs)

    def split(self, name: str) -> tuple[Photograph, ...]:
        """The usable photographs of "train", "validation" or "test".

        Raises:
            DatasetError: there is no such split.
        """
        if name not in SPLITS:
            raise DatasetError(f"There is no split '{name}'; the splits are {', '.join(SPLITS)}.")
        return tuple(p for p in self.photographs if p.split == name and p.usable)

    def path_of(self, photograph: Photograph) -> Path:
        """Where its picture lies."""
        return self.folder / photograph.image

    def damaged(self) -> Iterator[Photograph]:
        """Reads every picture file and yields the photographs whose bytes are not those that were written."""
        return (p for p in self.photographs if sha256_of(self.path_of(p)) != p.sha256)


def open_dataset(folder: Path) -> Dataset:
    """Opens a dataset, edits applied; no picture is read.

    Raises:
        DatasetError: it is not finished, of a newer format, or a file is missing or was altered.
    """
    dataset = open_prepared(folder)
    return replace(dataset, photographs=apply_edits(dataset.photographs, read_edits(folder)))


def open_prepared(folder: Path) -> Dataset:
    """A dataset as it was prepared, before anybody's edits.

    Raises:
        DatasetError: as ``open_dataset``.
    """
    manifest = read_manifest(folder)
    for name, digest in manifest.files.items():
        if sha256_of(folder / name) != digest:
            raise DatasetError(
                f"{folder / name} is missing or was altered since it was prepared. Prepare the dataset "
                "again; changes of captions belong into edits.jsonl."
            )
    lines = (folder / PICTURES).read_text(encoding="utf-8").split("\n")
    return Dataset(folder, manifest, tuple(Photograph.from_json(line) for line in lines if line))


def read_manifest(folder: Path) -> Manifest:
    """The manifest alone.

    Raises:
        DatasetError: there is none, or it can't be read.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise DatasetError(
            f"{folder} holds no finished dataset (no {MANIFEST}): run training.prepare, the same command "
            "again if it was interrupted."
        )
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise ValueError(f"format {values['format']}, this version reads {FORMAT}")
        return Manifest(**{f.name: values[f.name] for f in fields(Manifest)})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path} can't be read: {error!r}. Prepare the dataset again.") from error


def read_progress(folder: Path) -> Progress | None:
    """How far a preparation has come, or None where none is under way."""
    try:
        settings = json.loads((folder / PREPARING / PREPARATION).read_text(encoding="utf-8"))
        total = int(settings["pictures"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    done = folder / PREPARING / DONE
    lines = done.read_bytes().count(b"\n") if done.is_file() else 0
    return Progress(min(lines, total), total)


def list_datasets(below: Path) -> list[tuple[Path, Manifest]]:
    """Finished datasets directly below a folder, by name; what is none is passed over."""
    found = []
    for folder in sorted(below.iterdir() if below.is_dir() else ()):
        try:
            found.append((folder, read_manifest(folder)))
        except DatasetError:
            continue
    return found


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file; empty where there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""
