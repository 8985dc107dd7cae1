"""Review: one picture at a time, first without its prompt, then with it."""

import streamlit as st

from db.repository import Repository
from pages.components.errors import errors_shown
from pages.components.frame import require_frame
from pages.components.heading import page_heading
from pages.components.library.withheld import show_withheld
from pages.components.people import current_person, link_to
from pages.components.resources import open_resources
from pages.components.reviewing.state import ReviewState, picture_to_review, review_state
from pages.components.reviewing.steps import show_blind_step, show_known_step


def show_page(repository: Repository, user: str) -> None:
    """Progress and the step that the picture on the desk is at."""
    page_heading("Review")
    show_withheld(repository, user)
    state = review_state(user)
    generation = picture_to_review(repository, state)
    _show_progress(repository, user)
    if generation is None:
        _show_end(state)
    elif repository.ratings.revealed(generation.id, user):
        sheets = repository.ratings.of(generation.id)
        blind = next((sheet for sheet in sheets if sheet.rater == user and sheet.blind), None)
        show_known_step(repository, state, generation, blind)
    else:
        show_blind_step(repository, state, generation)


def _show_progress(repository: Repository, user: str) -> None:
    done, total = repository.ratings.progress(user)
    if total:
        st.progress(done / total, text=f"{done} of {total} pictures reviewed")


def _show_end(state: ReviewState) -> None:
    with st.container(border=True, horizontal_alignment="center", key="review_empty"):
        if state.skipped:
            st.markdown("#### Only skipped pictures are left", text_alignment="center")
            if st.button("Show the skipped ones again", icon=":material/replay:", key="review_again"):
                state.skipped.clear()
                st.rerun()
            return
        st.markdown("#### Nothing to review", text_alignment="center")
        st.caption(
            "Pictures you have not rated appear here one by one: first without their prompt, so that what "
            "was asked for can't sway your eye, then with it. Generated pictures join by themselves.",
            text_alignment="center",
        )
        link_to("pages/generate.py", "Generate pictures")


require_frame("pages/review.py")
with errors_shown():
    show_page(open_resources().repository, current_person())
