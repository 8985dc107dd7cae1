"""Putting a tuned text encoder forward: a finished fine-tuning, or any folder on this machine."""

from pathlib import Path

import streamlit as st

from core.errors import InputError
from core.weights.encoder_runs import LABEL_MAX, EncoderRun, list_runs, propose_encoder
from core.weights.model_cards import ModelCard
from pages.components.errors import errors_shown
from pages.components.models.candidate_card import DONE
from pages.components.models.candidate_state import Standing
from pages.components.resources import Resources
from pages.components.wording import moment_line, plain

RUN, FOLDER = "A fine-tuning", "A folder"
ADDED = "encoder_added"


def ask_encoder_to_add(resources: Resources, person: str, card: ModelCard, known: list[Standing]) -> None:
    """The form; its files are looked at at once, and what does not fit is refused with the reason."""
    added = {standing.candidate.folder for standing in known}
    if st.session_state.pop(ADDED, False):
        st.session_state.update({"encoder_path": "", "encoder_label": ""})
    runs = [run for run in list_runs(resources.settings.runs) if run.encoder not in added]
    with st.expander(
        "Add a text encoder", icon=":material/add:", expanded=not known, key=f"encoder_form_{not known}"
    ):
        st.caption(
            f"One that was fine-tuned from the text encoder of {plain(card.label)}. Its folder stays where "
            "it is; only safetensors are read."
        )
        where = st.segmented_control(
            "Where it is", (RUN, FOLDER), default=RUN if runs else FOLDER, required=True, key="encoder_where"
        )
        path = _ask_run(runs, resources.settings.runs) if where == RUN else _ask_folder()
        label = st.text_input(
            "Name shown", key="encoder_label", max_chars=LABEL_MAX, placeholder="As the run or its folder"
        )
        if st.button("Add", type="primary", icon=":material/add:", key="encoder_add"):
            with errors_shown():
                _add(resources, person, card, path, label)


def _add(resources: Resources, person: str, card: ModelCard, path: Path | None, label: str) -> None:
    if path is None:
        raise InputError("Say which text encoder: choose a fine-tuning, or give a folder's whole path.")
    added = resources.repository.candidates.add(propose_encoder(path, card.source, label), person)
    st.session_state[ADDED] = True
    st.session_state[DONE] = f"“{added.label}” is a candidate now. Check it, then it can be put into use."
    st.rerun()


def _ask_run(runs: list[EncoderRun], place: Path) -> Path | None:
    if not runs:
        st.caption(f"There is no finished fine-tuning in `{place}` that was not added yet.")
        return None
    chosen = st.selectbox(
        "Finished fine-tuning",
        runs,
        format_func=lambda run: f"{run.name}, {moment_line(run.finished_at)}",
        key="encoder_run",
    )
    return None if chosen is None else chosen.folder


def _ask_folder() -> Path | None:
    typed = st.text_input(
        "Folder of a run or of a text encoder, with its whole path",
        key="encoder_path",
        placeholder="/home/me/runs/first",
    )
    return Path(typed.strip()) if typed.strip() else None
