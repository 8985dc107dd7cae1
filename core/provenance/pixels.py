"""The pixels of a file that somebody brings, whatever it is, within what a machine can hold."""

from io import BytesIO

from PIL import Image

from core.errors import ImageFileError

PIXELS_MAX = 40_000_000


def picture_in(content: bytes) -> Image.Image | None:
    """The picture as RGB; None if it can't be decoded.

    Raises:
        ImageFileError: it is larger than is looked at.
    """
    try:
        with Image.open(BytesIO(content)) as image:
            check_size(image.width, image.height)
            return image.convert("RGB")
    except Image.DecompressionBombError as error:
        raise ImageFileError(f"The picture is too large to be looked at: {error}") from error
    except (OSError, SyntaxError, ValueError, EOFError):
        return None


def check_size(width: int, height: int) -> None:
    """Raises ImageFileError above PIXELS_MAX."""
    if width * height > PIXELS_MAX:
        raise ImageFileError(
            f"The picture is {width:,} x {height:,} pixels; at most {PIXELS_MAX // 1_000_000} million are "
            "looked at. Script2Skin draws none of that size; cut out the part in question."
        )
