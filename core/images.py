"""Pictures as files: a PNG that carries its recipe and says it is synthetic, and a thumbnail beside it.

The PNG's text entries:

    Description           a sentence with the words "synthetic image"
    Software              Script2Skin
    XML:com.adobe.xmp     XMP with IPTC's digital source type
    script2skin           the whole recipe as JSON
    script2skin-pixels    SHA-256 of the pixels
    script2skin-seal      SHA-256 of recipe and pixel hash together, so that a changed recipe is noticed too
    script2skin-metadata  SHA-256 of all entries, so that any other changed word is noticed (since 0.2)
    script2skin-file      SHA-256 of every byte of the file but this entry and the C2PA manifest (since 0.2)

No time stands in the file, so the same recipe gives the same bytes. The hashes show that a file is unharmed;
they are no signature, since whoever changes a file on purpose can compute them again.
"""

import hashlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from PIL import Image, PngImagePlugin

from core.errors import ImageFileError, RecipeError
from core.files import write_files
from core.jobs import DrawnImage
from core.provenance.chunks import FILE_KEY, with_file_hash
from core.provenance.metadata import XMP_KEY, xmp_packet
from core.recipes import SIZE_MAX, Recipe

DESCRIPTION = (
    "A synthetic image drawn by Script2Skin; it shows no real person. "
    "For education and research, not for diagnosis."
)
STARTED_DESCRIPTION = (
    "A synthetic image drawn by Script2Skin from a start picture; if that was a photograph, it may still "
    "resemble what was in it. For education and research, not for diagnosis."
)
RECIPE_KEY = "script2skin"
PIXELS_KEY = "script2skin-pixels"
SHEET_KEY = "script2skin-sheet"
"""In place of the recipe where several pictures stand in one file (core/drawing/sheets.py)."""
SEAL_KEY = "script2skin-seal"
METADATA_KEY = "script2skin-metadata"
STRIP_MAX = 64
"""Pixels that a strip of words beneath a picture may add to its height."""
THUMBNAIL_SIZE = 256
COMPRESSION = 4
"""Of PNG files, zlib's 0 to 9: 6 would take two and a half times as long for 4 % less (measured)."""


def pixel_sha256(image: Image.Image) -> str:
    """Hash of width, height and 8-bit RGB values, whatever file they came from."""
    rgb = image.convert("RGB")
    return hashlib.sha256(f"{rgb.width}x{rgb.height}:".encode() + rgb.tobytes()).hexdigest()


def encode_png(image: Image.Image, recipe: Recipe, further: Mapping[str, str] | None = None) -> bytes:
    """The PNG file as bytes; equal pixels, recipe and ``further`` entries give equal bytes."""
    return encode_sealed(image, {**_entries(recipe, pixel_sha256(image)), **(further or {})})


def encode_sealed(image: Image.Image, entries: Mapping[str, str]) -> bytes:
    """The PNG file with these text entries, the hash of them all, and the hash of the file."""
    info = PngImagePlugin.PngInfo()
    for key, value in {**entries, METADATA_KEY: metadata_seal(entries)}.items():
        if key in (XMP_KEY, RECIPE_KEY, SHEET_KEY):
            info.add_itxt(key, value)
        else:
            info.add_text(key, value)
    buffer = BytesIO()
    image.convert("RGB").save(buffer, format="PNG", pnginfo=info, compress_level=COMPRESSION)
    return with_file_hash(buffer.getvalue())


def metadata_seal(entries: Mapping[str, str]) -> str:
    """SHA-256 of all text entries but the file's own hashes, whatever their order."""
    kept = sorted((key, value) for key, value in entries.items() if key not in (METADATA_KEY, FILE_KEY))
    return hashlib.sha256(repr(kept).encode()).hexdigest()


def _entries(recipe: Recipe, pixels: str) -> dict[str, str]:
    description, text = describe(recipe), recipe.to_json()
    return {
        "Description": description,
        "Software": "Script2Skin",
        XMP_KEY: xmp_packet(recipe, description),
        RECIPE_KEY: text,
        PIXELS_KEY: pixels,
        SEAL_KEY: recipe_seal(text, pixels),
    }


def describe(recipe: Recipe) -> str:
    """The sentence that a picture carries about itself."""
    return DESCRIPTION if recipe.start_hash is None else STARTED_DESCRIPTION


