"""Models that people added to this library, and the way to take one off the list again."""

import streamlit as st

from db.records import RegisteredModel
from pages.components.errors import errors_shown
from pages.components.resources import Resources
from pages.components.wording import moment_line, plain

REMOVED = "model_removed"


def show_added_models(resources: Resources, person: str) -> None:
    """One row for each; nothing where none was added. A folder that is gone leaves the list here too."""
    if label := st.session_state.pop(REMOVED, None):
        st.success(
            f"“{plain(label)}” is off the list. Its folder and the pictures drawn with it are as they were.",
            icon=":material/check:",
        )
    added = resources.repository.models.list()
    if not added:
        return
    with st.expander("Models added here", icon=":material/inventory_2:", type="compact"):
        for model in added:
            _show_row(resources, person, model)


def _show_row(resources: Resources, person: str, model: RegisteredModel) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(
            f"**{plain(model.label)}**  \n`{model.source}`, added {moment_line(model.added_at)} by "
            f"{plain(model.added_by)}",
            width="stretch",
        )
        if st.button(
            "Remove",
            icon=":material/close:",
            key=f"model_remove_{model.id}",
            help="Takes it off this list. Its folder and the pictures drawn with it stay.",
        ):
            with errors_shown():
                resources.repository.models.forget(model.id, person)
                st.session_state[REMOVED] = model.label
                st.rerun()
