"""Pictures ticked in History, across its pages, and what can be done with them together."""

from collections.abc import Sequence
from functools import partial
from io import BufferedReader

import streamlit as st

from core.errors import BlindedError, NotFoundError
from core.provenance.outgoing import for_library
from db.records import Generation
from db.repository import Repository
from pages.components.errors import errors_shown
from pages.components.library.archive import ARCHIVE_MAX, write_archive
from pages.components.wording import counted

SELECTED, DELETED = "selection", "selection_deleted"


def selected_ids() -> list[int]:
    """Ids in the order they were ticked."""
    return list(st.session_state.setdefault(SELECTED, []))


def show_tick(generation_id: int) -> None:
    """The tick under a thumbnail; the name is for screen readers."""
    st.session_state[f"tick_{generation_id}"] = generation_id in selected_ids()
    st.checkbox(
        "Select",
        key=f"tick_{generation_id}",
        on_change=_toggle,
        args=(generation_id,),
    )


def _toggle(generation_id: int) -> None:
    chosen = selected_ids()
    st.session_state[SELECTED] = (
        [i for i in chosen if i != generation_id] if generation_id in chosen else [*chosen, generation_id]
    )


def clear_selection() -> None:
    """Unticks all."""
    st.session_state[SELECTED] = []


def show_selection_bar(repository: Repository, user: str) -> None:
    """What can be done with the ticked pictures; nothing while none is."""
    chosen = selected_ids()
    if not chosen:
        return
    near = repository.readings.too_near(chosen)
    leaving = tuple(id for id in chosen if id not in near)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="selection_bar"):
        st.markdown(f"**{counted(len(chosen), 'picture')} selected**", width="content")
        st.download_button(
            "Download ZIP",
            data=partial(_archive, repository, user, leaving),
            file_name="script2skin-pictures.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            disabled=not 0 < len(leaving) <= ARCHIVE_MAX,
            help=f"Each picture with its caption as a text file. Up to {ARCHIVE_MAX} at a time.",
            key="selection_download",
        )
        if st.button("Delete", icon=":material/delete:", key="selection_delete"):
            delete_pictures(repository, user, chosen)
        st.button("Clear selection", type="tertiary", on_click=clear_selection, key="selection_clear")
    if near:
        st.caption(
            f"{counted(len(near), 'picture')} too near to a training picture left out of the ZIP; the export "
            "above can include such pictures."
        )


def _archive(repository: Repository, user: str, ids: tuple[int, ...]) -> BufferedReader:
    """Runs when the button is pressed; pictures deleted or hidden by a study meanwhile are left
    out."""
    archive = write_archive(_still_there(repository, user, ids), for_library(repository.library))
    repository.audit.exported(user, counted(len(ids), "picture"), ", ".join(map(str, ids)))
    return archive


def _still_there(repository: Repository, user: str, ids: Sequence[int]) -> list[Generation]:
    found = []
    for generation_id in ids:
        try:
            found.append(repository.generations.get(generation_id, user))
        except (NotFoundError, BlindedError):
            continue
    return [generation for generation in found if generation.deleted_at is None]


def delete_pictures(repository: Repository, user: str, ids: Sequence[int]) -> None:
    """Deletes the user's own pictures among ``ids`` and offers Undo."""
    with errors_shown():
        repository.generations.delete_many(list(ids), user)
        st.session_state[DELETED] = list(ids)
        clear_selection()
        st.rerun()


def show_undo_bar(repository: Repository, user: str) -> None:
    """Stays until Undo or Dismiss, so that nobody has to be quick."""
    deleted = st.session_state.get(DELETED, [])
    if not deleted:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="undo_bar"):
        st.markdown(f"{counted(len(deleted), 'picture')} deleted.", width="content")
        if st.button("Undo", icon=":material/undo:", type="primary", key="undo_delete"):
            with errors_shown():
                repository.generations.restore_many(deleted, user)
                st.session_state[DELETED] = []
                st.rerun()
        if st.button("Dismiss", type="tertiary", key="undo_dismiss"):
            st.session_state[DELETED] = []
            st.rerun()
