"""Clear-skin phantoms to start from: drawn once by ``training.render_starts``, released in data/starts."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image

from core.errors import ImageFileError
from core.recipes import Recipe
from core.settings import STARTS_DIR
from core.starts import StartKind, StartPicture, prepare_start

INDEX_FILE = "index.json"


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
    """The phantom of this site and tone, if there is one."""
    return next((one for one in load_phantoms() if (one.site, one.tone) == (site, tone)), None)


@lru_cache(maxsize=512)
def prepare_phantom(phantom: PhantomStart, width: int, height: int) -> StartPicture:
    """The phantom in the size of a drawing.

    Raises:
        ImageFileError: its file is missing or damaged.
    """
    try:
        with Image.open(phantom.path, formats=("WEBP",)) as image:
            return prepare_start(image, width, height, StartKind.PHANTOM)
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise ImageFileError(f"The phantom {phantom.path} can't be read; copy data/starts again.") from error


def phantom_of(recipe: Recipe) -> PhantomStart | None:
    """Which phantom a recipe starts from, told by the hash; in another size than the released one, only those
    of the recipe's own sites are tried."""
    if recipe.start_hash is None:
        return None
    named = (one for one in load_phantoms() if one.sha256 == recipe.start_hash)
    near = (one for one in load_phantoms() if one.site in recipe.sites)
    made = (one for one in near if _prepared_for(one, recipe).sha256 == recipe.start_hash)
    return next(named, None) or next(made, None)


def _prepared_for(phantom: PhantomStart, recipe: Recipe) -> StartPicture:
    return prepare_phantom(phantom, recipe.width, recipe.height)
