"""Which text encoder reads the prompt: what is in use, or another that passed, and how much of it."""

from collections import Counter
from dataclasses import dataclass

import streamlit as st

from core.recipes import STOCK_ENCODER, Recipe
from core.weights.model_cards import ModelCard
from pages.components.keeping import carry_over
from pages.components.models.candidate_state import Standing, standings
from pages.components.resources import Resources
from pages.components.wording import encoder_name, plain

ENCODER, WEIGHT = "settings_encoder", "settings_encoder_weight"
FOLLOWED, WANTED = "settings_encoder_followed", "settings_encoder_wanted"
STOCK_LABEL = "Stock (the model's own)"


@dataclass(frozen=True, slots=True)
class EncoderChoice:
    """As recipes name it: a folder or "stock", and the weight if it is below 1. ``label`` is for people,
    ``trouble`` says why something else is not on offer."""

    text_encoder: str = STOCK_ENCODER
    weight: float | None = None
    label: str = STOCK_LABEL
    trouble: str = ""


def ask_encoder(resources: Resources, card: ModelCard) -> EncoderChoice:
    """Draws the choice; it follows what is in use until a person chooses otherwise."""
    known = standings(resources, card.source)
    labels = offered_encoders(known)
    trouble = " ".join(filter(None, (_trouble_in_use(known), _choose(card, known, labels))))
    if len(labels) == 1:
        st.caption("**Text encoder** the model's own. Others are added and checked on the page Models.")
        return EncoderChoice(trouble=trouble)
    return _ask(labels, trouble)


def offered_encoders(known: list[Standing]) -> dict[str, str]:
    """What is on offer, by what recipes store; those of one name show their folder."""
    labels = {STOCK_ENCODER: STOCK_LABEL}
    times = Counter(one.candidate.label for one in known)
    for one in known:
        if not one.reason:
            folder = f" ({_source(one)})" if times[one.candidate.label] > 1 else ""
            labels[_source(one)] = one.candidate.label + folder + (", in use" if one.in_use else "")
    return labels


def _ask(labels: dict[str, str], trouble: str) -> EncoderChoice:
    carry_over(ENCODER, WEIGHT)
    st.selectbox(
        "Text encoder",
        list(labels),
        key=ENCODER,
        format_func=lambda source: labels.get(source, source),
        help="What reads the prompt. Those that passed the check on the page Models are on offer.",
        persist_state="session",
    )
    chosen = str(st.session_state[ENCODER])
    if chosen == STOCK_ENCODER:
        return EncoderChoice(trouble=trouble)
    st.session_state.setdefault(WEIGHT, 1.0)
    st.slider(
        "Weight between stock and tuned (text_encoder_weight)",
        0.0,
        1.0,
        step=0.05,
        format="%.2f",
        key=WEIGHT,
        help="0 is the model's own text encoder, 1 the chosen one; between them their weights are mixed.",
        persist_state="session",
    )
    weight = round(float(st.session_state[WEIGHT]), 2)
    return EncoderChoice(chosen, None if weight == 1 else weight, labels[chosen], trouble)


def _choose(card: ModelCard, known: list[Standing], labels: dict[str, str]) -> str:
    """Sets what is chosen before the widgets are drawn; says why a recipe's encoder is not on offer."""
    state = st.session_state
    active = next((_source(one) for one in known if one.in_use and not one.reason), STOCK_ENCODER)
    if state.get(FOLLOWED) != (card.source, active):
        state[FOLLOWED] = (card.source, active)
        state[ENCODER], state[WEIGHT] = active, 1.0
    wanted, weight = state.pop(WANTED, (None, None))
    if wanted in labels:
        state[ENCODER], state[WEIGHT] = wanted, 1.0 if weight is None else weight
    if state.get(ENCODER) not in labels:
        state[ENCODER] = active
    if wanted is None or wanted in labels:
        return ""
    reasons = [one.reason for one in known if _source(one) == wanted and one.reason]
    why = reasons[0] if reasons else "It is not among this model's text encoders that passed the check."
    return f"The recipe's text encoder “{encoder_name(wanted)}” is not on offer. {why}"


def _trouble_in_use(known: list[Standing]) -> str:
    for one in known:
        if one.in_use and one.reason:
            return (
                f"The text encoder in use, “{one.candidate.label}”, can't be drawn with, so the model's own "
                f"is chosen. {one.reason}"
            )
    return ""


def show_encoder(choice: EncoderChoice) -> None:
    """Says outside the folded settings what reads the prompt, where that is not the model's own."""
    if choice.trouble:
        st.warning(plain(choice.trouble), icon=":material/warning:")
    if choice.text_encoder != STOCK_ENCODER:
        share = "" if choice.weight is None else f", weight {choice.weight:g}"
        st.caption(f":material/text_fields: Text encoder {plain(choice.label)}{share}")


def follow_active() -> None:
    """Lets the next run choose what is in use."""
    st.session_state.pop(FOLLOWED, None)


def prefill_encoder(recipe: Recipe) -> None:
    """Asks the next run for a recipe's text encoder and weight."""
    st.session_state[WANTED] = recipe.text_encoder, recipe.text_encoder_weight


def _source(standing: Standing) -> str:
    return str(standing.candidate.folder)
