"""About the model: what it is, what it can't do, how well it does it, and where it comes from."""

import streamlit as st

from core.weights.model_folders import locate_source
from pages.components.disclaimer import DISCLAIMER
from pages.components.errors import errors_shown
from pages.components.frame import require_frame
from pages.components.generating.model_picker import NO_MODEL
from pages.components.heading import page_heading
from pages.components.models.confusions import show_confusions
from pages.components.models.model_facts import (
    show_figures,
    show_limits,
    show_overview,
    show_provenance,
    show_samples,
)
from pages.components.resources import Resources, models_on_offer, open_resources


def show_page(resources: Resources) -> None:
    """The card of one model, top to bottom."""
    page_heading("About the model")
    st.markdown(f"**{DISCLAIMER}** The pictures show no patient.")
    cards, _ = models_on_offer(resources)
    if not cards:
        st.info(NO_MODEL, icon=":material/info:")
        return
    card = cards[0]
    if len(cards) > 1:
        card = st.selectbox("Model", cards, format_func=lambda c: c.label, key="about_model")
    show_overview(card)
    folder = locate_source(card.source)
    if folder is not None:
        show_samples(folder)
    show_figures(card)
    if folder is not None:
        show_confusions(folder)
    show_limits()
    show_provenance(card)


require_frame("pages/about.py")
with errors_shown():
    show_page(open_resources())
