"""The sheet of a comparison: labels, pictures in their places, and the recipes in the file."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import c2pa
import numpy as np
import pytest
from library_parts import RECIPE
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.drawing.sheet_drawing import CELL, GAP, LABEL_WIDTH, MARGIN
from core.drawing.sheets import Sheet, encode_sheet, sign_sheet
from core.errors import ImageFileError
from core.images import SHEET_KEY, pixel_sha256, read_recipe, write_png
from core.provenance.answers import Form, Standing
from core.provenance.credentials import anchors
from core.provenance.metadata import DRAWN_OVER
from core.provenance.outgoing import Outgoing, for_library
from core.provenance.verdict import examine
from core.provenance.watermark import code_of
from core.recipes import Recipe
from core.settings import STARTS_DIR

COLOURS = ((200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30), (30, 200, 200), (200, 30, 200))


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    recipes = tuple(RECIPE.with_seed(seed) for seed in range(6))
    paths = tuple(tmp_path / f"{seed}.png" for seed in range(6))
    for path, recipe, colour in zip(paths, recipes, COLOURS, strict=True):
        write_png(path, Image.new("RGB", (32, 32), colour), recipe)
    columns = ("Fair skin", "Brown skin", "Black skin")
    return Sheet("Rash by skin tone", "Seed 7", ("Acne", "Tinea"), columns, paths)


def pixels(sheet: Sheet) -> np.ndarray:
    """The sheet without invisible marks, which would blur what is asked for here."""
    with Image.open(BytesIO(encode_sheet(sheet, Outgoing(None, watermark=False)))) as image:
        return np.asarray(image.convert("RGB")).astype(int)


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
    monkeypatch.setattr("core.drawing.sheet_drawing.WORDS", "")
    changed = np.flatnonzero((drawn != pixels(sheet)).any(axis=(1, 2)))
    assert changed[0] > drawn.shape[0] - 100


def test_the_file_says_what_it_is_and_which_recipes_it_holds(sheet: Sheet) -> None:
    content = encode_sheet(sheet)
    with Image.open(BytesIO(content)) as image:
        text = image.text  # type: ignore[attr-defined]
    assert "Synthetic image, not for diagnosis" in text["Description"]
    assert "synthetic image" in text["Description"]
    cells = json.loads(text[SHEET_KEY])["cells"]
    assert [Recipe.from_dict(cell["recipe"]) for cell in cells] == [RECIPE.with_seed(n) for n in range(6)]
    assert [cell["source"] for cell in cells] == [read_recipe(path)[1] for path in sheet.pictures]
    assert DRAWN_OVER in text["XML:com.adobe.xmp"]
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


def test_an_altered_picture_is_on_no_sheet(sheet: Sheet) -> None:
    with Image.open(sheet.pictures[1]) as image:
        entries = image.text  # type: ignore[attr-defined]
    kept = PngInfo()
    for key, value in entries.items():
        kept.add_itxt(key, value)
    Image.new("RGB", (32, 32), "white").save(sheet.pictures[1], pnginfo=kept)
    with pytest.raises(ImageFileError, match="altered"):
        encode_sheet(sheet)


def test_a_sheet_leaves_signed_names_its_pictures_and_is_known_again(sheet: Sheet, library: Path) -> None:
    verdict = examine(encode_sheet(sheet, for_library(library)), anchors(library))
    assert (verdict.standing, verdict.form, verdict.trusted) == (Standing.INTACT, Form.SHEET, True)
    assert verdict.headline == "A sheet of 6 pictures drawn by Script2Skin, and not altered."
    assert [(one.row, one.column) for one in verdict.pictures][4] == ("Tinea", "Brown skin")
    assert [one.source for one in verdict.pictures] == [read_recipe(path)[1] for path in sheet.pictures]
    assert verdict.recipe is None and verdict.source is None


def test_the_signed_manifest_holds_each_picture_as_an_ingredient(sheet: Sheet, library: Path) -> None:
    with c2pa.Reader("image/png", BytesIO(encode_sheet(sheet, for_library(library)))) as reader:
        report = json.loads(reader.json())
    active = report["manifests"][report["active_manifest"]]
    named = [(one["title"], one["relationship"], one["instance_id"]) for one in active["ingredients"]]
    first = read_recipe(sheet.pictures[0])[1]
    assert len(named) == 6
    assert named[0] == ("Acne, Fair skin", "componentOf", f"urn:script2skin:pixels:{first}")
    (said,) = [one["data"] for one in active["assertions"] if one["label"].startswith("c2pa.actions")]
    done = ["c2pa.created", *["c2pa.placed"] * 6, "c2pa.watermarked.unbound"]
    assert [one["action"] for one in said["actions"]] == done
    assert said["actions"][0]["digitalSourceType"] == DRAWN_OVER


def test_a_sheet_written_before_is_signed_when_it_leaves(sheet: Sheet, library: Path, tmp_path: Path) -> None:
    path = tmp_path / "grid.png"
    path.write_bytes(encode_sheet(sheet))
    verdict = examine(sign_sheet(path, for_library(library)), anchors(library))
    assert (verdict.standing, verdict.trusted, len(verdict.pictures)) == (Standing.INTACT, True, 6)
    assert examine(path.read_bytes()).signer is None
    with pytest.raises(ImageFileError, match="no sheet"):
        sign_sheet(sheet.pictures[0], for_library(library))


def test_a_cell_cut_out_of_a_sheet_still_leads_back(tmp_path: Path) -> None:
    with Image.open(sorted(STARTS_DIR.rglob("*.webp"))[0]) as start:
        skin = start.convert("RGB").resize((CELL, CELL))
    write_png(tmp_path / "a.png", skin, replace(RECIPE, width=CELL, height=CELL))
    one = Sheet("One", "Seed 7", ("Tinea",), ("Brown",), (tmp_path / "a.png",))
    with Image.open(BytesIO(encode_sheet(one))) as paper:
        found = paper.convert("RGB")
    left, bottom = MARGIN + LABEL_WIDTH + GAP, found.height - MARGIN - 40
    buffer = BytesIO()
    found.crop((left, bottom - CELL + 8, left + CELL, bottom - 8)).save(buffer, "JPEG", quality=85)
    verdict = examine(buffer.getvalue())
    assert (verdict.standing, verdict.code) == (Standing.MARKED, code_of(pixel_sha256(skin)))
