"""Caption studio: photographs of a dataset one by one, captioned by dropdown or key."""

import streamlit as st

from core.photographs.claims import held_by_others
from core.photographs.datasets import list_datasets
from core.settings import Settings
from pages.components.datasets.studio_choice import ask_dataset, ask_wanted
from pages.components.datasets.studio_desk import show_desk, show_end
from pages.components.datasets.studio_state import photograph_to_caption, studio_state
from pages.components.datasets.view import View, view_dataset, view_suggestions
from pages.components.errors import errors_shown
from pages.components.frame import require_frame
from pages.components.heading import page_heading
from pages.components.people import current_person, link_to
from pages.components.resources import open_resources
from pages.components.wording import counted


def show_page(settings: Settings, person: str) -> None:
    """Which photographs, how many are done, and the one on the desk."""
    page_heading("Caption studio")
    found = list_datasets(settings.datasets)
    if not found:
        _show_no_dataset()
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        folder = ask_dataset(found)
        state, view = studio_state(person, folder), view_dataset(folder)
        ask_wanted(state, view)
    _show_progress(view)
    if state.notice:
        st.info(state.notice, icon=":material/group:")
    photograph = photograph_to_caption(state, view)
    if photograph is None:
        show_end(state, view, held_by_others(folder, state.desk))
    else:
        show_desk(state, view, photograph, view_suggestions(folder).get(photograph.id))


def _show_progress(view: View) -> None:
    if view.usable:
        done = view.usable - view.missing
        st.progress(
            done / view.usable,
            text=f"{done:,} of {counted(view.usable, 'photograph')} captioned, "
            f"{len(view.answered):,} looked at by a person",
        )


def _show_no_dataset() -> None:
    with st.container(border=True, horizontal_alignment="center", key="studio_no_dataset"):
        st.markdown("#### No photographs yet", text_alignment="center")
        st.caption(
            "Here photographs appear one by one. You say the body site and the skin tone with two or three "
            "keys, the rash is known from the folder, and a caption for training is written from it.",
            text_alignment="center",
        )
        link_to("pages/datasets.py", "Import photographs")


require_frame("pages/studio.py")
with errors_shown():
    show_page(open_resources().settings, current_person())
