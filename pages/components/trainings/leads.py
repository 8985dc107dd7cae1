"""Where a finished training leads: a text encoder to the check on Models, a LoRA to Generate."""

import streamlit as st

from core.errors import ModelError
from core.recipes import STOCK_ENCODER
from core.trainings.runs import TrainingRun
from core.trainings.wishes import clip_of
from core.weights.candidates import Kind
from core.weights.encoder_runs import ENCODER, propose_encoder
from core.weights.loras import RESULT, lora_source
from core.weights.model_cards import ModelCard
from pages.components.errors import errors_shown
from pages.components.generating.encoder_choice import WANTED
from pages.components.generating.lora_picker import choose_lora
from pages.components.generating.settings_panel import MODEL
from pages.components.models import candidate_card
from pages.components.resources import Resources, models_on_offer


def show_lead(resources: Resources, person: str, run: TrainingRun) -> None:
    """The next step as a button."""
    if run.kind is Kind.LORA:
        _lead_to_generate(resources, run)
    elif is_candidate(resources, run):
        st.page_link("pages/models.py", label="Check it on Models", icon=":material/swap_horiz:")
    else:
        _lead_to_models(resources, person, run)


def is_candidate(resources: Resources, run: TrainingRun) -> bool:
    """Whether its text encoder was put forward already."""
    folder = (run.folder / ENCODER).resolve()
    return any(one.folder == folder for one in resources.repository.candidates.list(Kind.ENCODER))


def _lead_to_models(resources: Resources, person: str, run: TrainingRun) -> None:
    bases = bases_of(run, models_on_offer(resources)[0])
    if len(bases) != 1:
        st.page_link("pages/models.py", label="Add it on Models", icon=":material/swap_horiz:")
    elif st.button(
        "Add as candidate",
        icon=":material/swap_horiz:",
        type="primary",
        key=f"training_add_{run.name}",
        help="It is checked on the page Models; what passes can be put into use.",
    ):
        with errors_shown():
            new = propose_encoder(run.folder, bases[0].source, run.name)
            added = resources.repository.candidates.add(new, person)
            words = f"“{added.label}” is a candidate now. Check it, then it can be put into use."
            st.session_state[candidate_card.DONE] = words
            st.session_state["models_base"] = bases[0].source
            st.switch_page("pages/models.py")


def bases_of(run: TrainingRun, cards: list[ModelCard]) -> list[ModelCard]:
    """Models whose text encoder is part of the CLIP that the run began with."""
    return [card for card in cards if _clip(card) == str(run.asked.get("clip", ""))]


def _clip(card: ModelCard) -> str | None:
    try:
        return clip_of(card.source).source or None
    except ModelError:
        return None


def _lead_to_generate(resources: Resources, run: TrainingRun) -> None:
    if st.button(
        "Draw with it", icon=":material/add_photo_alternate:", type="primary", key=f"training_draw_{run.name}"
    ):
        state, model = st.session_state, str(run.asked.get("model", ""))
        if any(card.source == model for card in models_on_offer(resources)[0]):
            state[MODEL] = model
        state[WANTED] = str(run.asked.get("text_encoder", STOCK_ENCODER)), None
        choose_lora(lora_source(run.folder / RESULT, resources.settings))
        st.switch_page("pages/generate.py")
