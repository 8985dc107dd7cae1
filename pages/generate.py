"""Generate: choose, read the caption, press Generate, watch the picture form, rate it."""

from functools import partial

import streamlit as st

from core.recipes import COUNT_MAX
from core.weights.model_cards import ModelCard
from pages.components.errors import errors_shown
from pages.components.frame import require_frame
from pages.components.generating.encoder_choice import show_encoder
from pages.components.generating.form import ask_mode, ask_subject, show_not_offered
from pages.components.generating.model_picker import NO_MODEL, ask_model, current_card
from pages.components.generating.orders import order_pictures, shown_requests, wish_for
from pages.components.generating.progress import show_progress
from pages.components.generating.results import show_results
from pages.components.generating.settings_panel import ask_settings
from pages.components.generating.start_form import ask_start
from pages.components.heading import page_heading
from pages.components.people import current_person
from pages.components.resources import Resources, open_resources


def show_page(resources: Resources, user: str) -> None:
    """The form, what is under way, and what was drawn."""
    with page_heading("Generate"):
        ask_mode()
    card = current_card(resources)
    if card is None:
        st.info(NO_MODEL, icon=":material/info:")
        ask_model(resources, user)
        return
    _ask_and_order(resources, user, card)
    show_progress(resources, user, partial(shown_requests, resources, user))
    show_results(resources, user)


def _ask_and_order(resources: Resources, user: str, card: ModelCard) -> None:
    with st.container(border=True, key="form"):
        attributes, prompt = ask_subject(card)
        row = st.container(horizontal=True, vertical_alignment="bottom")
        with st.container(gap="xsmall"):
            start_section = st.container()
            with st.expander("Advanced settings", icon=":material/tune:", type="compact"):
                ask_model(resources, user)
                choices = ask_settings(resources, card)
            show_encoder(choices.encoder)
            show_not_offered(card)
        with start_section:
            start = ask_start(card, attributes, prompt, choices.num_inference_steps)
        with row:
            count = st.number_input(
                "How many pictures",
                1,
                COUNT_MAX,
                key="form_count",
                width=180,
                persist_state="session",
                help=f"1 to {COUNT_MAX}; each has a seed of its own.",
            )
            pressed = st.button("Generate", type="primary", icon=":material/play_arrow:", key="generate")
    if pressed:
        with errors_shown():
            wish = wish_for(attributes, prompt, card.source, choices)
            order_pictures(resources, user, wish, int(count), start)
            st.rerun()


require_frame("pages/generate.py")
with errors_shown():
    show_page(open_resources(), current_person())
