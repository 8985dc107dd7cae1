"""Which LoRA is drawn with, and how strongly; nothing is asked while there is none for this model."""

from dataclasses import dataclass

import streamlit as st

from core.recipes import LORA_STRENGTH_MAX, Recipe
from core.settings import Settings
from core.weights.loras import Lora, loras_on_offer
from core.weights.model_cards import ModelCard
from pages.components.wording import counted, plain

LORA, LORA_STRENGTH, MISSED = "settings_lora", "settings_lora_strength", "settings_lora_missed"
NO_LORA = ""
STRENGTH_DEFAULT = 1.0


@dataclass(frozen=True, slots=True)
class LoraChoice:
    """A LoRA's source and strength, as recipes hold them; both None without one."""

    source: str | None = None
    strength: float | None = None


def ask_lora(card: ModelCard) -> LoraChoice:
    """Draws the choice and, once one is chosen, its strength and what is known of it."""
    offer = loras_on_offer(Settings.from_environment(), card.source)
    by_source = {lora.source: lora for lora in offer.fitting}
    _forget_missing(by_source)
    state = st.session_state
    if by_source:
        _ask(by_source)
    elif offer.others:
        st.caption(f"{counted(offer.others, 'LoRA')} found, trained for other models.")
    if state.get(MISSED):
        words = f"The LoRA '{state[MISSED]}' is not here, or does not fit this model. It is left out."
        st.warning(plain(words), icon=":material/warning:")
    for trouble in offer.troubles:
        st.warning(plain(trouble), icon=":material/warning:")
    chosen = str(state.get(LORA, NO_LORA))
    return LoraChoice(chosen, float(state[LORA_STRENGTH])) if chosen else LoraChoice()


def _forget_missing(offered: dict[str, Lora]) -> None:
    """A choice that can't be had now gives way to none, and is named until something else is chosen."""
    state = st.session_state
    chosen = state.setdefault(LORA, NO_LORA)
    state.setdefault(LORA_STRENGTH, STRENGTH_DEFAULT)
    if chosen and chosen not in offered:
        state[LORA], state[MISSED] = NO_LORA, chosen


def _ask(offered: dict[str, Lora]) -> None:
    left, right = st.columns(2)
    with left:
        chosen = st.selectbox(
            "LoRA",
            [NO_LORA, *offered],
            key=LORA,
            format_func=lambda source: offered[source].source if source else "None",
            on_change=_choose,
            help="A small addition to the model, trained on further pictures (training.finetune_unet). It "
            "changes how the model draws, beside any text encoder.",
            persist_state="session",
        )
    if not chosen:
        return
    with right:
        st.slider(
            "LoRA strength (lora_strength)",
            0.0,
            LORA_STRENGTH_MAX,
            step=0.05,
            format="%.2f",
            key=LORA_STRENGTH,
            help="0 draws as if there were none, 1 as it was trained; above 1 it is exaggerated.",
            persist_state="session",
        )
    st.caption(lora_words(offered[chosen]))


def _choose() -> None:
    st.session_state.pop(MISSED, None)


def choose_lora(source: str) -> None:
    """Chooses a LoRA for the next run, as it was trained."""
    _choose()
    st.session_state[LORA], st.session_state[LORA_STRENGTH] = source, STRENGTH_DEFAULT


def lora_words(lora: Lora) -> str:
    """What is known of a LoRA, in one line of Markdown."""
    origin = lora.origin
    if not origin.model:
        return "Which model and pictures it was trained on is not recorded."
    encoder = "its own text encoder" if origin.text_encoder == "stock" else f"'{origin.text_encoder}'"
    terms = origin.licence or "not recorded"
    return plain(
        f"Trained on the model '{origin.model}' with {encoder}, on the pictures of '{origin.data}' "
        f"(licence: {terms})."
    )


def prefill_lora(recipe: Recipe) -> None:
    """Puts a recipe's LoRA into the panel, or none where it was drawn without."""
    state = st.session_state
    state.pop(MISSED, None)
    state[LORA] = recipe.lora or NO_LORA
    state[LORA_STRENGTH] = STRENGTH_DEFAULT if recipe.lora_strength is None else float(recipe.lora_strength)
