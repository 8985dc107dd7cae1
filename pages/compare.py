"""Compare: any two attributes as rows and columns, one seed for all, each picture to be opened."""

import streamlit as st

from core.weights.model_cards import ModelCard
from pages.components.errors import errors_shown
from pages.components.frame import require_frame
from pages.components.generating.compare_form import ask_comparison, extent_line
from pages.components.generating.compare_table import is_under_way, latest_jobs, show_comparison
from pages.components.generating.encoder_choice import show_encoder
from pages.components.generating.model_picker import NO_MODEL, ask_model, current_card
from pages.components.generating.orders import order_comparison, wish_for
from pages.components.generating.settings_panel import ask_settings
from pages.components.heading import page_heading
from pages.components.library.detail import show_open_picture
from pages.components.library.selection import show_undo_bar
from pages.components.people import current_person
from pages.components.resources import Resources, open_resources


def show_page(resources: Resources, user: str) -> None:
    """The questions, what is under way, and the latest table."""
    page_heading("Compare")
    show_undo_bar(resources.repository, user)
    card = current_card(resources)
    jobs = latest_jobs(resources, user)
    if card is None:
        st.info(NO_MODEL, icon=":material/info:")
        ask_model(resources, user)
    else:
        _ask_and_order(resources, user, card, is_under_way(jobs))
    show_comparison(resources, user, jobs)
    show_open_picture(resources.repository, user)


def _ask_and_order(resources: Resources, user: str, card: ModelCard, busy: bool) -> None:
    """One table at a time: the next is drawn when this one is finished or cancelled."""
    with st.container(border=True, key="compare_form"):
        comparison = ask_comparison(card)
        row = st.container(horizontal=True, vertical_alignment="center")
        with st.expander("Advanced settings", icon=":material/tune:", type="compact"):
            ask_model(resources, user)
            choices = ask_settings(resources, card)
        show_encoder(choices.encoder)
        with row:
            pressed = st.button(
                "Draw",
                type="primary",
                icon=":material/play_arrow:",
                disabled=comparison is None or busy,
                help="Wait for the table below, or cancel it." if busy else None,
                key="compare_draw",
            )
            if comparison is not None:
                steps = choices.num_inference_steps
                st.caption(extent_line(resources.repository, user, card, comparison.count, steps))
    if pressed and comparison is not None and not busy:
        with errors_shown():
            order_comparison(resources, user, comparison, wish_for(None, "", card.source, choices))
            st.rerun()


require_frame("pages/compare.py")
with errors_shown():
    show_page(open_resources(), current_person())
