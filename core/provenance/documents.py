"""DICOM files and contact sheets as they come back: their seal, recipe, and what the pixels say."""

import html
import re
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from PIL import Image

from core.drawing.sheets import read_cells
from core.errors import ImageFileError, RecipeError
from core.provenance.answers import Form, Standing, Verdict
from core.provenance.pixels import check_size
from core.provenance.seals import Seal, read_seal
from core.provenance.watermark import read_mark
from core.recipes import Recipe

PRIVATE_GROUP, PRIVATE_CREATOR = 0x0099, "SCRIPT2SKIN"
RECIPE_ELEMENT, SOURCE_ELEMENT, SEAL_ELEMENT = 0x01, 0x02, 0x03
PDF_TAG = "s2s:Pictures"
_PICTURES = re.compile(f"<{PDF_TAG}>(.*?)</{PDF_TAG}>".encode(), re.DOTALL)
OURS = b"Script2Skin"


@dataclass(frozen=True, slots=True)
class _Dicom:
    """What a DICOM file holds, as far as it can be read."""

    ours: bool = False
    recipe: str = ""
    source: str | None = None
    image: Image.Image | None = None


def is_dicom(content: bytes) -> bool:
    """Whether the bytes begin as a DICOM file does."""
    return content[128:132] == b"DICM"


def is_pdf(content: bytes) -> bool:
    """Whether the bytes begin as a PDF file does."""
    return content.startswith(b"%PDF-")


def examine_dicom(content: bytes, anchors: str) -> Verdict:
    """A DICOM file: by its seal if it is ours, else by the invisible mark in its pixels."""
    try:
        found = _read_dicom(content)
    except ImageFileError as error:
        return Verdict(Standing.UNKNOWN, (str(error),), form=Form.DICOM)
    if not found.ours:
        return _of_strangers(found.image)
    recipe, findings = _recipe(found.recipe)
    verdict = Verdict(Standing.INTACT, tuple(findings), recipe, found.source, form=Form.DICOM)
    verdict = _with_seal(verdict, read_seal(content, anchors))
    mark = read_mark(found.image, thorough=bool(verdict.findings)) if found.image else None
    return replace(verdict, code=mark.code) if mark else verdict


def examine_pdf(content: bytes, anchors: str) -> Verdict:
    """A contact sheet; of another PDF nothing is known."""
    told, seal = _PICTURES.findall(content), read_seal(content, anchors)
    if not told and seal is None and OURS not in content:
        words = "Of PDF files only contact sheets by Script2Skin can be examined."
        return Verdict(Standing.UNKNOWN, (words,), form=Form.PDF)
    verdict = Verdict(Standing.INTACT, form=Form.PDF)
    try:
        cells = read_cells(html.unescape(told[0].decode("utf-8"))) if told else ()
        verdict = replace(verdict, pictures=cells)
    except (RecipeError, UnicodeDecodeError) as error:
        verdict = replace(verdict, findings=(f"The list of pictures can't be read: {error}",))
    return _with_seal(verdict, seal)


def dicom_picture(content: bytes) -> Image.Image | None:
    """The pixels of a DICOM file, None if they can't be read; raises ImageFileError if they are too many."""
    return _read_dicom(content).image


def _with_seal(verdict: Verdict, seal: Seal | None) -> Verdict:
    findings = list(verdict.findings)
    if seal is None:
        findings.append("Its seal was removed or damaged.")
    elif not seal.whole:
        findings.append("The file is not the one that was sealed: bytes of it were changed.")
    elif seal.signer is not None and not seal.signed:
        findings.append("The signature does not fit.")
    return replace(
        verdict,
        standing=Standing.ALTERED if findings else Standing.INTACT,
        findings=tuple(findings),
        signer=seal.signer if seal else None,
        trusted=seal.trusted if seal else False,
    )


def _of_strangers(image: Image.Image | None) -> Verdict:
    if image is not None and (mark := read_mark(image)):
        lost = "Its recipe was removed; the invisible mark is still there."
        return Verdict(Standing.MARKED, (lost,), code=mark.code, form=Form.DICOM)
    words = "It carries no recipe and no invisible mark. Both can be removed, so this proves nothing."
    return Verdict(Standing.UNKNOWN, (words,), form=Form.DICOM)


def _recipe(text: str) -> tuple[Recipe | None, list[str]]:
    try:
        return Recipe.from_json(text), []
    except RecipeError as error:
        return None, [f"The recipe can't be read. {error}"]


def _read_dicom(content: bytes) -> _Dicom:
    """As much as a damaged file gives; raises ImageFileError where its pixels are too many."""
    from pydicom import dcmread

    ours = PRIVATE_CREATOR.encode() in content or OURS in content
    try:
        file = dcmread(BytesIO(content), force=True)
        block = file.private_block(PRIVATE_GROUP, PRIVATE_CREATOR) if ours else {}
        recipe, source = (_text(block, element) for element in (RECIPE_ELEMENT, SOURCE_ELEMENT))
        return _Dicom(ours, recipe, source or None, _dicom_pixels(file))
    except ImageFileError:
        raise
    except Exception:  # noqa: BLE001 - pydicom raises whatever a damaged file leads it to
        return _Dicom(ours)


def _text(block: Any, element: int) -> str:
    return str(block[element].value) if element in block else ""


def _dicom_pixels(file: Any) -> Image.Image | None:
    check_size(int(file.get("Columns", 0)), int(file.get("Rows", 0)))
    try:
        values = file.pixel_array
        return Image.fromarray(values).convert("RGB") if values.ndim in (2, 3) else None
    except Exception:  # noqa: BLE001 - the same; and compressed pixels may need a decoder that is not here
        return None
