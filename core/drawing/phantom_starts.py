"""Clear-skin phantoms to start from: drawn once by ``training.render_starts``, released in data/starts."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image

from core.drawing.starts import StartKind, StartPicture, fit_start, prepare_start
from core.errors import ImageFileError
from core.images import pixel_sha256
from core.language.vocabulary import load_vocabulary
from core.recipes import Recipe
from core.settings import STARTS_DIR

INDEX_FILE = "index.json"
SIZE = 256
"""Pixels along one side of the released files."""


@dataclass(frozen=True, slots=True)
class PhantomStart:
    """Clear skin of one site and tone (vocabulary keys); ``sha256`` names its pixels at the released size."""

    site: str
    tone: str
    path: Path
    sha256: str


@lru_cache(maxsize=4)
def load_phantoms(folder: Path = STARTS_DIR) -> tuple[PhantomStart, ...]:
    """All released phantoms; none where the folder holds no index.

    Raises:
        ImageFileError: the index is damaged.
    """
    try:
        index = json.loads((folder / INDEX_FILE).read_text(encoding="utf-8"))
        listed = [(one["site"], one["tone"], one["file"], one["sha256"]) for one in index["phantoms"]]
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ImageFileError(f"{folder / INDEX_FILE} is damaged; copy data/starts again.") from error
    return tuple(PhantomStart(site, tone, folder / file, sha256) for site, tone, file, sha256 in listed)


def find_phantom(site: str | None, tone: str | None) -> PhantomStart | None:
    """The phantom of this site and tone, if there is one; of a Monk step that of its named tone."""
    asked = site, load_vocabulary().named_tone_key(tone)
    return next((one for one in load_phantoms() if (one.site, one.tone) == asked), None)


@lru_cache(maxsize=512)
def prepare_phantom(phantom: PhantomStart, width: int, height: int) -> StartPicture:
    """The phantom in the size of a drawing.

    Raises:
        ImageFileError: its file is missing or damaged.
    """
    return prepare_start(_opened(phantom), width, height, StartKind.PHANTOM)


def phantom_of(recipe: Recipe) -> PhantomStart | None:
    """Which phantom a recipe starts from, told by the hash; None if by none."""
    if recipe.start_hash is None:
        return None
    released = {one.sha256: one for one in load_phantoms()}
    found = released.get(recipe.start_hash)
    return found or _by_hash(recipe.width, recipe.height).get(recipe.start_hash)


@lru_cache(maxsize=4)
def _by_hash(width: int, height: int) -> dict[str, PhantomStart]:
    """All phantoms by the hash they have in this size; takes a second or two where they must be resized."""
    if (width, height) == (SIZE, SIZE):
        return {}
    fitted = ((one, fit_start(_opened(one), width, height)) for one in load_phantoms())
    return {pixel_sha256(image): one for one, image in fitted}


def _opened(phantom: PhantomStart) -> Image.Image:
    try:
        with Image.open(phantom.path, formats=("WEBP",)) as image:
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise ImageFileError(f"The phantom {phantom.path} can't be read; copy data/starts again.") from error
