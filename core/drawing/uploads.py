"""Photographs from outside: read with suspicion, turned upright, brought to sRGB, stripped to their pixels.

What a camera writes beside the pixels (place, time, device, a small copy of the picture) is left behind.
"""

import struct
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms, ImageOps

from core.errors import ImageFileError
from core.recipes import SIZE_MAX

FORMATS = ("JPEG", "PNG", "WEBP")
EXTENSIONS = ("jpg", "jpeg", "png", "webp")
BYTES_MAX = 40_000_000
PIXELS_MAX = 64_000_000
SIDE_MIN = 64

_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, KeyError, TypeError, struct.error)
"""What Pillow raises for files that are cut off, damaged or made to harm."""


def read_photograph(content: bytes, name: str) -> Image.Image:
    """The pixels of an uploaded photograph, upright, in 8-bit sRGB, its shorter side at most SIZE_MAX.

    Transparent places become white. The same file always gives the same pixels.

    Raises:
        ImageFileError: no picture, damaged, an animation, too small or too large; the message says which.
    """
    if len(content) > BYTES_MAX:
        raise ImageFileError(
            f"'{name}' has {len(content) / 1e6:.0f} MB; at most {BYTES_MAX // 10**6} MB are read. "
            "Save a smaller copy of it."
        )
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as opened:
            _check_extent(opened, name)
            upright = ImageOps.exif_transpose(opened)
    except Image.UnidentifiedImageError as error:
        raise ImageFileError(
            f"'{name}' is no JPEG, PNG or WebP picture. Save it as one of these (a HEIC photograph of a "
            "telephone as JPEG) and upload that."
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_large(name, "more than 170") from error
    except _UNREADABLE as error:
        raise ImageFileError(f"'{name}' is damaged and can't be opened. Export or copy it again.") from error
    return _bare(_reduced(_in_srgb(_opaque(_in_eight_bits(upright)))))


def _check_extent(image: Image.Image, name: str) -> None:
    """Asks the header, before anything is decoded. A camera's MPO is a photograph with a second view."""
    if image.width * image.height > PIXELS_MAX:
        raise _too_large(name, f"{image.width * image.height / 1e6:.0f}")
    if min(image.size) < SIDE_MIN:
        raise ImageFileError(
            f"'{name}' is {image.width} x {image.height} pixels; each side must have at least {SIDE_MIN}. "
            "Choose a larger picture."
        )
    if image.format != "MPO" and (frames := getattr(image, "n_frames", 1)) > 1:
        raise ImageFileError(f"'{name}' is an animation of {frames} pictures. Upload a single one.")


def _too_large(name: str, megapixels: str) -> ImageFileError:
    return ImageFileError(
        f"'{name}' has {megapixels} megapixels; at most {PIXELS_MAX // 10**6} are read. "
        "Save a smaller copy of it: the model draws far fewer."
    )


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Greys of 16 bits are divided by 257, so that white stays white."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image, np.float64) / 257).round().clip(0, 255).astype(np.uint8))


def _opaque(image: Image.Image) -> Image.Image:
    """Palettes become RGB, and what is transparent lies on white."""
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    layered = image.convert("RGBA")
    ground = Image.new("RGBA", layered.size, "white")
    flat = Image.alpha_composite(ground, layered).convert("RGB")
    flat.info = dict(image.info)
    return flat


def _in_srgb(image: Image.Image) -> Image.Image:
    """Colours as the file's own profile means them (telephones often write Display P3); a profile that does
    not fit the pixels is passed over, as every browser does."""
    profile = image.info.get("icc_profile")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, srgb, outputMode="RGB")
            return image.convert("RGB") if converted is None else converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return image.convert("RGB")


def _reduced(image: Image.Image) -> Image.Image:
    """No larger than a drawing can be: its shorter side at most SIZE_MAX."""
    if min(image.size) <= SIZE_MAX:
        return image
    scale = SIZE_MAX / min(image.size)
    size = round(image.width * scale), round(image.height * scale)
    return image.resize(size, Image.Resampling.LANCZOS)


def _bare(image: Image.Image) -> Image.Image:
    """The pixels in a new picture that never saw the file."""
    return Image.frombytes("RGB", image.size, image.tobytes())
