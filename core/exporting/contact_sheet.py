"""Contact sheets as PDF: A4, twenty pictures a page with what was asked, said to be synthetic."""

from collections.abc import Iterator
from io import BytesIO
from itertools import islice

from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfgen.canvas import Canvas

from core.exporting.items import Item

COLUMNS, ROWS = 4, 5
PER_FILE = 500
"""Pictures a file: a PDF is held in memory until it is finished."""

MARGIN, CELL_WIDTH, CELL_HEIGHT, PICTURE = 15 * mm, 45.5 * mm, 51 * mm, 38 * mm
PIXELS = 300
FONT, BOLD = "Helvetica", "Helvetica-Bold"
WORDS = "Synthetic pictures drawn by Script2Skin. They show no real person. Not for diagnosis."

Shown = tuple[Item, Image.Image]


def encode_sheets(pictures: Iterator[Shown]) -> Iterator[bytes]:
    """PDF files of up to PER_FILE pictures each."""
    first = 1
    while part := next(pictures, None):
        buffer = BytesIO()
        canvas = Canvas(buffer, pagesize=A4, pageCompression=1, invariant=1)
        canvas.setTitle("Script2Skin contact sheet")
        canvas.setSubject(WORDS)
        first += _draw_pages(canvas, _with_first(part, islice(pictures, PER_FILE - 1)), first)
        canvas.save()
        yield buffer.getvalue()


def _with_first(first: Shown, rest: Iterator[Shown]) -> Iterator[Shown]:
    yield first
    yield from rest


def _draw_pages(canvas: Canvas, pictures: Iterator[Shown], first: int) -> int:
    count = 0
    for item, image in pictures:
        place = count % (COLUMNS * ROWS)
        if place == 0:
            if count:
                canvas.showPage()
            _draw_frame(canvas, first + count)
        _draw_cell(canvas, item, image, place)
        count += 1
    return count


def _draw_frame(canvas: Canvas, number: int) -> None:
    width, height = A4
    canvas.setFont(BOLD, 12)
    canvas.drawString(MARGIN, height - MARGIN, "Contact sheet")
    canvas.setFont(FONT, 8)
    canvas.drawRightString(width - MARGIN, height - MARGIN, f"from picture {number}")
    canvas.drawString(MARGIN, 9 * mm, WORDS)


def _draw_cell(canvas: Canvas, item: Item, image: Image.Image, place: int) -> None:
    row, column = divmod(place, COLUMNS)
    left = MARGIN + column * CELL_WIDTH
    top = A4[1] - MARGIN - 6 * mm - row * CELL_HEIGHT
    scale = PICTURE / max(image.size)
    width, height = image.width * scale, image.height * scale
    canvas.drawImage(ImageReader(_as_jpeg(image)), left, top - height, width, height)
    canvas.setFont(BOLD, 6.5)
    canvas.drawString(left, top - PICTURE - 3 * mm, _plain(f"{item.id} · seed {item.recipe.seed}"))
    canvas.setFont(FONT, 6)
    lines = simpleSplit(_plain(item.recipe.prompt), FONT, 6, PICTURE + 4 * mm)
    for line_number, line in enumerate(lines[:3]):
        canvas.drawString(left, top - PICTURE - (5.6 + 2.5 * line_number) * mm, line)


def _plain(text: str) -> str:
    """What the PDF's own typeface can show; other letters become question marks."""
    return text.encode("cp1252", "replace").decode("cp1252")


def _as_jpeg(image: Image.Image) -> BytesIO:
    small = image.copy()
    small.thumbnail((PIXELS, PIXELS), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    small.save(buffer, "JPEG", quality=88)
    buffer.seek(0)
    return buffer
