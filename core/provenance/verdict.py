"""What can be said of a file: made by Script2Skin or not, altered or not, and by which recipe.

Without a signature the checks show every accident and every careless change; who alters a file on purpose can
compute the hashes again. With one, they can't: they would have to sign by another certificate, or to remove
the manifest.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from core.drawing.sheets import Cell, read_cells
from core.errors import ImageFileError, RecipeError, SigningError
from core.images import (
    METADATA_KEY,
    PIXELS_KEY,
    RECIPE_KEY,
    SEAL_KEY,
    SHEET_KEY,
    metadata_seal,
    pixel_sha256,
    recipe_seal,
)
from core.provenance.answers import Form, Standing, Verdict
from core.provenance.chunks import FILE_KEY, chunks_of, file_hash, is_png, text_entries, troubles_of
from core.provenance.documents import examine_dicom, examine_pdf, is_dicom, is_pdf
from core.provenance.jumbf import frame_troubles
from core.provenance.manifest import RECIPE_LABEL, SHEET_LABEL, Manifest, read_manifest
from core.provenance.outgoing import SIGNED_KEY, SOURCE_KEY
from core.provenance.pixels import picture_in
from core.provenance.watermark import code_of, read_mark
from core.recipes import Recipe

_CREATOR = re.compile(rb"CreatorTool[^<]{0,3}>?Script2Skin")


@dataclass(frozen=True, slots=True)
class _Told:
    """What a file tells of how it was drawn: one recipe or a sheet's cells, as an object, and in records."""

    label: str
    values: Any = None
    recipe: Recipe | None = None
    cells: tuple[Cell, ...] = ()
    findings: list[str] = field(default_factory=list)


def examine(content: bytes, anchors: str = "") -> Verdict:
    """Examines a file's bytes. ``anchors`` is PEM of the authorities whose signature is trusted."""
    if is_dicom(content):
        return examine_dicom(content, anchors)
    if is_pdf(content):
        return examine_pdf(content, anchors)
    try:
        image = picture_in(content)
    except ImageFileError as error:
        return Verdict(Standing.UNKNOWN, (str(error),))
    entries = text_entries(content) if is_png(content) else []
    if any(key.startswith(RECIPE_KEY) for key, _ in entries):
        return _of_ours(content, entries, image, anchors)
    return _of_unknown(content, image)


def _of_ours(
    content: bytes, entries: list[tuple[str, str]], image: Image.Image | None, anchors: str
) -> Verdict:
    text = dict(entries)
    key = SHEET_KEY if SHEET_KEY in text and RECIPE_KEY not in text else RECIPE_KEY
    twice = [key for key, count in Counter(key for key, _ in entries).items() if count > 1]
    findings = [*troubles_of(content), *(f"The entry {key} is there twice." for key in twice)]
    findings += _metadata_findings(text, key, image)
    if FILE_KEY in text and text[FILE_KEY] != file_hash(content):
        findings.append("Bytes of the file are not the ones that were written.")
    told = _told_by_recipe(text) if key == RECIPE_KEY else _told_by_sheet(text[key])
    manifest, signing = _manifest(content, anchors, text, told)
    findings += [*told.findings, *signing]
    verdict = Verdict(
        Standing.ALTERED if findings else Standing.INTACT,
        tuple(findings),
        told.recipe,
        text.get(SOURCE_KEY, text.get(PIXELS_KEY)) if key == RECIPE_KEY else None,
        signer=manifest.signer if manifest else None,
        trusted=manifest.trusted if manifest else False,
        form=Form.PICTURE if key == RECIPE_KEY else Form.SHEET,
        pictures=told.cells,
    )
    mark = read_mark(image, thorough=bool(findings)) if image and SOURCE_KEY in text else None
    return replace(verdict, code=mark.code) if mark else verdict


def _metadata_findings(text: dict[str, str], key: str, image: Image.Image | None) -> list[str]:
    if image is None:
        return ["The picture can't be decoded."]
    pixels, findings = pixel_sha256(image), []
    if text.get(PIXELS_KEY) != pixels:
        findings.append("The pixels are not the ones that were written.")
    if text.get(SEAL_KEY) != recipe_seal(text.get(key, ""), text.get(PIXELS_KEY, "")):
        findings.append("The recipe is not the one that was written with these pixels.")
    sealed = key == SHEET_KEY or not text.keys().isdisjoint((SOURCE_KEY, METADATA_KEY, FILE_KEY))
    if sealed and text.get(METADATA_KEY) != metadata_seal(text):
        findings.append("The description beside the recipe was changed.")
    return findings


def _told_by_recipe(text: dict[str, str]) -> _Told:
    try:
        recipe = Recipe.from_json(text.get(RECIPE_KEY, ""))
    except RecipeError as error:
        return _Told(RECIPE_LABEL, findings=[f"The recipe can't be read. {error}"])
    return _Told(RECIPE_LABEL, recipe.to_dict(), recipe)


def _told_by_sheet(contents: str) -> _Told:
    try:
        return _Told(SHEET_LABEL, json.loads(contents), cells=read_cells(contents))
    except (RecipeError, ValueError) as error:
        return _Told(SHEET_LABEL, findings=[str(error)])


def _manifest(
    content: bytes, anchors: str, text: dict[str, str], told: _Told
) -> tuple[Manifest | None, list[str]]:
    try:
        manifest = read_manifest(content, anchors)
    except SigningError as error:
        return None, [str(error)]
    if manifest is None:
        removed = text.get(SIGNED_KEY) == "yes"
        return None, ["It was signed, and the signed manifest was removed."] if removed else []
    findings = [] if manifest.intact else [f"The signature does not fit ({', '.join(manifest.failures)})."]
    if told.values is not None and manifest.said.get(told.label) != told.values:
        findings.append("The signed manifest holds another recipe than the file.")
    if manifest.ingredients not in (0, len(told.cells)):
        findings.append("The signed manifest names other pictures than the file.")
    frames = [one.data for one in chunks_of(content) if one.kind == b"caBX"]
    return manifest, [*findings, *(words for frame in frames for words in frame_troubles(frame))]


def _of_unknown(content: bytes, image: Image.Image | None) -> Verdict:
    """Without our entries the watermark speaks, then XMP, which a conversion may have kept."""
    if image is None:
        return Verdict(Standing.UNKNOWN, ("It is not a picture that can be decoded.",))
    if mark := read_mark(image):
        lost = "Its recipe was removed or lost in a conversion; the invisible mark is still there."
        return Verdict(Standing.MARKED, (lost,), code=mark.code)
    if _CREATOR.search(content):
        said = "Its XMP names Script2Skin; recipe and invisible mark are gone, so nothing else can be said."
        return Verdict(Standing.UNKNOWN, (said,))
    words = "It carries no recipe and no invisible mark. Both can be removed, so this proves nothing."
    return Verdict(Standing.UNKNOWN, (words,))


def matches(verdict: Verdict, pixels: str) -> bool:
    """Whether the library's picture with this pixel hash can be the one a verdict speaks of."""
    return verdict.source == pixels if verdict.source else verdict.code == code_of(pixels)
