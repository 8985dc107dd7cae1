"""Small sources of photographs: pictures that differ from each other, in every form that is read."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.photographs.datasets import Dataset, open_dataset
from core.photographs.photographs import Photograph
from training.prepare import Request, prepare

TERMS = {"licence": "made up for a test", "consent": "shows nobody"}


def picture(seed: int, size: tuple[int, int] = (96, 72)) -> Image.Image:
    """Soft coloured shapes, another arrangement for every seed."""
    coarse = np.random.default_rng(seed).integers(20, 240, (6, 8, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def put(path: Path, content: bytes | str) -> Path:
    """Writes a file and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def pairs_folder(folder: Path, captions: list[str]) -> Path:
    """Pictures 00.jpg, 01.jpg, ... with a caption each; no text file where the caption is empty."""
    for index, caption in enumerate(captions):
        put(folder / f"{index:02d}.jpg", encoded(picture(index)))
        if caption:
            put(folder / f"{index:02d}.txt", caption)
    return folder


def zipped(folder: Path, path: Path) -> Path:
    """The folder as an archive."""
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


def prepared(source: Path, output: Path, **options: Any) -> Dataset:
    """Prepares in this process and opens what was written."""
    prepare(Request(source, output, **{"workers": 1, **TERMS, **options}))
    return open_dataset(output)


def report(dataset: Dataset | Path) -> list[dict[str, str]]:
    """The lines of report.jsonl."""
    folder = dataset if isinstance(dataset, Path) else dataset.folder
    return [json.loads(line) for line in (folder / "report.jsonl").read_text().splitlines()]


def told(dataset: Dataset, kind: str) -> dict[str, str]:
    """File to reason, of one kind."""
    return {line["file"]: line["reason"] for line in report(dataset) if line["kind"] == kind}


def by_source(dataset: Dataset) -> dict[str, Photograph]:
    """Photographs by the name they had in the source."""
    return {photograph.source: photograph for photograph in dataset.photographs}
