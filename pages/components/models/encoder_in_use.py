"""Which text encoder a model draws with, the way back, and what was in use before."""

import streamlit as st

from core.weights.candidates import Activation, Candidate, Kind
from core.weights.model_cards import ModelCard
from pages.components.errors import errors_shown
from pages.components.models.candidate_card import DONE
from pages.components.models.candidate_state import Standing, identity_now
from pages.components.resources import Resources
from pages.components.wording import moment_line, plain

STOCK = "the stock encoder"


def show_in_use(resources: Resources, person: str, card: ModelCard, known: list[Standing]) -> None:
    """What is in use now, since when and by whom; one click goes back."""
    if done := st.session_state.pop(DONE, None):
        st.success(plain(done), icon=":material/check:")
    history = resources.repository.activations.history(Kind.ENCODER, card.source)
    active = next((one for one in known if one.in_use), None)
    name = "Stock, the model's own" if active is None else active.candidate.label
    with st.container(border=True, key="encoder_in_use"):
        st.markdown(f"**In use** {plain(name)}{_since(history)}")
        if active is not None and active.reason is not None:
            st.warning(
                f"It can't be drawn with as it is now, so the model's own draws. {plain(active.reason)}",
                icon=":material/warning:",
            )
        _show_ways_back(resources, person, card, active)
    if history:
        with st.expander("What was in use when", icon=":material/history:", type="compact"):
            st.table([_row(line) for line in history], border="horizontal", hide_index=True)


def _since(history: list[Activation]) -> str:
    standing = next((line for line in history if line.undone_at is None), None)
    return "" if standing is None else f", chosen {moment_line(standing.at)} by {plain(standing.by)}"


def _row(line: Activation) -> dict[str, str]:
    undone = "" if line.undone_at is None else f"{moment_line(line.undone_at)} by {line.undone_by}"
    label = "Stock" if line.candidate_id is None else line.label
    return {
        "Text encoder": plain(label),
        "Activated": f"{moment_line(line.at)} by {plain(line.by)}",
        "Rolled back": plain(undone),
    }


def _show_ways_back(resources: Resources, person: str, card: ModelCard, active: Standing | None) -> None:
    """Back to what was in use before; and, where that is another tuned one, straight to the model's own."""
    step = resources.repository.activations.before(Kind.ENCODER, card.source)
    if step is None:
        return
    line, before = step
    with st.container(horizontal=True):
        if st.button(
            f"Roll back to {plain(before.label) if before else STOCK}",
            icon=":material/undo:",
            key="encoder_roll_back",
        ):
            _roll_back(resources, person, line, before)
        if (
            active is not None
            and before is not None
            and st.button("Use the stock encoder", icon=":material/restart_alt:", key="encoder_use_stock")
        ):
            with errors_shown():
                resources.repository.activations.activate_own(Kind.ENCODER, card.source, person)
                st.session_state[DONE] = "The model's own text encoder is in use."
                st.rerun()


def _roll_back(resources: Resources, person: str, line: int, before: Candidate | None) -> None:
    with errors_shown():
        now = None if before is None else identity_now(resources.settings.library, before)
        resources.repository.activations.roll_back(line, now, person)
        st.session_state[DONE] = f"Rolled back: {before.label if before else STOCK} is in use."
        st.rerun()
