"""Administration: people and their roles, what waits to be drawn, the audit log."""

import streamlit as st

from db.repository import Repository
from pages.components.admin_audit import show_audit
from pages.components.admin_people import show_people, show_queue
from pages.components.errors import errors_shown
from pages.components.frame import require_frame
from pages.components.heading import page_heading
from pages.components.people import current_person
from pages.components.resources import open_resources


def show_page(repository: Repository, person: str) -> None:
    """Three parts, each with its own errors."""
    page_heading("Administration")
    for title, show in (("People", show_people), ("Queue", show_queue), ("Audit log", show_audit)):
        st.markdown(f"### {title}")
        with errors_shown():
            show(repository, person)


require_frame("pages/admin.py")
with errors_shown():
    show_page(open_resources().repository, current_person())
