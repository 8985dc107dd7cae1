"""The frame around each page, also when a page's address is the first that a fresh server is asked for.

Until a server has run ``st.navigation`` once, Streamlit takes a folder named ``pages`` for its older kind of
multipage app and runs a page alone: without navigation, disclaimer and person. Such a page goes through the
entry first.
"""

import streamlit as st

ENTRY = "streamlit_app.py"
FRAMED, WANTED = "frame_drawn", "frame_wanted"


def open_frame() -> None:
    """Called by the entry once the frame is drawn; goes on to the page that was asked for without it."""
    if wanted := st.session_state.pop(WANTED, None):
        st.switch_page(wanted)
    st.session_state[FRAMED] = True


def require_frame(page: str) -> None:
    """Called by each page first; ``page`` is its path from the project's root."""
    if not st.session_state.pop(FRAMED, False):
        st.session_state[WANTED] = page
        st.switch_page(ENTRY)
