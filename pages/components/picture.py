"""Pictures on screen: from files, with words for who can't see them and where a file is broken."""

from functools import lru_cache
from io import BytesIO
from pathlib import Path

import streamlit as st
from PIL import Image, ImageOps

from core.recipes import Recipe
from pages.components.wording import alt_text


def show_picture(path: Path, recipe: Recipe) -> bool:
    """Draws the picture's own pixels (no lossy copy); returns False where words had to stand in."""
    if not is_readable(path):
        show_missing("This picture can't be shown: its file is missing or damaged.")
        return False
    st.image(path, alt=alt_text(recipe), width="stretch", output_format="PNG")
    return True


def show_thumbnail(thumbnail: Path, image: Path, recipe: Recipe) -> None:
    """Draws the thumbnail, or the picture itself where the thumbnail is damaged, or words."""
    source = next((path for path in (thumbnail, image) if is_readable(path)), None)
    if source is None:
        show_missing("No preview: the files of this picture are missing or damaged.")
    else:
        st.image(source, alt=alt_text(recipe), width="stretch")


def show_blind_picture(path: Path) -> bool:
    """Draws the picture with nothing that tells its prompt, neither alt text nor metadata of the file."""
    if not is_readable(path):
        show_missing("This picture can't be shown: its file is missing or damaged. Skip it to go on.")
        return False
    st.image(_bare_png(path, _stamp(path)), alt="Picture to be rated", width="stretch", output_format="PNG")
    return True


def show_preview(path: Path, words: str) -> None:
    """Draws the forming picture; the worker may be writing the first one right now."""
    if is_readable(path):
        st.image(path, alt=words, width="stretch")
    else:
        show_missing(words, icon=":material/hourglass_empty:")


def is_readable(path: Path) -> bool:
    """True if the file decodes whole. Asked once per version of a file."""
    try:
        return _decodes(path, _stamp(path))
    except OSError:
        return False


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=4096)
def _decodes(path: Path, stamp: tuple[int, int]) -> bool:
    try:
        with Image.open(path) as image:
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return stamp[0] > 0


@lru_cache(maxsize=16)
def _bare_png(path: Path, stamp: tuple[int, int]) -> bytes:
    """The same pixels as PNG without any text chunk."""
    with Image.open(path) as image:
        pixels = Image.frombytes(image.mode, image.size, image.tobytes())
    bare = BytesIO()
    pixels.save(bare, "PNG")
    return bare.getvalue()


def show_missing(words: str, icon: str = ":material/broken_image:") -> None:
    """Words where a picture would be."""
    with st.container(key=None, border=True, height=180, vertical_alignment="center"):
        st.caption(f"{icon} {words}", text_alignment="center")


def show_sized_picture(path: Path, side: int) -> None:
    """A square of ``side`` pixels from the middle, so that form and size tell nothing, without metadata."""
    if is_readable(path):
        picture = _square_png(path, _stamp(path), side)
        st.image(picture, alt="Picture to be rated", width="stretch", output_format="PNG")
    else:
        show_missing(
            "This picture can't be shown: its file is missing or damaged. Answer that it can't be judged."
        )


@lru_cache(maxsize=16)
def _square_png(path: Path, stamp: tuple[int, int], side: int) -> bytes:
    with Image.open(path) as image:
        fitted = ImageOps.fit(image.convert("RGB"), (side, side), Image.Resampling.LANCZOS)
    bare = BytesIO()
    Image.frombytes("RGB", fitted.size, fitted.tobytes()).save(bare, "PNG")
    return bare.getvalue()
