"""Captioned pictures as a fine-tuning reads them, wherever they come from.

A source is a folder or a file that one of ``READERS`` recognises: a dataset of ``training.prepare``, a folder
of ``training.render_phantoms``, or JSON lines ``{"image": path, "caption": text, "split": name}`` (a file, or
captions.jsonl in a folder; image paths count from the file's folder; split may be left out). A new kind of
source is one more reader.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import TrainingError
from core.language.attributes import Attributes
from core.language.reading import read_prompt
from core.photographs.datasets import MANIFEST, open_dataset, read_manifest

TRAIN, HELD_OUT = ("train", "training"), ("validation", "val", "test")
HELD_OUT_SHARE = 10
"""One picture of so many is held out where the source names no split."""

CAPTIONS_NAME, METADATA_NAME = "captions.jsonl", "metadata.jsonl"


@dataclass(frozen=True, slots=True)
class Captioned:
    """One picture: its file, what is said of it, its split ("" if none is named) and its attributes."""

    image: Path
    caption: str
    split: str = ""
    attributes: Attributes = field(default_factory=Attributes)


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which terms pictures may be used, as whoever prepared them said; empty where nobody did."""

    licence: str = ""
    consent: str = ""


Reader = Callable[[Path], Iterable[Captioned] | None]
"""Takes a source's path; gives its rows in order, or None if the source is of another kind."""


@dataclass(frozen=True, slots=True)
class CaptionedSet:
    """All rows of a source, checked, and its terms, read at once: a source may be gone when a run ends.
    ``digest`` changes with any path or caption."""

    source: Path
    rows: tuple[Captioned, ...]
    training: NDArray[np.int64]
    held_out: NDArray[np.int64]
    digest: str
    terms: Terms = Terms()

    def __len__(self) -> int:
        return len(self.rows)


def open_captioned(source: Path) -> CaptionedSet:
    """Reads a source by the first reader that recognises it.

    Raises:
        TrainingError: no reader does; a picture is missing, a caption empty or a split unknown; too few rows.
    """
    rows = tuple(_read(source))
    for row in rows:
        _check(row)
    if len(rows) < 2:
        raise TrainingError(f"{source} holds {len(rows)} captioned pictures; training needs more.")
    held_out = _held_out(rows)
    numbers = np.arange(len(rows))
    if not held_out.any() or held_out.all():
        raise TrainingError(f"{source} needs pictures of both kinds: to learn from and held out to measure.")
    lines = "".join(f"{row.image}\t{row.caption}\t{row.split}\n" for row in rows)
    digest = hashlib.sha256(lines.encode()).hexdigest()
    return CaptionedSet(source, rows, numbers[~held_out], numbers[held_out], digest, terms_of(source))


def terms_of(source: Path) -> Terms:
    """Licence and consent of a prepared dataset; nothing is known of other sources.

    Raises:
        DatasetError: the manifest can't be read.
    """
    if not (source / MANIFEST).is_file():
        return Terms()
    manifest = read_manifest(source)
    return Terms(manifest.licence, manifest.consent)


def _read(source: Path) -> Iterable[Captioned]:
    for reader in READERS:
        if (rows := reader(source)) is not None:
            return rows
    raise TrainingError(
        f"{source} is no captioned data: give a dataset of training.prepare, JSON lines with image and "
        f"caption, a folder that holds {CAPTIONS_NAME}, or a folder of training.render_phantoms."
    )


def read_json_lines(source: Path) -> Iterable[Captioned] | None:
    """A file of JSON lines, or captions.jsonl in a folder."""
    path = source / CAPTIONS_NAME if source.is_dir() else source
    return _json_rows(path) if path.suffix == ".jsonl" and path.is_file() else None


def read_phantoms(source: Path) -> Iterable[Captioned] | None:
    """A folder written by ``training.render_phantoms``."""
    path = source / METADATA_NAME
    return _json_rows(path) if path.is_file() else None


def read_dataset(source: Path) -> Iterable[Captioned] | None:
    """A dataset of ``training.prepare``, with what people captioned since; what has no words is left out.

    Raises:
        DatasetError: it was altered, or is of a newer version.
    """
    if not (source / MANIFEST).is_file():
        return None
    dataset = open_dataset(source)
    known = (photograph for photograph in dataset.photographs if photograph.usable and photograph.words)
    return (Captioned(dataset.path_of(one), one.words, one.split, one.attributes) for one in known)


READERS: tuple[Reader, ...] = (read_dataset, read_json_lines, read_phantoms)


def _json_rows(path: Path) -> Iterator[Captioned]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                yield _row(path.parent, json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise TrainingError(
                    f"Line {number} of {path} can't be read ({error!r}): {line[:120]}"
                ) from error


def _row(folder: Path, values: dict[str, Any]) -> Captioned:
    caption = str(values["caption"]).strip()
    known = attributes_of(caption)
    if "rash" in values:
        known = Attributes(values["rash"], tuple(values.get("sites", ())), values.get("tone"))
    return Captioned(folder / str(values["image"]), caption, str(values.get("split") or ""), known)


def _check(row: Captioned) -> None:
    if not row.caption:
        raise TrainingError(f"{row.image} has an empty caption: write one, or leave the picture out.")
    if row.split and row.split not in (*TRAIN, *HELD_OUT):
        known = ", ".join((*TRAIN, *HELD_OUT))
        raise TrainingError(f"{row.image} is of the split '{row.split}'; known are: {known}.")
    if not row.image.is_file():
        raise TrainingError(f"The picture {row.image} is missing; prepare the data again.")


def _held_out(rows: tuple[Captioned, ...]) -> NDArray[np.bool_]:
    """As the source says; where it says nothing, those with the lowest digests of their file names.

    Raises:
        TrainingError: some rows name a split and others do not.
    """
    named = [bool(row.split) for row in rows]
    if all(named):
        return np.array([row.split in HELD_OUT for row in rows])
    if any(named):
        raise TrainingError(f"{rows[named.index(False)].image} names no split, and other pictures do.")
    marks = [hashlib.sha256(row.image.name.encode()).hexdigest() for row in rows]
    lowest = sorted(range(len(rows)), key=marks.__getitem__)[: max(1, len(rows) // HELD_OUT_SHARE)]
    return np.isin(np.arange(len(rows)), lowest)


@lru_cache(maxsize=65536)
def attributes_of(caption: str) -> Attributes:
    """What a caption says; many pictures share one."""
    return read_prompt(caption, monk=True).attributes


def meaning_of(caption: str) -> str:
    """Captions of equal meaning give equal text: pictures under them never push each other away.

    Captions that name rash, site and tone mean these; others mean their own words.
    """
    known = attributes_of(caption)
    if known.rash and known.sites and known.tone:
        return "|".join((known.rash, *known.sites, known.tone))
    return " ".join(caption.casefold().split())
