"""Hands a captioned dataset on: a ZIP of image and caption pairs, or JSON lines beside the images.

Photographs that are not usable, or of which nothing is known, are left out. The ZIP's README.md repeats
licence and consent, and who captioned. Both are read again by training.prepare.
"""

import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from core.errors import InputError, StorageError
from core.photographs.captioning import answered
from core.photographs.dataset_edits import Edit, read_edits
from core.photographs.datasets import Dataset, open_dataset
from core.photographs.photographs import Photograph

FORMS = (".zip", ".jsonl")


def exported(dataset: Dataset) -> Iterator[Photograph]:
    """The photographs that are handed on: usable and captioned."""
    return (photograph for photograph in dataset.photographs if photograph.usable and photograph.words)


def lines_of(dataset: Dataset, edits: Iterable[Edit]) -> Iterator[str]:
    """JSON lines with image (relative to the dataset), caption, attributes, where each came from, split, and
    who answered last and when (null where only the source speaks)."""
    last = answered(edits)
    for photograph in exported(dataset):
        shown, edit = photograph.attributes, last.get(photograph.id)
        values = {
            "image": photograph.image,
            "caption": photograph.words,
            "rash": shown.rash,
            "sites": list(shown.sites),
            "tone": shown.tone,
            "origins": dict(sorted(photograph.origins.items())),
            "split": photograph.split,
            "captioned_by": edit.by if edit else None,
            "captioned_at": edit.at if edit else None,
        }
        yield json.dumps(values, ensure_ascii=False) + "\n"


def write_pairs(dataset: Dataset, edits: Iterable[Edit], target: IO[bytes] | Path) -> int:
    """Writes ID.jpg and ID.txt of each photograph, and README.md, as a ZIP; returns how many pairs.

    Raises:
        StorageError: a picture is missing, or the ZIP can't be written.
    """
    count = 0
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("README.md", readme(dataset, edits))
            for photograph in exported(dataset):
                archive.write(dataset.path_of(photograph), f"{photograph.id}.jpg")
                archive.writestr(f"{photograph.id}.txt", photograph.words + "\n")
                count += 1
    except OSError as error:
        raise StorageError(f"The ZIP of {dataset.folder} can't be written: {error}.") from error
    return count


def readme(dataset: Dataset, edits: Iterable[Edit]) -> str:
    """Where the photographs come from, what they may be used for, and who captioned how many."""
    manifest = dataset.manifest
    people = Counter(edit.by for edit in answered(edits).values()).most_common()
    who = (
        "\n".join(f"- {name}: {count:,}" for name, count in people)
        or "- nobody yet; captions are the source's"
    )
    return (
        f"# {manifest.name}\n\nPhotographs with captions, prepared {manifest.prepared_at} from "
        f"{manifest.source}.\n\n- Licence: {manifest.licence}\n- Consent: {manifest.consent}\n\n"
        f"## Captioned by\n\n{who}\n"
    )


def write_export(folder: Path, output: Path) -> int:
    """Writes a new .zip of pairs, or .jsonl; returns how many photographs.

    Raises:
        InputError: another ending, or something is there already.
        DatasetError, StorageError: the dataset can't be read, or the file can't be written.
    """
    if output.suffix not in FORMS or output.exists():
        raise InputError(f"--output {output} must be a new file ending in {' or '.join(FORMS)}.")
    dataset, edits = open_dataset(folder), read_edits(folder)
    if output.suffix == ".zip":
        return write_pairs(dataset, edits, output)
    lines = list(lines_of(dataset, edits))
    try:
        output.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{output} can't be written: {error}.") from error
    return len(lines)
