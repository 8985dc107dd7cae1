"""Pictures as they leave the app: marked, signed, and by setting with visible words beneath."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from core.provenance.outgoing import for_library

WORDS = "mark_downloads"


def choose_words() -> None:
    """The setting, for single downloads; ZIPs and exports never bear visible words."""
    with st.sidebar:
        st.checkbox(
            "Visible mark on downloads",
            value=True,
            key=WORDS,
            help="A strip beneath each single download says “Synthetic · not for diagnosis”. ZIPs and "
            "exports leave without it. Invisible mark, recipe and signature are always there.",
            persist_state="session",
        )


def as_it_leaves(library: Path, image: Path) -> Callable[[], bytes]:
    """Makes the file when the button is pressed; the library's own stays as it is."""
    return partial(_leaving, library, image, bool(st.session_state.get(WORDS, True)))


def _leaving(library: Path, image: Path, words: bool) -> bytes:
    return for_library(library, words).encode(image)
