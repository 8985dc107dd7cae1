"""The frame around each page, also when a page's address is the first that a fresh server is asked for.

Until a server has run ``st.navigation`` once, Streamlit takes a folder named ``pages`` for its older kind of
multipage app and runs a page alone: without navigation, disclaimer and person. Such a page goes through the
entry first.
"""

import streamlit as st

from pages.components.people import current_role, may_open

ENTRY = "streamlit_app.py"
FRAMED, WANTED = "frame_drawn", "frame_wanted"


def open_frame() -> None:
    """Called by the entry once the frame is drawn; goes on to the page that was asked for without it, if the
    person may open it, with what its address said besides."""
    wanted = st.session_state.pop(WANTED, None)
    if wanted and may_open(wanted):
        st.switch_page(wanted, query_params=_said())
    st.session_state[FRAMED] = True


def require_frame(page: str) -> None:
    """Called by each page first; ``page`` is its path from the project's root. Nobody gets past it to a page
    that their role does not allow, whatever way they came."""
    if not st.session_state.pop(FRAMED, False):
        st.session_state[WANTED] = page
        st.switch_page(ENTRY, query_params=_said())
    if not may_open(page):
        st.error(f"Your role ({current_role() or 'none'}) does not allow this page. An admin can change it.")
        st.stop()


def _said() -> dict[str, list[str]]:
    """What stands after the question mark: it names the person, and a switch of pages would drop it."""
    return {name: st.query_params.get_all(name) for name in st.query_params}
