"""What the library takes on the disk, and finished exports that wait to be fetched."""

import time

import streamlit as st

from core.exporting.shelf import clear_shelf, on_shelf
from core.settings import Settings
from db.audit import Action
from db.repository import Repository
from pages.components.wording import counted, size


def show_disk(repository: Repository, person: str) -> None:
    """The sizes by kind, and a way to remove the exports."""
    use = repository.disk_use()
    kinds = {
        "Pictures": use.images + use.thumbnails,
        "Start pictures": use.starts,
        "Database and backups": use.database,
        "Finished exports": use.exports,
        "Free": use.free,
    }
    with st.container(horizontal=True):
        for kind, taken in kinds.items():
            st.metric(kind, size(taken), width="content")
    _show_exports(repository, person)


def _show_exports(repository: Repository, person: str) -> None:
    waiting, days = on_shelf(repository.library), Settings.from_environment().export_days
    kept = f"They go by themselves after {days:g} days." if days else "They are kept until they are removed."
    if not waiting:
        st.caption("No finished export waits to be fetched.")
        return
    st.caption(f"{counted(len(waiting), 'export')} made in the app: {kept}")
    if st.button("Remove the exports", icon=":material/delete:", key="admin_clear_exports"):
        removed = clear_shelf(repository.library, 0, time.time())
        repository.audit.note(person, Action.DELETED, counted(removed, "export"))
        st.rerun()