def write_png(path: Path, image: Image.Image, recipe: Recipe) -> str:
    """Writes the picture with its recipe, whole or not at all; returns the pixel hash.

    Raises:
        DiskFullError, StorageError: nothing was written.
    """
    write_files({Path(path): encode_png(image, recipe)})
    return pixel_sha256(image)


def encode_thumbnail(image: Image.Image) -> bytes:
    """A WebP picture that fits a square of THUMBNAIL_SIZE; smaller pictures are not enlarged."""
    small = image.convert("RGB")
    small.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    small.save(buffer, format="WEBP", quality=85, method=2)
    return buffer.getvalue()


def write_thumbnail(path: Path, image: Image.Image) -> None:
    """Writes the WebP thumbnail, whole or not at all.

    Raises:
        DiskFullError, StorageError: nothing was written.
    """
    write_files({Path(path): encode_thumbnail(image)})


def store_image(library: Path, image: Image.Image, recipe: Recipe, seconds: float) -> DrawnImage:
    """Puts picture and thumbnail into the library under the hash of the PNG file.

    Storing the same picture again is harmless: it lands on the same names with the same bytes.

    Raises:
        DiskFullError, StorageError: neither file was written.
    """
    content = encode_png(image, recipe)
    digest = hashlib.sha256(content).hexdigest()
    image_path = Path("images", digest[:2], f"{digest}.png")
    thumbnail_path = Path("thumbnails", digest[:2], f"{digest}.webp")
    write_files({library / image_path: content, library / thumbnail_path: encode_thumbnail(image)})
    return DrawnImage(
        image_path=image_path,
        thumbnail_path=thumbnail_path,
        file_sha256=digest,
        pixel_sha256=pixel_sha256(image),
        width=image.width,
        height=image.height,
        bytes=len(content),
        seconds=seconds,
        recipe=recipe,
    )


def read_recipe(path: Path) -> tuple[Recipe, str]:
    """The recipe in a picture and the hash of its pixels, both checked against the file.

    Raises:
        ImageFileError: the file is missing, damaged, not made by Script2Skin, or altered since.
    """
    return read_drawn(path)[1:]


def read_drawn(path: Path) -> tuple[Image.Image, Recipe, str]:
    """Picture, recipe and pixel hash, checked as by ``read_recipe`` (which says what is raised)."""
    image, text = _open_png(Path(path))
    missing = [key for key in (RECIPE_KEY, PIXELS_KEY, SEAL_KEY) if key not in text]
    if RECIPE_KEY in missing:
        raise ImageFileError(
            f"{path} carries no recipe: Script2Skin did not make it, or its metadata was removed."
        )
    pixels = pixel_sha256(image)
    if missing or text[PIXELS_KEY] != pixels:
        raise ImageFileError(f"{path} was altered: its pixels are not the ones its recipe was written for.")
    if text[SEAL_KEY] != recipe_seal(text[RECIPE_KEY], pixels):
        raise ImageFileError(f"{path} was altered: its recipe is not the one it was written with.")
    try:
        return image, Recipe.from_json(text[RECIPE_KEY]), pixels
    except RecipeError as error:
        raise ImageFileError(f"{path} carries a recipe that can't be read. {error}") from error


def read_picture(path: Path) -> Image.Image:
    """The decoded picture alone, whatever its metadata say.

    Raises:
        ImageFileError: the file is missing, damaged, or no PNG.
    """
    return _open_png(Path(path))[0]


def _open_png(path: Path) -> tuple[Image.Image, dict[str, str]]:
    """The decoded picture and its text entries. A picture larger than any we draw is not decoded."""
    try:
        with Image.open(path, formats=("PNG",)) as image:
            if image.width > SIZE_MAX or image.height > SIZE_MAX + STRIP_MAX:
                raise ImageFileError(
                    f"{path} is {image.width}x{image.height}: Script2Skin draws at most {SIZE_MAX}."
                )
            image.load()
            return image.copy(), {str(key): str(value) for key, value in image.info.items()}
    except FileNotFoundError as error:
        raise ImageFileError(f"There is no file {path}.") from error
    except Image.UnidentifiedImageError as error:
        raise ImageFileError(f"{path} is not a PNG picture.") from error
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise ImageFileError(f"{path} is damaged and can't be opened: {error}.") from error


def recipe_seal(recipe_json: str, pixels: str) -> str:
    """SHA-256 that ties a recipe to pixels."""
    return hashlib.sha256(f"{recipe_json}\n{pixels}".encode()).hexdigest()
