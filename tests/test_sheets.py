"""The sheet of a comparison: labels, pictures in their places, and the recipes in the file."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from library_parts import RECIPE
from PIL import Image

from core.errors import ImageFileError
from core.images import write_png
from core.recipes import Recipe
from core.sheets import CELL, GAP, LABEL_WIDTH, MARGIN, SHEET_KEY, Sheet, draw_sheet, encode_sheet

COLOURS = ((200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30), (30, 200, 200), (200, 30, 200))


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    recipes = tuple(RECIPE.with_seed(seed) for seed in range(6))
    paths = tuple(tmp_path / f"{seed}.png" for seed in range(6))
    for path, recipe, colour in zip(paths, recipes, COLOURS, strict=True):
        write_png(path, Image.new("RGB", (32, 32), colour), recipe)
    columns = ("Fair skin", "Brown skin", "Black skin")
    return Sheet("Rash by skin tone", "Seed 7", ("Acne", "Tinea"), columns, paths, recipes)


def pixels(sheet: Sheet) -> np.ndarray:
    return np.asarray(draw_sheet(sheet)).astype(int)


def test_every_picture_stands_in_its_row_and_column(sheet: Sheet) -> None:
    drawn = pixels(sheet)
    left = MARGIN + LABEL_WIDTH + GAP
    tops = np.flatnonzero((drawn[:, left + CELL // 2] == COLOURS[0]).all(axis=1))
    assert len(tops) == CELL
    for index, colour in enumerate(COLOURS):
        row, column = divmod(index, 3)
        y, x = tops[0] + row * (CELL + GAP), left + column * (CELL + GAP)
        assert (drawn[y : y + CELL, x : x + CELL] == colour).all()
        assert (drawn[y - 1, x : x + CELL] != colour).any(axis=1).all()


@pytest.mark.parametrize("part", ["title", "note", "rows", "columns"])
def test_every_label_is_written(sheet: Sheet, part: str) -> None:
    value = getattr(sheet, part)
    emptied = replace(sheet, **{part: "" if isinstance(value, str) else ("",) * len(value)})
    assert pixels(sheet).shape == pixels(emptied).shape
    assert (pixels(sheet) != pixels(emptied)).any()


def test_the_words_that_it_is_synthetic_are_below_the_pictures(
    sheet: Sheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = pixels(sheet)
    monkeypatch.setattr("core.sheets.WORDS", "")
    changed = np.flatnonzero((drawn != pixels(sheet)).any(axis=(1, 2)))
    assert changed[0] > drawn.shape[0] - 100


def test_the_file_says_what_it_is_and_which_recipes_it_holds(sheet: Sheet) -> None:
    content = encode_sheet(sheet)
    with Image.open(BytesIO(content)) as image:
        text = image.text  # type: ignore[attr-defined]
    assert "Synthetic image, not for diagnosis" in text["Description"]
    assert "synthetic image" in text["Description"]
    cells = json.loads(text[SHEET_KEY])["cells"]
    assert tuple(Recipe.from_dict(cell["recipe"]) for cell in cells) == sheet.recipes
    assert (cells[4]["row"], cells[4]["column"]) == ("Tinea", "Brown skin")
    assert encode_sheet(sheet) == content


def test_pictures_keep_their_shape(sheet: Sheet, tmp_path: Path) -> None:
    write_png(tmp_path / "0.png", Image.new("RGB", (32, 64), COLOURS[0]), RECIPE)
    found = (pixels(sheet) == COLOURS[0]).all(axis=2)
    assert (found.any(axis=0).sum(), found.any(axis=1).sum()) == (CELL // 2, CELL)


def test_long_labels_stay_in_their_places(sheet: Sheet) -> None:
    words = "Scabies, Lyme disease and other infestations and bites"
    long = replace(sheet, rows=(words, words), columns=(words,) * 3, title=words * 2, note=words * 2)
    paper = pixels(long)
    first = MARGIN + LABEL_WIDTH
    assert (paper[:, :MARGIN] == 255).all() and (paper[:, -MARGIN:] == 255).all()
    found = (paper == COLOURS[0]).all(axis=2).any(axis=1)
    assert (paper[found][:, first : first + GAP] == 255).all()


def test_a_missing_picture_is_named(sheet: Sheet) -> None:
    sheet.pictures[3].unlink()
    with pytest.raises(ImageFileError, match=r"3\.png"):
        encode_sheet(sheet)
