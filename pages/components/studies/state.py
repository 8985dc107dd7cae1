"""A rater's answers on their way into the library: kept at once, with the time that passed on the picture.

Buttons act by callbacks, which come before the page is drawn, so that a key pressed meanwhile loses nothing;
their keys name the showing, so that one drawn for another picture does nothing.
"""

import time
from typing import Any

import streamlit as st

from core.errors import Script2SkinError
from core.review.studies import open_blind, open_revealed
from db.repository import Repository
from db.study_records import Desk
from pages.components.errors import show_error

CLOCK, WANTED = "study_clock", "study_further_diagnosis"


def start_clock(desk: Desk) -> None:
    """Counts from the moment this picture came in front of the rater."""
    if st.session_state.get(CLOCK, (None, 0.0))[0] != desk.showing:
        st.session_state[CLOCK] = (desk.showing, time.monotonic())


def answer(repository: Repository, desk: Desk, person: str, question: str, value: Any) -> None:
    """Keeps one answer and counts anew."""
    showing, since = st.session_state.get(CLOCK, (desk.showing, time.monotonic()))
    now = time.monotonic()
    seconds = now - since if showing == desk.showing else 0.0
    st.session_state[CLOCK] = (desk.showing, now)
    _act(repository.studies.answer, desk.showing, person, question, value, seconds)


def reveal(repository: Repository, desk: Desk, person: str) -> None:
    """Draws the line after the blind answers."""
    _act(repository.studies.reveal, desk.showing, person)


def undo(repository: Repository, desk: Desk, person: str) -> None:
    """Takes the last answer back; a further place for a diagnosis that is empty then is closed."""
    st.session_state.pop(WANTED, None)
    _act(repository.studies.undo, desk.showing, person)


def want_diagnosis(desk: Desk, name: str) -> None:
    """Opens a further place for a diagnosis."""
    st.session_state[WANTED] = (desk.showing, name)


def wanted_diagnosis(desk: Desk) -> str | None:
    """The further place that was opened and is still empty; it is no question that must be answered."""
    showing, name = st.session_state.get(WANTED, (None, ""))
    still_free = desk.asked is None and desk.answers.get("gradable") and not desk.answers.get(name)
    return name if showing == desk.showing and still_free else None


def next_question(desk: Desk) -> str | None:
    """The first question without an answer: number keys answer this one."""
    left = open_blind(desk.answers) if desk.asked is None else open_revealed(desk.answers)
    return left[0] if left else None


def _act(verb: Any, *arguments: Any) -> None:
    try:
        verb(*arguments)
    except Script2SkinError as error:
        show_error(error)
