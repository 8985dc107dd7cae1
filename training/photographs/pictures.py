"""One picture: verified, turned upright, its colours sRGB, resized once; nothing else of the file is kept."""

import struct
import warnings
import zlib
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import imagehash
from PIL import ExifTags, Image, ImageCms

from core.errors import ImageFileError

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")
MEGAPIXELS_MAX = 50
SIDE_MIN = 64
"""Pixels of the shorter side below which nothing of a rash can be seen."""
QUALITY = 92
"""Of JPEG, with colours at full resolution: redness is what the picture is about."""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each orientation of the EXIF standard."""
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")
"""What Pillow turns into 8-bit RGB without losing anything."""
DAMAGES = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow raises on files that are broken, by accident or on purpose."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A JPEG file without metadata, its size, a perceptual hash of 64 bits, and sentences about changes."""

    content: bytes
    width: int
    height: int
    perceptual_hash: str
    notes: tuple[str, ...] = ()


def prepare_picture(content: bytes, size: int) -> Prepared:
    """Decodes the whole picture and writes it with its shorter side at most ``size`` pixels; never enlarged.

    Raises:
        ImageFileError: it is no picture, damaged, too large, or too small; the message is the reason alone.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _prepared(content, size)
    except Image.UnidentifiedImageError as error:
        raise ImageFileError("it is no picture of a kind that is read") from error
    except DAMAGES as error:
        raise ImageFileError(f"it is damaged: {error or type(error).__name__}") from error


def _prepared(content: bytes, size: int) -> Prepared:
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        _check(image)
        notes: list[str] = []
        image.draft(None, _target(image.size, size))
        image.load()
        shown = _in_srgb(_upright(image, notes), notes)
    target = _target(shown.size, size)
    if target != shown.size:
        shown = shown.resize(target, Image.Resampling.LANCZOS)
    shown.info = {}
    buffer = BytesIO()
    shown.save(buffer, "JPEG", quality=QUALITY, subsampling="4:4:4")
    return Prepared(buffer.getvalue(), *target, str(imagehash.phash(shown)), tuple(notes))


def _check(image: Image.Image) -> None:
    """Refuses by the header alone, before a pixel is decoded."""
    width, height = image.size
    if width * height > MEGAPIXELS_MAX * 1_000_000:
        raise ImageFileError(
            f"it has {width} x {height} pixels, {width * height / 1e6:.0f} megapixels; at most "
            f"{MEGAPIXELS_MAX} are read"
        )
    if min(width, height) < SIDE_MIN:
        raise ImageFileError(f"it has {width} x {height} pixels; the shorter side needs {SIDE_MIN}")
    if image.mode not in MODES:
        raise ImageFileError(f"its pixels are of the kind {image.mode}; save it with 8 bits a colour")


def _target(size: tuple[int, int], shorter: int) -> tuple[int, int]:
    """(width, height) with the shorter side at ``shorter``, or as they are where they are smaller."""
    width, height = size
    least = min(width, height)
    if least <= shorter:
        return size
    return round(width * shorter / least), round(height * shorter / least)


def _upright(image: Image.Image, notes: list[str]) -> Image.Image:
    """Turned as its metadata say. Not by Pillow's exif_transpose, which fails on metadata it can't write."""
    try:
        turn = TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except DAMAGES:
        notes.append("its metadata can't be read; it is taken to stand upright")
        return image
    return image.transpose(turn) if turn is not None else image


def _in_srgb(image: Image.Image, notes: list[str]) -> Image.Image:
    """8-bit RGB in sRGB: transparency over white, an embedded colour profile applied."""
    profile = image.info.get("icc_profile")
    if "transparency" in image.info or image.mode in ("LA", "PA", "RGBA"):
        notes.append("its transparent parts are white now")
        layer = image.convert("RGBA")
        image = Image.new("RGB", image.size, "white")
        image.paste(layer, mask=layer.getchannel("A"))
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            return _transformed(image, profile)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            notes.append("its colour profile can't be read; its colours are taken as sRGB")
    return image.convert("RGB")


def _transformed(image: Image.Image, profile: bytes) -> Image.Image:
    transform = _to_srgb(profile, image.mode)
    applied = ImageCms.applyTransform(image, transform) if transform else None
    return applied or image.convert("RGB")


@lru_cache(maxsize=16)
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform of a profile (a camera repeats one in all its pictures); None where it is sRGB."""
    opened = ImageCms.ImageCmsProfile(BytesIO(profile))
    if mode == "RGB" and "srgb" in ImageCms.getProfileDescription(opened).lower():
        return None
    return ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB")
