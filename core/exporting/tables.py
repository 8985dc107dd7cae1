"""Rows about pictures and ratings, as JSON lines and as CSV that a spreadsheet opens without danger."""

import csv
import io
import json
from typing import IO, Any

from core.exporting.items import Item, Names, Sheet

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings that spreadsheets take for a formula (OWASP, CSV injection)."""


def picture_row(item: Item, image: str, names: bool) -> dict[str, Any]:
    """What is known of a picture; the owner only where names are wanted."""
    recipe = item.recipe
    settings = {key: value for key, value in recipe.to_dict().items() if key not in _FIRST}
    return {
        "image": image,
        "id": item.id,
        "caption": recipe.prompt,
        "rash": recipe.rash,
        "sites": list(recipe.sites),
        "tone": recipe.tone,
        "synthetic": True,
        "created_at": item.created_at.isoformat(),
        **({"owner": item.owner} if names else {}),
        "rating_count": item.rating_count,
        "realism_mean": item.realism_mean,
        "too_near": item.too_near,
        "settings": settings,
    }


_FIRST = ("prompt", "caption", "rash", "sites", "tone")


def rating_row(item: Item, sheet: Sheet, names: Names) -> dict[str, Any]:
    """One answer sheet."""
    return {
        "picture": item.id,
        "caption": item.recipe.prompt,
        "rater": names.of(sheet.rater),
        "rated_at": sheet.created_at.isoformat(),
        "blind": sheet.blind,
        "realism": sheet.realism,
        **{name: sheet.criteria.get(name) for name in CRITERIA},
        "comment": sheet.comment,
    }


CRITERIA = ("site", "lesion_type", "shape_size", "colour", "texture")


def write_line(file: IO[bytes], row: dict[str, Any]) -> None:
    """One line of JSON."""
    file.write((json.dumps(row, ensure_ascii=False) + "\n").encode())


class CsvFile:
    """Rows with a header, as UTF-8 that spreadsheets recognise. Lists are joined, mappings are JSON."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._begun = file, False

    def write(self, row: dict[str, Any]) -> None:
        """One row; all rows have the same keys."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if not self._begun:
            writer.writerow(row)
        writer.writerow([_cell(value) for value in row.values()])
        self._file.write(("" if self._begun else "\ufeff").encode() + text.getvalue().encode())
        self._begun = True


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    elif isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    return defused(value) if isinstance(value, str) else value


def defused(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would compute."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text
