"""Pictures as they leave the app: marked, signed, and by setting with visible words beneath."""

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


def show_download(repository: Repository, person: str, generation: Generation, shown: bool, key: str) -> None:
    """Hands out the file as it leaves, recipe inside; it is made, and the handing out written down, when the
    button is pressed. The library's own stays as it is. Off for a picture that is not shown."""
    words = bool(st.session_state.get(WORDS, True))
    st.download_button(
        "Download",
        data=partial(_leaving, repository, person, generation, words),
        file_name=f"script2skin-{generation.id}.png",
        mime="image/png",
        icon=":material/download:",
        width="stretch",
        on_click="ignore",
        disabled=not shown,
        key=key,
    )


def _leaving(repository: Repository, person: str, generation: Generation, words: bool) -> bytes:
    content = for_library(repository.library, words).encode(generation.image_path)
    repository.audit.exported(person, f"picture {generation.id}")
    return content
