"""The one place where an error becomes words on the screen."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import (
    BlindedError,
    DiskFullError,
    EncoderMismatchError,
    GenerationError,
    LibraryBusyError,
    ModelError,
    NewerSchemaError,
    NotFoundError,
    Script2SkinError,
    StorageError,
)

WAYS_OUT: tuple[tuple[type[Script2SkinError], str], ...] = (
    (DiskFullError, "Free some space (History can delete pictures), then try again. Nothing was lost."),
    (LibraryBusyError, "Wait a few seconds and try again. Nothing was lost."),
    (NewerSchemaError, "Update Script2Skin, or set SCRIPT2SKIN_LIBRARY to another folder."),
    (NotFoundError, "It may have been deleted meanwhile; History shows what is there."),
    (EncoderMismatchError, "Choose the text encoder that belongs to this model."),
    (ModelError, "Choose another model under Advanced settings, or repair the folder and try again."),
    (GenerationError, "Retry draws the same recipe again."),
)


def way_out(error: Script2SkinError) -> str:
    """What to do next, or "" where the error's own sentence says it."""
    return next((words for kind, words in WAYS_OUT if isinstance(error, kind)), "")


def show_error(error: Script2SkinError) -> None:
    """Draws the error's sentence and the way out; what a study hides is no fault of anybody's."""
    if isinstance(error, BlindedError):
        st.info(str(error), icon=":material/visibility_off:")
        return
    hint = way_out(error)
    st.error(f"{error}\n\n{hint}" if hint else str(error), icon=":material/error:")


@contextmanager
def errors_shown() -> Iterator[None]:
    """Shows the errors a user can meet and lets the rest of the page go on."""
    try:
        yield
    except Script2SkinError as error:
        show_error(error)


def show_closed_library(error: StorageError, library: str) -> None:
    """The page that stands in for every other while the library can't be opened."""
    st.title("The library can't be opened")
    show_error(error)
    st.markdown(
        f"Pictures and ratings are kept in `{library}`. Nothing in it was changed.\n\n"
        "- If another program is using it, close that program and try again.\n"
        "- If the disk is full or read-only, make room or choose another folder with `SCRIPT2SKIN_LIBRARY`.\n"
        "- A saved copy is brought back with `python -m db.restore --input FILE`."
    )
    st.button("Try again", icon=":material/refresh:", type="primary", key="library_try_again")
