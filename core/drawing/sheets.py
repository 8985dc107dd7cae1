"""A comparison as one labelled picture, as it leaves: each cell bears its own invisible mark.

The PNG carries what every picture of ours does (core/images.py), but in place of one recipe the entry
``script2skin-sheet``: JSON with the title and, for each picture, its row, its column, its whole recipe and
the hash of its pixels in the library. Signed, it names each picture as an ingredient. No time stands in the
unsigned file: the same sheet gives the same bytes.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from core.drawing.sheet_drawing import WORDS, Labels, draw_sheet
from core.errors import ImageFileError, RecipeError
from core.images import (
    DESCRIPTION,
    PIXELS_KEY,
    SEAL_KEY,
    SHEET_KEY,
    encode_sealed,
    pixel_sha256,
    recipe_seal,
)
from core.provenance.chunks import text_entries
from core.provenance.manifest import SHEET_LABEL, Ingredient, Statement
from core.provenance.metadata import DRAWN_OVER, XMP_KEY, packet_of
from core.provenance.outgoing import Outgoing
from core.provenance.pixels import picture_in
from core.recipes import Recipe

UNSIGNED = Outgoing(None)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is to be put on paper. ``pictures`` are files of ours, row by row, one for each cell."""

    title: str
    note: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    pictures: tuple[Path, ...]

    @property
    def places(self) -> list[tuple[str, str]]:
        """Row and column of each picture."""
        return [(row, column) for row in self.rows for column in self.columns]


@dataclass(frozen=True, slots=True)
class Cell:
    """One picture of a sheet as the file tells of it. ``source`` is the hash of its pixels in the library."""

    row: str
    column: str
    recipe: Recipe
    source: str


def encode_sheet(sheet: Sheet, outgoing: Outgoing = UNSIGNED) -> bytes:
    """The sheet as a PNG file with its recipes inside.

    Raises:
        ImageFileError: one of the pictures is missing, damaged or altered.
        SigningError: the certificate can't be used.
    """
    drawn = [outgoing.marked(path) for path in sheet.pictures]
    cells = [
        Cell(row, column, recipe, source)
        for (row, column), (_, recipe, source) in zip(sheet.places, drawn, strict=True)
    ]
    labels = Labels(sheet.title, sheet.note, sheet.rows, sheet.columns)
    named = zip(cells, sheet.pictures, strict=True)
    ingredients = tuple(Ingredient(f"{one.row}, {one.column}", path, one.source) for one, path in named)
    text = _contents(sheet, cells)
    return _encoded(draw_sheet(labels, [one for one, _, _ in drawn]), text, outgoing, ingredients)


def sign_sheet(path: Path, outgoing: Outgoing) -> bytes:
    """A sheet that was written unsigned, as it leaves.

    Raises:
        ImageFileError: it is missing, damaged, no sheet, or altered since.
        SigningError: the certificate can't be used.
    """
    content = path.read_bytes() if path.is_file() else b""
    picture, text = picture_in(content), dict(text_entries(content))
    contents = text.get(SHEET_KEY, "")
    if picture is None or text.get(SEAL_KEY) != recipe_seal(contents, pixel_sha256(picture)):
        raise ImageFileError(f"{path} is missing, or no sheet as it was written; have it drawn anew.")
    return _encoded(picture, contents, outgoing)


def read_cells(text: str) -> tuple[Cell, ...]:
    """The cells of a sheet from its entry.

    Raises:
        RecipeError: it can't be read.
    """
    try:
        cells = json.loads(text)["cells"]
        return tuple(
            Cell(str(one["row"]), str(one["column"]), Recipe.from_dict(one["recipe"]), str(one["source"]))
            for one in cells
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecipeError(f"The sheet's list of pictures can't be read: {error!r}.") from error


def _encoded(
    picture: Image.Image, text: str, outgoing: Outgoing, ingredients: tuple[Ingredient, ...] = ()
) -> bytes:
    pixels, description = pixel_sha256(picture), f"{DESCRIPTION} {WORDS}."
    entries = {
        "Description": description,
        "Software": "Script2Skin",
        XMP_KEY: packet_of(DRAWN_OVER, _prompts(text), description),
        SHEET_KEY: text,
        PIXELS_KEY: pixels,
        SEAL_KEY: recipe_seal(text, pixels),
        **outgoing.entries(),
    }
    statement = Statement("Sheet of synthetic images", DRAWN_OVER, SHEET_LABEL, text, True, ingredients)
    return outgoing.signed(encode_sealed(picture, entries), statement)


def _prompts(text: str) -> str:
    return "; ".join(dict.fromkeys(cell.recipe.prompt for cell in read_cells(text)))


def _contents(sheet: Sheet, cells: list[Cell]) -> str:
    told: list[dict[str, Any]] = [
        {"row": one.row, "column": one.column, "recipe": one.recipe.to_dict(), "source": one.source}
        for one in cells
    ]
    values = {"title": sheet.title, "note": sheet.note, "cells": told}
    return json.dumps(values, sort_keys=True, ensure_ascii=False)
