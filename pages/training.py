"""Training: a text encoder or a LoRA taught on your own photographs, followed live, laid over other runs."""

import streamlit as st

from core.trainings.runs import list_trainings
from pages.components.errors import errors_shown
from pages.components.frame import require_frame
from pages.components.heading import page_heading
from pages.components.people import current_person
from pages.components.resources import Resources, open_resources
from pages.components.trainings.cards import show_runs
from pages.components.trainings.curves import show_curves
from pages.components.trainings.form import ask_training
from pages.components.trainings.progress import POLL_SECONDS, show_under_way


def show_page(resources: Resources, person: str) -> None:
    """What is under way with its curves, the form, and all runs."""
    page_heading("Training")
    runs = list_trainings(resources.settings.runs)
    running = next((run for run in runs if run.is_under_way), None)
    if not runs:
        st.caption(
            "Teach the model's words or its way of drawing on photographs of your own. A training is a "
            "process of its own on this machine: it goes on when this page is closed, can be stopped and "
            f"resumed, and leaves a folder in `{resources.settings.runs}`. A processor takes minutes to "
            "hours; a GPU is used where there is one."
        )
    st.fragment(_watch, run_every=POLL_SECONDS if running else None)(resources, person, running is not None)
    with errors_shown():
        ask_training(resources, person, running, unfolded=not runs)
    if runs:
        show_runs(resources, person, runs)


def _watch(resources: Resources, person: str, expected: bool) -> None:
    """One look; when a training ended or began elsewhere, the whole page is drawn again."""
    with errors_shown():
        runs = list_trainings(resources.settings.runs)
        running = next((run for run in runs if run.is_under_way), None)
        if (running is not None) != expected:
            st.rerun()
        if running is not None:
            show_under_way(running, person)
        show_curves(runs)


require_frame("pages/training.py")
with errors_shown():
    show_page(open_resources(), current_person())
