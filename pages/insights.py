"""Insights: what was drawn, rated and found good, tones, models compared, ratings over time."""

from collections.abc import Callable

import streamlit as st

from db.repository import Repository
from pages.components.errors import errors_shown
from pages.components.frame import require_frame
from pages.components.heading import page_heading
from pages.components.insights.figures import show_figures
from pages.components.insights.filters import Asked, ask_scope, is_narrowed
from pages.components.insights.map import show_map
from pages.components.insights.models import show_models
from pages.components.insights.times import show_times
from pages.components.insights.tones import show_tones
from pages.components.library.detail import show_open_picture
from pages.components.library.selection import show_undo_bar
from pages.components.library.withheld import show_withheld
from pages.components.people import current_person, link_to
from pages.components.resources import open_resources

PARTS: dict[str, Callable[[Repository, str, Asked], None]] = {
    "Rash, site and tone": show_map,
    "Asked and measured tone": show_tones,
    "Models and encoders": show_models,
    "Over time": show_times,
}


def show_page(repository: Repository, person: str) -> None:
    """Filters, the figures of all pictures, and one part with the pictures behind its marks."""
    page_heading("Insights")
    show_withheld(repository, person)
    show_undo_bar(repository, person)
    asked = ask_scope(repository, person)
    counts = repository.insights.counts(asked.scope, person)
    if not counts.pictures:
        _show_empty()
        return
    show_figures(counts)
    part = st.segmented_control(
        "Part",
        list(PARTS),
        default=next(iter(PARTS)),
        key="insights_part",
        label_visibility="collapsed",
        required=True,
        persist_state="session",
    )
    PARTS[str(part)](repository, person, asked)
    show_open_picture(repository, person)


def _show_empty() -> None:
    with st.container(border=True, horizontal_alignment="center", key="insights_empty"):
        if is_narrowed():
            st.markdown("#### No picture matches", text_alignment="center")
            st.caption("Choose a longer period, or another model or encoder.", text_alignment="center")
        else:
            st.markdown("#### Nothing to count yet", text_alignment="center")
            st.caption(
                "Here stands what was drawn, how it was rated, and how the asked skin tones came out.",
                text_alignment="center",
            )
            link_to("pages/generate.py", "Generate the first picture")


require_frame("pages/insights.py")
with errors_shown():
    show_page(open_resources().repository, current_person())
