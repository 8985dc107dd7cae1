"""Administration: people and their roles, what waits to be drawn, disk space, the audit log."""

import streamlit as st

from db.repository import Repository
from pages.components.administration.audit import show_audit
from pages.components.administration.disk import show_disk
from pages.components.administration.people import show_people, show_queue
from pages.components.errors import errors_shown
from pages.components.frame import require_frame
from pages.components.heading import page_heading
from pages.components.people import current_person
from pages.components.resources import open_resources

PARTS = (("People", show_people), ("Queue", show_queue), ("Disk", show_disk), ("Audit log", show_audit))


def show_page(repository: Repository, person: str) -> None:
    """The parts, each with its own errors."""
    page_heading("Administration")
    for title, show in PARTS:
        st.markdown(f"### {title}")
        with errors_shown():
            show(repository, person)


require_frame("pages/admin.py")
with errors_shown():
    show_page(open_resources().repository, current_person())
