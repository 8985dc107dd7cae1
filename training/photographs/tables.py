"""Rows of a JSON lines or CSV file that names pictures and their captions.

Columns: "image" (or "file_name") and "caption" (or "text"); "rash", "sites" (or "site") and "tone" where they
are there. Several sites stand in a JSON list, or in CSV with semicolons between them.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from core.errors import InputError

TABLES = (".jsonl", ".ndjson", ".csv")
IMAGE = ("image", "file_name")
CAPTION = ("caption", "text")
ATTRIBUTES = ("rash", "sites", "site", "tone")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: the picture as it was named, its caption ("" for none), attributes given beside it."""

    line: int
    image: str
    caption: str
    columns: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that says nothing usable, and why."""

    line: int
    reason: str


def read_rows(name: str, content: bytes) -> list[Row | BadRow]:
    """All rows, in order.

    Raises:
        InputError: the file is not UTF-8, or has no column for pictures or for captions.
    """
    text = _decoded(name, content)
    lines = _csv_lines(text) if name.lower().endswith(".csv") else _json_lines(text)
    values = list(lines)
    known = {key for _, line in values if isinstance(line, Mapping) for key in line}
    if known.isdisjoint(IMAGE) or known.isdisjoint(CAPTION):
        raise InputError(
            f"{name} has no columns image and caption (file_name and text will do too); "
            f"it has: {', '.join(sorted(map(str, known))) or 'none'}."
        )
    return [_row(number, line) for number, line in values]


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8 (byte {error.start}): save it as UTF-8.") from error


def _json_lines(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Line number with its object, or with why there is none."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"it is no JSON: {error}"
            continue
        yield number, values if isinstance(values, dict) else "it is no JSON object"


def _csv_lines(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for values in reader:
            whole = None not in values and None not in values.values()
            yield reader.line_num, values if whole else "it has more or fewer fields than the header"
    except csv.Error as error:
        yield reader.line_num, f"the rest of the file can't be read as CSV: {error}"


def _row(number: int, line: Mapping[str, Any] | str) -> Row | BadRow:
    if isinstance(line, str):
        return BadRow(number, line)
    image = next((line[key] for key in IMAGE if key in line), None)
    caption = next((line[key] for key in CAPTION if line.get(key) is not None), "")
    if not isinstance(image, str) or not image.strip():
        return BadRow(number, f"it names no picture: {image!r}")
    if not isinstance(caption, str):
        return BadRow(number, f"its caption is no text: {caption!r}")
    given = {key: line[key] for key in ATTRIBUTES if line.get(key)}
    return Row(number, image.strip(), caption.strip(), given)
