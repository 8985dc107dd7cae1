"""Models: what can draw, side by side; tuned text encoders checked, put into use, and rolled back."""

import streamlit as st

from core.weights.model_cards import ModelCard
from pages.components.errors import errors_shown
from pages.components.frame import require_frame
from pages.components.generating.model_picker import NO_MODEL, ask_model_to_add, distinct_labels
from pages.components.heading import page_heading
from pages.components.models.added_models import show_added_models
from pages.components.models.candidate_card import show_candidates
from pages.components.models.candidate_state import standings
from pages.components.models.encoder_add import ask_encoder_to_add
from pages.components.models.encoder_in_use import show_in_use
from pages.components.models.loras import show_loras
from pages.components.models.models_table import show_models_table
from pages.components.people import current_person
from pages.components.resources import Resources, models_on_offer, open_resources


def show_page(resources: Resources, person: str) -> None:
    """The table of all, then the text encoders and LoRAs of one model."""
    with page_heading("Models"):
        ask_model_to_add(resources, person)
    cards, troubles = models_on_offer(resources)
    for trouble in troubles:
        st.warning(trouble, icon=":material/warning:")
    if not cards:
        st.info(NO_MODEL, icon=":material/info:")
        show_added_models(resources, person)
        return
    with errors_shown():
        show_models_table(resources, cards)
        show_added_models(resources, person)
    card = _ask_base(cards)
    st.markdown("### Text encoders")
    with errors_shown():
        _show_encoders(resources, person, card)
    st.markdown("### LoRAs")
    with errors_shown():
        show_loras(resources, person, card)


def _ask_base(cards: list[ModelCard]) -> ModelCard:
    """The model whose text encoders and LoRAs are shown."""
    if len(cards) == 1:
        return cards[0]
    labels = distinct_labels(cards)
    chosen = st.selectbox(
        "Of the model", list(labels), format_func=lambda key: labels[key], key="models_base"
    )
    return next(card for card in cards if card.source == chosen)


def _show_encoders(resources: Resources, person: str, card: ModelCard) -> None:
    known = standings(resources, card.source)
    show_in_use(resources, person, card, known)
    show_candidates(resources, person, card, known)
    ask_encoder_to_add(resources, person, card, known)


require_frame("pages/models.py")
with errors_shown():
    show_page(open_resources(), current_person())
