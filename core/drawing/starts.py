"""Start pictures: what a drawing starts from, as pixels alone, kept in the library under the hash of these.

    library/starts/phantoms/HASH.png   drawn clear skin; shows nobody, so it stays
    library/starts/kept/HASH.png       photographs whose owner said "keep"
    library/starts/passing/HASH.png    photographs that go when no waiting or running job needs them

``db.starts`` decides when they come and go; this module knows how they look.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from core.errors import ImageFileError, InputError
from core.files import write_files
from core.images import pixel_sha256, read_picture
from core.recipes import Recipe

FOLDER = "starts"


class StartKind(StrEnum):
    """Whose picture it is and how long it stays; the value is its folder."""

    PHANTOM = "phantoms"
    KEPT = "kept"
    PASSING = "passing"


@dataclass(frozen=True, slots=True)
class StartPicture:
    """A picture ready to start from: ``png`` holds pixels and no metadata, ``sha256`` names the pixels."""

    sha256: str
    png: bytes
    kind: StartKind

    def image(self) -> Image.Image:
        """The picture itself, RGB."""
        return Image.open(BytesIO(self.png)).convert("RGB")


def prepare_start(
    image: Image.Image, width: int, height: int, kind: StartKind = StartKind.PASSING
) -> StartPicture:
    """Crops the middle of a picture to the shape of the drawing and brings it to its size.

    A picture that has this size already stays as it is, so preparing twice changes nothing.
    """
    bare = fit_start(image, width, height)
    buffer = BytesIO()
    bare.save(buffer, format="PNG")
    return StartPicture(pixel_sha256(bare), buffer.getvalue(), kind)


def fit_start(image: Image.Image, width: int, height: int) -> Image.Image:
    """The pixels of ``prepare_start`` alone, in a picture without metadata."""
    fitted = ImageOps.fit(image.convert("RGB"), (width, height), Image.Resampling.LANCZOS)
    return Image.frombytes("RGB", fitted.size, fitted.tobytes())


def with_start(recipe: Recipe, start: StartPicture, strength: float) -> Recipe:
    """The recipe, starting from this picture.

    Raises:
        RecipeError: the strength is out of range, or too low to draw a step.
    """
    return replace(recipe, strength=strength, start_hash=start.sha256)


def start_path(library: Path, kind: StartKind, sha256: str) -> Path:
    """Where a start picture of this kind is or would be."""
    return library / FOLDER / kind / f"{sha256}.png"


def find_start(library: Path, sha256: str) -> tuple[StartKind, Path] | None:
    """The start picture in the library, if it is there, under its most lasting kind."""
    places = ((kind, start_path(library, kind, sha256)) for kind in StartKind)
    return next(((kind, path) for kind, path in places if path.is_file()), None)


def store_start(library: Path, start: StartPicture) -> Path:
    """Puts a start picture into the library, whole or not at all.

    Half-written files lie among the passing ones only, where the next sweep finds them.

    Raises:
        DiskFullError, StorageError: nothing was written.
    """
    passing = start_path(library, StartKind.PASSING, start.sha256)
    path = start_path(library, start.kind, start.sha256)
    write_files({passing: start.png})
    if path != passing:
        path.parent.mkdir(parents=True, exist_ok=True)
        passing.replace(path)
    return path


def read_start(library: Path, recipe: Recipe) -> Image.Image | None:
    """The picture a recipe starts from; None if it starts from noise.

    Raises:
        InputError: it is not in the library (any more).
        ImageFileError: its file is damaged.
    """
    if recipe.start_hash is None:
        return None
    found = find_start(library, recipe.start_hash)
    if found is None:
        raise InputError(gone_message(recipe.start_hash))
    image = read_picture(found[1])
    if pixel_sha256(image) != recipe.start_hash:
        raise ImageFileError(
            f"The start picture {found[1]} was altered. Remove the file and upload the photograph again."
        )
    return image


def check_start(recipe: Recipe, start: Image.Image | None) -> None:
    """Checks that a recipe is drawn from the picture it names, or from none if it names none.

    Raises:
        InputError: the picture is another one, of another size, missing, or not asked for.
    """
    found = None if start is None else pixel_sha256(start)
    if found != recipe.start_hash:
        raise InputError(
            f"The start picture given is {found}, the recipe starts from {recipe.start_hash}. "
            "Give the picture it was prepared from."
        )
    if start is not None and start.size != (recipe.width, recipe.height):
        raise InputError(
            f"The start picture is {start.width} x {start.height}, the recipe draws {recipe.width} x "
            f"{recipe.height}. Prepare it for that size."
        )


def gone_message(sha256: str) -> str:
    """What to do where a start picture was not kept."""
    return (
        f"The photograph this picture starts from ({sha256[:8]}) is no longer here: it was not to be kept. "
        "Upload the same photograph again under 'Start from a photograph' and press Generate."
    )
