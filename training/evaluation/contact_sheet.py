"""A labelled grid: what was asked of each picture, and what the judge saw."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from training.evaluation.judging import Judged

CELL, LABEL, GAP, COLUMNS = 144, 34, 6, 8
PAPER, INK, WRONG = (255, 255, 255), (40, 40, 40), (190, 30, 45)


def write_contact_sheet(path: Path, pictures: Sequence[tuple[Path, Judged]], most: int = 64) -> None:
    """Writes at most ``most`` pictures, spread evenly over the list, each with two lines beneath.

    The first line is what was asked; the second, red where it differs, what was seen.
    """
    step = max(1, -(-len(pictures) // most))
    shown = pictures[::step]
    rows = -(-len(shown) // COLUMNS)
    size = (GAP + COLUMNS * (CELL + GAP), GAP + rows * (CELL + LABEL + GAP))
    sheet = Image.new("RGB", size, PAPER)
    for i, (file, judged) in enumerate(shown):
        corner = GAP + (i % COLUMNS) * (CELL + GAP), GAP + (i // COLUMNS) * (CELL + LABEL + GAP)
        _paste(sheet, corner, file, judged)
    sheet.save(path)


def _paste(sheet: Image.Image, corner: tuple[int, int], file: Path, judged: Judged) -> None:
    left, top = corner
    with Image.open(file) as picture:
        sheet.paste(picture.convert("RGB").resize((CELL, CELL), Image.Resampling.LANCZOS), corner)
    asked = (judged.asked.rash or "-", judged.asked.site or "-", judged.asked.tone or "-")
    seen = (judged.rash, judged.site, judged.tone or "no skin")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(10)
    pen.text((left, top + CELL + 2), _shortened(asked), fill=INK, font=font)
    wrong = asked != seen
    pen.text((left, top + CELL + 17), _shortened(seen), fill=WRONG if wrong else INK, font=font)


def _shortened(words: Sequence[str]) -> str:
    return " · ".join(word.replace("_", " ")[:12] for word in words)
