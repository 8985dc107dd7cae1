"""Datasets: photographs brought in, what they cover, handed on, deleted."""

from pathlib import Path

import streamlit as st

from core.photographs.dataset_imports import list_imports
from core.photographs.datasets import list_datasets
from pages.components.datasets.coverage import show_coverage
from pages.components.datasets.facts import ask_deletion, show_export, show_facts, show_measuring
from pages.components.datasets.importing import ask_import, show_imports
from pages.components.datasets.studio_choice import ask_dataset
from pages.components.datasets.view import view_dataset
from pages.components.errors import errors_shown
from pages.components.frame import require_frame
from pages.components.heading import page_heading
from pages.components.people import current_person
from pages.components.resources import Resources, open_resources


def show_page(resources: Resources, person: str) -> None:
    """Imports under way, the form, and one dataset after the other."""
    settings = resources.settings
    page_heading("Datasets")
    with errors_shown():
        show_imports(settings, person)
    found = list_datasets(settings.datasets)
    if not found:
        st.caption(
            "A dataset is a folder of photographs that were checked, ready to be captioned and trained on. "
            f"It stays on this machine, in `{settings.datasets}`."
        )
    ask_import(settings, person, unfolded=not found and not list_imports(settings.datasets))
    if found:
        _show_dataset(resources, ask_dataset(found), person)


def _show_dataset(resources: Resources, folder: Path, person: str) -> None:
    with errors_shown():
        view = view_dataset(folder)
        show_facts(view)
        st.page_link("pages/studio.py", label="Caption its photographs", icon=":material/edit_note:")
        show_measuring(resources.settings, view, person)
        st.markdown("### What it covers")
        show_coverage(view.dataset.photographs)
        st.markdown("### Export")
        show_export(resources.repository, view, person)
    st.markdown("### Delete")
    ask_deletion(resources, folder, person)


require_frame("pages/datasets.py")
with errors_shown():
    show_page(open_resources(), current_person())
