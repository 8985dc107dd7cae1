"""What can be said of a file: made by Script2Skin or not, altered or not, and by which recipe.

Without a signature the checks show every accident and every careless change; who alters a file on purpose can
compute the hashes again. With one, they can't: they would have to sign by another certificate, or to remove
the manifest.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from io import BytesIO

from PIL import Image

from core.errors import RecipeError, SigningError
from core.images import (
    METADATA_KEY,
    PIXELS_KEY,
    RECIPE_KEY,
    SEAL_KEY,
    metadata_seal,
    pixel_sha256,
    recipe_seal,
)
from core.provenance.chunks import is_png, text_entries, troubles_of
from core.provenance.manifest import Manifest, read_manifest
from core.provenance.outgoing import SIGNED_KEY, SOURCE_KEY
from core.provenance.watermark import code_of, read_mark
from core.recipes import Recipe

PIXELS_MAX = 40_000_000
_CREATOR = re.compile(rb"CreatorTool[^<]{0,3}>?Script2Skin")


class Standing(StrEnum):
    """The short answer."""

    INTACT = "intact"
    ALTERED = "altered"
    MARKED = "marked"
    UNKNOWN = "unknown"


HEADLINES = {
    Standing.INTACT: "Made by Script2Skin, and not altered.",
    Standing.ALTERED: "Made by Script2Skin, and altered since.",
    Standing.MARKED: "Its pixels were drawn by Script2Skin; the file was made anew from them.",
    Standing.UNKNOWN: "Nothing says that Script2Skin made it.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """``findings`` are sentences. ``source`` is the pixel hash in the library that drew it; ``code``, its
    first 32 bits, was read from the watermark; ``signer`` is None for an unsigned file."""

    standing: Standing
    findings: tuple[str, ...] = ()
    recipe: Recipe | None = None
    source: str | None = None
    code: int | None = None
    signer: str | None = None
    trusted: bool = False

    @property
    def headline(self) -> str:
        """The short answer as a sentence."""
        return HEADLINES[self.standing]


def examine(content: bytes, anchors: str = "") -> Verdict:
    """Examines a file's bytes. ``anchors`` is PEM of the authorities whose signature is trusted."""
    image = _decoded(content)
    entries = text_entries(content) if is_png(content) else []
    if any(key.startswith(RECIPE_KEY) for key, _ in entries):
        return _of_ours(content, entries, image, anchors)
    return _of_unknown(content, image)


def _of_ours(
    content: bytes, entries: list[tuple[str, str]], image: Image.Image | None, anchors: str
) -> Verdict:
    text = dict(entries)
    twice = [key for key, count in Counter(key for key, _ in entries).items() if count > 1]
    findings = [*troubles_of(content), *(f"The entry {key} is there twice." for key in twice)]
    findings += _metadata_findings(text, image)
    recipe, found = _recipe(text.get(RECIPE_KEY, ""))
    manifest, signing = _manifest(content, anchors, text, recipe)
    findings += [*found, *signing]
    verdict = Verdict(
        Standing.ALTERED if findings else Standing.INTACT,
        tuple(findings),
        recipe,
        text.get(SOURCE_KEY, text.get(PIXELS_KEY)),
        signer=manifest.signer if manifest else None,
        trusted=manifest.trusted if manifest else False,
    )
    mark = read_mark(image, thorough=bool(findings)) if image and SOURCE_KEY in text else None
    return replace(verdict, code=mark.code) if mark else verdict


def _metadata_findings(text: dict[str, str], image: Image.Image | None) -> list[str]:
    if image is None:
        return ["The picture can't be decoded."]
    pixels, findings = pixel_sha256(image), []
    if text.get(PIXELS_KEY) != pixels:
        findings.append("The pixels are not the ones that were written.")
    if text.get(SEAL_KEY) != recipe_seal(text.get(RECIPE_KEY, ""), text.get(PIXELS_KEY, "")):
        findings.append("The recipe is not the one that was written with these pixels.")
    exported = SOURCE_KEY in text
    if (exported or METADATA_KEY in text) and text.get(METADATA_KEY) != metadata_seal(text):
        findings.append("The description beside the recipe was changed.")
    return findings


def _recipe(text: str) -> tuple[Recipe | None, list[str]]:
    try:
        return Recipe.from_json(text), []
    except RecipeError as error:
        return None, [f"The recipe can't be read. {error}"]


def _manifest(
    content: bytes, anchors: str, text: dict[str, str], recipe: Recipe | None
) -> tuple[Manifest | None, list[str]]:
    try:
        manifest = read_manifest(content, anchors)
    except SigningError as error:
        return None, [str(error)]
    if manifest is None:
        removed = text.get(SIGNED_KEY) == "yes"
        return None, ["It was signed, and the signed manifest was removed."] if removed else []
    findings = [] if manifest.intact else [f"The signature does not fit ({', '.join(manifest.failures)})."]
    if recipe is not None and manifest.recipe != recipe.to_dict():
        findings.append("The signed manifest holds another recipe than the file.")
    return manifest, findings


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


def _decoded(content: bytes) -> Image.Image | None:
    try:
        with Image.open(BytesIO(content)) as image:
            if image.width * image.height > PIXELS_MAX:
                return None
            return image.convert("RGB")
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
        return None
