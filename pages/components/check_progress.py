"""Checking a candidate: how many pictures, how long, what is under way, stop and go on."""

import streamlit as st

from core.candidates import FEWEST_PICTURES
from core.commands import stop
from core.encoder_checks import (
    ARMS,
    PICTURES_DEFAULT,
    PICTURES_MAX,
    CheckState,
    EncoderCheck,
    begin_check,
)
from core.model_cards import ModelCard
from pages.components.candidate_state import Standing
from pages.components.check_result import ARM_WORDS
from pages.components.compare_form import seconds_a_picture
from pages.components.errors import errors_shown
from pages.components.resources import Resources
from pages.components.wording import counted, duration, plain

POLL_SECONDS = 1.0


def show_progress(standing: Standing, person: str) -> None:
    """What is under way, followed while it runs; why it ended early where it did."""
    if standing.state is CheckState.RUNNING:
        st.fragment(_follow, run_every=POLL_SECONDS)(standing.check, standing.candidate.id, person)
    elif standing.state is CheckState.STOPPED:
        st.info(
            "The check was stopped. Pictures drawn so far are kept for the next one.", icon=":material/pause:"
        )
    elif standing.state is CheckState.FAILED:
        st.error(plain(standing.trouble) or "The check ended without a word.", icon=":material/error:")


def _follow(check: EncoderCheck, id: int, person: str) -> None:
    """One look; when the check ended, the whole page is drawn again."""
    with errors_shown():
        if check.state is not CheckState.RUNNING:
            st.rerun()
        drawn, asked = check.drawn, check.asked
        done = sum(min(count, asked) for count in drawn.values())
        st.progress(done / (len(ARMS) * asked), text=progress_words(drawn, asked))
        if st.button("Stop", icon=":material/pause:", key=f"check_stop_{id}"):
            stop(check.place, person)
            st.rerun()


def progress_words(drawn: dict[str, int], asked: int) -> str:
    """What the check is at, from the pictures that are there."""
    if not any(drawn.values()):
        return "Looking at the files, then at the drift …"
    for arm in ARMS:
        if drawn[arm] < asked:
            return f"{ARM_WORDS[arm]}: picture {drawn[arm] + 1} of {asked}"
    return "Judging the pictures …"


def ask_check(resources: Resources, person: str, card: ModelCard, standing: Standing) -> None:
    """The button that opens the question of how many pictures, and starts."""
    candidate = standing.candidate
    label = "Check" if candidate.result is None else "Check again"
    if standing.state is CheckState.RUNNING:
        st.button(label, icon=":material/fact_check:", disabled=True, key=f"check_waits_{candidate.id}")
        return
    with st.popover(label, icon=":material/fact_check:", key=f"check_{candidate.id}"):
        count = int(
            st.number_input(
                "Pictures by each encoder",
                FEWEST_PICTURES,
                PICTURES_MAX,
                PICTURES_DEFAULT,
                step=4,
                key=f"check_count_{candidate.id}",
                help="Drawn by the stock encoder, by this one, and by the mixture half way.",
            )
        )
        st.caption(extent_words(resources, person, card, count))
        if st.button("Start", type="primary", width="stretch", key=f"check_start_{candidate.id}"):
            with errors_shown():
                begin_check(resources.settings.library, candidate, count, person)
                st.rerun()


def extent_words(resources: Resources, person: str, card: ModelCard, count: int) -> str:
    """How many pictures that makes, and about how long they take where that can be known."""
    total = count * len(ARMS)
    pace = seconds_a_picture(resources.repository, person, card, card.defaults.num_inference_steps)
    time = f", about {duration(pace * total)}" if pace else ""
    return f"{counted(total, 'picture')}{time}. You may leave the page meanwhile."
