"""Contact sheets as PDF: A4, twenty pictures a page with what was asked, said to be synthetic.

XMP in the file says how they were drawn (IPTC's digital source type), lists all recipes, and holds a seal
over the whole file: C2PA's manifest in a PDF leaves bytes of its own that nobody would miss.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from xml.sax.saxutils import escape

from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfbase.pdfdoc import XMP
from reportlab.pdfgen.canvas import Canvas

from core.provenance.credentials import Credentials
from core.provenance.documents import PDF_TAG
from core.provenance.metadata import DRAWN_OVER, packet_of
from core.provenance.seals import placeholder, sealed
from core.recipes import Recipe

COLUMNS, ROWS = 4, 5
PER_FILE = 500
"""Pictures a file: a PDF is held in memory until it is finished."""

MARGIN, CELL_WIDTH, CELL_HEIGHT, PICTURE = 15 * mm, 45.5 * mm, 51 * mm, 38 * mm
PIXELS = 300
FONT, BOLD = "Helvetica", "Helvetica-Bold"
WORDS = "Synthetic pictures drawn by Script2Skin. They show no real person. Not for diagnosis."


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture as it leaves. ``source`` is the hash of its pixels in the library."""

    id: int
    image: Image.Image
    recipe: Recipe
    source: str


Cells = list[dict[str, object]]
"""What core.drawing.sheets reads as the cells of a sheet."""


def encode_sheets(pictures: Iterator[Shown], credentials: Credentials | None) -> Iterator[bytes]:
    """PDF files of up to PER_FILE pictures each, sealed."""
    first = 1
    while part := next(pictures, None):
        buffer = BytesIO()
        canvas = Canvas(buffer, pagesize=A4, pageCompression=1, invariant=1)
        canvas.setTitle("Script2Skin contact sheet")
        canvas.setSubject(WORDS)
        cells: Cells = []
        _draw_pages(canvas, _with_first(part, islice(pictures, PER_FILE - 1)), first, cells)
        first += len(cells)
        _describe(canvas, cells, credentials)
        canvas.save()
        yield sealed(buffer.getvalue(), credentials)


def _describe(canvas: Canvas, cells: Cells, credentials: Credentials | None) -> None:
    """XMP as plain text, as its readers look for it."""
    told = escape(json.dumps({"cells": cells}, sort_keys=True))
    seal = placeholder(credentials).decode("ascii")
    further = (
        '\n   <s2s:Origin xmlns:s2s="urn:script2skin:1" rdf:parseType="Resource">'
        f"<{PDF_TAG}>{told}</{PDF_TAG}><s2s:Seal>{seal}</s2s:Seal></s2s:Origin>"
    )
    packet = packet_of(DRAWN_OVER, f"{len(cells)} prompts, listed with the pictures", WORDS, further)
    metadata = XMP(creator=lambda document: packet.encode())
    metadata.filters = []
    canvas._doc.Catalog.Metadata = metadata


def _with_first(first: Shown, rest: Iterator[Shown]) -> Iterator[Shown]:
    yield first
    yield from rest


def _draw_pages(canvas: Canvas, pictures: Iterator[Shown], first: int, cells: Cells) -> None:
    """Draws all of them; ``cells`` is told of each."""
    for shown in pictures:
        place = len(cells) % (COLUMNS * ROWS)
        if place == 0:
            if cells:
                canvas.showPage()
            _draw_frame(canvas, first + len(cells))
        _draw_cell(canvas, shown, place)
        told = {"recipe": shown.recipe.to_dict(), "source": shown.source}
        cells.append({"row": f"Picture {shown.id}", "column": "", **told})


def _draw_frame(canvas: Canvas, number: int) -> None:
    width, height = A4
    canvas.setFont(BOLD, 12)
    canvas.drawString(MARGIN, height - MARGIN, "Contact sheet")
    canvas.setFont(FONT, 8)
    canvas.drawRightString(width - MARGIN, height - MARGIN, f"from picture {number}")
    canvas.drawString(MARGIN, 9 * mm, WORDS)


def _draw_cell(canvas: Canvas, shown: Shown, place: int) -> None:
    image, recipe = shown.image, shown.recipe
    row, column = divmod(place, COLUMNS)
    left = MARGIN + column * CELL_WIDTH
    top = A4[1] - MARGIN - 6 * mm - row * CELL_HEIGHT
    scale = PICTURE / max(image.size)
    width, height = image.width * scale, image.height * scale
    canvas.drawImage(ImageReader(_as_jpeg(image)), left, top - height, width, height)
    canvas.setFont(BOLD, 6.5)
    canvas.drawString(left, top - PICTURE - 3 * mm, _plain(f"{shown.id} · seed {recipe.seed}"))
    canvas.setFont(FONT, 6)
    lines = simpleSplit(_plain(recipe.prompt), FONT, 6, PICTURE + 4 * mm)
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
