"""Which photographs the caption studio shows: of which dataset, waiting for what, of which rash."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.photographs.captioning import Wanted
from core.photographs.datasets import Manifest
from pages.components.datasets.studio_state import StudioState
from pages.components.datasets.view import View
from pages.components.wording import rash_label

DATASET, WANTED, RASH = "studio_dataset", "studio_wanted", "studio_of_rash"
WANTED_LABELS = {
    Wanted.MISSING: "Something is missing",
    Wanted.UNSEEN: "Nobody has looked at",
    Wanted.UNUSABLE: "Marked as not usable",
}


def ask_dataset(found: Sequence[tuple[Path, Manifest]]) -> Path:
    """A dropdown of datasets by name; returns the folder of the chosen one."""
    folders = {folder.name: folder for folder, _ in found}
    if st.session_state.get(DATASET) not in folders:
        st.session_state[DATASET] = next(iter(folders))
    name = st.selectbox("Dataset", list(folders), key=DATASET, width=260, persist_state="session")
    return folders[str(name)]


def ask_wanted(state: StudioState, view: View) -> None:
    """Which photographs wait, and of which rash; a change takes the photograph off the desk."""
    wanted = st.selectbox(
        "Photographs",
        list(Wanted),
        key=WANTED,
        format_func=WANTED_LABELS.__getitem__,
        width=230,
        persist_state="session",
    )
    counts = Counter(photograph.attributes.rash for photograph in view.dataset.photographs)
    options = ["", *sorted(filter(None, counts), key=rash_label)]
    if st.session_state.get(RASH) not in options:
        st.session_state[RASH] = ""
    rash = st.selectbox(
        "Of rash",
        options,
        key=RASH,
        format_func=lambda key: f"{rash_label(key)} ({counts[key]:,})" if key else "Any",
        width=260,
        persist_state="session",
    )
    if (wanted, rash or None) != (state.wanted, state.rash):
        state.wanted, state.rash, state.heed = wanted or Wanted.MISSING, rash or None, True
        state.skipped.clear()
        state.clear()
