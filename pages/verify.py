"""Verify: drop a file, and read whether Script2Skin made it, whether it was altered, by which recipe."""

import streamlit as st

from core.provenance.credentials import anchors
from core.provenance.verdict import examine
from db.repository import Repository
from pages.components.errors import errors_shown
from pages.components.frame import require_frame
from pages.components.heading import page_heading
from pages.components.library.verdict_view import show_entries, show_verdict
from pages.components.library.withheld import show_withheld
from pages.components.people import current_person
from pages.components.resources import open_resources

KINDS = ["png", "jpg", "jpeg", "webp", "dcm", "pdf"]


def show_page(repository: Repository, user: str) -> None:
    """A place to drop a picture; beneath it what can be said of it."""
    page_heading("Verify")
    st.caption(
        "Drop a picture, a sheet of Compare, a DICOM file or a contact sheet to see whether Script2Skin made "
        "it, whether it was altered, and by which recipe. It is only looked at: nothing of it is kept or "
        "sent anywhere."
    )
    show_withheld(repository, user)
    dropped = st.file_uploader("File", type=KINDS, key="verify_file")
    if dropped is None:
        return
    with st.spinner("Looking at the file …"):
        verdict = examine(dropped.getvalue(), anchors(repository.library))
    answer, beside = st.columns([3, 2], gap="medium")  # on a small screen the answer comes first
    with answer:
        show_verdict(verdict)
    with beside:
        show_entries(repository, user, verdict, dropped.getvalue())


require_frame("pages/verify.py")
with errors_shown():
    show_page(open_resources().repository, current_person())
