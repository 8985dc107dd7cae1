"""The drawing of a sheet: pictures in rows and columns with labels, and the words that they are synthetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

WORDS = "Synthetic image, not for diagnosis"
CELL, GAP, MARGIN, LABEL_WIDTH = 256, 12, 32, 180
TITLE_SIZE, LABEL_SIZE, NOTE_SIZE = 30, 20, 18
PAPER, INK, FAINT = "#ffffff", "#16282b", "#5a6b6e"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Labels:
    """What is written around the pictures."""

    title: str
    note: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]


def draw_sheet(labels: Labels, pictures: Sequence[Image.Image]) -> Image.Image:
    """The sheet as RGB; every cell is CELL pixels wide and high, whatever its picture's size. ``pictures``
    stand row by row."""
    heads = [_wrapped(label, CELL, LABEL_SIZE) for label in labels.columns]
    left = MARGIN + LABEL_WIDTH + GAP
    top = MARGIN + _height(1, TITLE_SIZE) + _height(1, NOTE_SIZE) + GAP + max(_lines(h) for h in heads)
    width = left + len(labels.columns) * (CELL + GAP) - GAP + MARGIN
    bottom = top + len(labels.rows) * (CELL + GAP)
    paper = Image.new("RGB", (width, bottom + _height(1, NOTE_SIZE) + MARGIN), PAPER)
    pen = ImageDraw.Draw(paper)
    _write_frame(pen, labels, bottom, width)
    for column, head in enumerate(heads):
        place = (left + column * (CELL + GAP), top - GAP // 2 - _lines(head))
        pen.text(place, head, font=_font(LABEL_SIZE), fill=INK)
    for row, label in enumerate(labels.rows):
        place = (MARGIN, top + row * (CELL + GAP))
        pen.text(place, _wrapped(label, LABEL_WIDTH, LABEL_SIZE), font=_font(LABEL_SIZE), fill=INK)
    _paste_pictures(paper, labels, pictures, left, top)
    return paper


def _write_frame(pen: ImageDraw.ImageDraw, labels: Labels, bottom: int, width: int) -> None:
    """Title, note and, last, what the pictures are; long lines are made smaller rather than cut."""
    room = width - 2 * MARGIN
    note = (MARGIN, MARGIN + _height(1, TITLE_SIZE))
    pen.text((MARGIN, MARGIN), labels.title, font=_fitting(labels.title, room, TITLE_SIZE), fill=INK)
    pen.text(note, labels.note, font=_fitting(labels.note, room, NOTE_SIZE), fill=FAINT)
    words = f"{WORDS} · drawn by Script2Skin"
    pen.text((MARGIN, bottom), words, font=_fitting(words, room, NOTE_SIZE), fill=INK)


def _paste_pictures(
    paper: Image.Image, labels: Labels, pictures: Sequence[Image.Image], left: int, top: int
) -> None:
    """Each picture in the middle of its cell, scaled so that its longer side fills it."""
    for index, picture in enumerate(pictures):
        row, column = divmod(index, len(labels.columns))
        scale = CELL / max(picture.size)
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        small = picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
        x = left + column * (CELL + GAP) + (CELL - size[0]) // 2
        y = top + row * (CELL + GAP) + (CELL - size[1]) // 2
        paper.paste(small, (x, y))


@lru_cache(maxsize=32)
def _font(size: int) -> Font:
    """Pillow's own typeface: it is the same on every machine."""
    return ImageFont.load_default(size)


def _fitting(text: str, width: int, size: int) -> Font:
    while size > 8 and _font(size).getlength(text) > width:
        size -= 1
    return _font(size)


def _wrapped(text: str, width: int, size: int) -> str:
    """The words in lines no wider than ``width`` pixels; a single word that is wider stands alone."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _font(size).getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def _lines(text: str) -> int:
    return _height(text.count("\n") + 1, LABEL_SIZE)


def _height(lines: int, size: int) -> int:
    """Pixels that lines of this size take, with the space between them."""
    return round(lines * size * 1.3) + 6
