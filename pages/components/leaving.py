"""Pictures as they leave the app: marked, signed, and by setting with visible words beneath."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.provenance.outgoing import for_library
from db.records import Generation
from db.repository import Repository

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


def as_it_leaves(repository: Repository, person: str, generation: Generation) -> Callable[[], bytes]:
    """Makes the file when the button is pressed, and writes down that it was handed out; the library's own
    stays as it is."""
    return partial(_leaving, repository, person, generation, bool(st.session_state.get(WORDS, True)))


def _leaving(repository: Repository, person: str, generation: Generation, words: bool) -> bytes:
    content = for_library(repository.library, words).encode(generation.image_path)
    repository.audit.exported(person, f"picture {generation.id}")
    return content
