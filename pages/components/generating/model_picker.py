"""Which model draws, and how another one is added."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.errors import ModelMissingError
from core.roles import Capability
from core.weights.checkpoints import check_model_folder
from core.weights.model_cards import ModelCard, load_card
from pages.components.errors import errors_shown
from pages.components.generating.settings_panel import MODEL
from pages.components.keeping import carry_over
from pages.components.people import may
from pages.components.resources import Resources, models_on_offer

ADDED = "model_added"
NO_MODEL = (
    "No model is installed yet. Put a diffusers folder under `data/models`, or add one below by its folder "
    "or hub id."
)


def current_card(resources: Resources) -> ModelCard | None:
    """The card of the chosen model, or of the first one; None while there is none at all."""
    cards, _ = models_on_offer(resources)
    if added := st.session_state.pop(ADDED, None):
        st.session_state[MODEL] = added
    chosen = st.session_state.get(MODEL)
    return next((card for card in cards if card.source == chosen), cards[0] if cards else None)


def ask_model(resources: Resources, user: str) -> None:
    """Draws the choice of models and, beside it, the way to add one."""
    cards, troubles = models_on_offer(resources)
    labels = distinct_labels(cards)
    if st.session_state.get(MODEL) not in labels and labels:
        st.session_state[MODEL] = next(iter(labels))
    carry_over(MODEL)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if labels:
            st.selectbox(
                "Model",
                list(labels),
                key=MODEL,
                format_func=lambda source: labels.get(source, source),
                help="The pipeline that draws. Its card is on the page About the model.",
                persist_state="session",
            )
        ask_model_to_add(resources, user)
    for trouble in troubles:
        st.warning(trouble, icon=":material/warning:")


def ask_model_to_add(resources: Resources, user: str) -> None:
    """The button that opens the form for another model."""
    with st.popover("Add a model", icon=":material/add:"):
        if may(Capability.LEAD):
            _ask_new_model(resources, user)
        else:
            st.caption("A lead or an admin can add models.")


def distinct_labels(cards: Sequence[ModelCard]) -> dict[str, str]:
    """Labels by source; those that several models share name the source too."""
    times = Counter(card.label for card in cards)
    return {
        card.source: card.label if times[card.label] == 1 else f"{card.label} ({card.source})"
        for card in cards
    }


def _ask_new_model(resources: Resources, user: str) -> None:
    with st.form("model_add", border=False):
        source = st.text_input(
            "Folder or hub id",
            key="model_source",
            placeholder="/models/stable-diffusion-v1-5",
            help="A diffusers folder on this machine, or a hub id downloaded before. Safetensors only.",
        )
        label = st.text_input("Name shown", key="model_label", placeholder="As in its folder")
        if st.form_submit_button("Check and add", type="primary", width="stretch"):
            with errors_shown():
                st.session_state[ADDED] = add_model(resources, source, label, user)
                st.rerun()


def add_model(resources: Resources, source: str, label: str, user: str) -> str:
    """Checks a model and registers it; returns its source.

    Raises:
        ModelError: it is missing, not whole, or holds pickled weights.
    """
    source = source.strip()
    if not source:
        raise ModelMissingError("No model was named. Give a diffusers folder or a hub id.")
    check_model_folder(source)
    folder = Path(source).expanduser()
    source = str(folder.resolve()) if folder.is_dir() else source
    resources.repository.models.register(source, label.strip() or load_card(source).label, user)
    return source
