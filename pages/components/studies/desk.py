"""The desk of a study: the picture, the blind questions, and after the reveal what was asked for."""

import streamlit as st

from core.settings import Settings
from db.repository import Repository
from db.study_records import Desk
from pages.components.picture import show_sized_picture
from pages.components.studies.look import apply_style, lead_to
from pages.components.studies.questions import ask_blind, ask_revealed
from pages.components.studies.state import answer, next_question, reveal, start_clock, undo, wanted_diagnosis


def show_desk(repository: Repository, settings: Settings, desk: Desk, person: str) -> None:
    """One showing. Until the reveal nothing tells what was asked for; nothing ever tells real or AI."""
    start_clock(desk)
    apply_style(next_question(desk), desk.showing, desk.answers.get("tone_seen"))
    with st.container(key="study_desk"):
        left, right = st.columns([5, 7], gap="medium")
        with left, st.container(key="study_picture"):
            folder = settings.datasets if desk.in_datasets else repository.library
            show_sized_picture(folder / desk.path, desk.picture_size)
        with right:
            _show_questions(repository, desk, person)
    lead_to(wanted_diagnosis(desk) or next_question(desk), desk.showing)


def _show_questions(repository: Repository, desk: Desk, person: str) -> None:
    with st.container(gap="small"):
        if desk.asked is None:
            st.caption("Step 1 of 2 · what was asked for is hidden")
            ask_blind(repository, desk, person)
            _show_reveal(repository, desk, person)
        else:
            ask_revealed(repository, desk, desk.asked, person)
            _show_next(repository, desk, person)
        _show_undo(repository, desk, person)


def _show_reveal(repository: Repository, desk: Desk, person: str) -> None:
    st.button(
        "Show what was asked for",
        type="primary",
        icon=":material/visibility:",
        shortcut="Enter",
        disabled=next_question(desk) is not None,
        key=f"study_reveal_{desk.showing}",
        width="stretch",
        help="After this the answers above can't be changed.",
        on_click=reveal,
        args=(repository, desk, person),
    )


def _show_next(repository: Repository, desk: Desk, person: str) -> None:
    st.button(
        "Next picture" if desk.place < desk.total else "Finish",
        type="primary",
        icon=":material/check:",
        shortcut="Enter",
        disabled=next_question(desk) is not None,
        key=f"study_next_{desk.showing}",
        width="stretch",
        on_click=answer,
        args=(repository, desk, person, "finished", True),
    )


def _show_undo(repository: Repository, desk: Desk, person: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Undo",
            icon=":material/undo:",
            shortcut="Backspace",
            disabled=not desk.can_undo,
            key=f"study_undo_{desk.showing}_{len(desk.answers)}",
            help="Takes back the last answer, or returns to the picture before. What was answered before the "
            "reveal stays.",
            on_click=undo,
            args=(repository, desk, person),
        )
        st.caption("Every answer is kept at once. You can stop and go on later, on any machine.")
