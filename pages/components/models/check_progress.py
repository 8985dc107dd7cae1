"""A check that draws pictures: how many, how long, what is under way, stop and go on."""

import streamlit as st

from core.commands import stop
from core.weights.candidates import FEWEST_PICTURES
from core.weights.model_cards import ModelCard
from core.weights.picture_checks import PICTURES_DEFAULT, PICTURES_MAX, CheckState, PictureCheck
from pages.components.errors import errors_shown
from pages.components.generating.compare_form import seconds_a_picture
from pages.components.resources import Resources
from pages.components.wording import counted, duration, plain

POLL_SECONDS = 1.0


def show_check_progress(
    check: PictureCheck, state: CheckState, trouble: str, arms: dict[str, str], person: str
) -> None:
    """What is under way, followed while it runs; why it ended early where it did. ``arms`` are the words for
    the check's ways of drawing."""
    if state is CheckState.RUNNING:
        st.fragment(_follow, run_every=POLL_SECONDS)(check, arms, person)
    elif state is CheckState.STOPPED:
        st.info(
            "The check was stopped. Pictures drawn so far are kept for the next one.", icon=":material/pause:"
        )
    elif state is CheckState.FAILED:
        st.error(plain(trouble) or "The check ended without a word.", icon=":material/error:")


def _follow(check: PictureCheck, arms: dict[str, str], person: str) -> None:
    """One look; when the check ended, the whole page is drawn again."""
    with errors_shown():
        if check.state is not CheckState.RUNNING:
            st.rerun()
        drawn, asked = check.drawn, check.asked
        done = sum(min(count, asked) for count in drawn.values())
        st.progress(done / (len(arms) * asked), text=progress_words(drawn, asked, arms))
        if st.button("Stop", icon=":material/pause:", key=f"check_stop_{check.place.name}"):
            stop(check.place, person)
            st.rerun()


def progress_words(drawn: dict[str, int], asked: int, arms: dict[str, str]) -> str:
    """What the check is at, from the pictures that are there."""
    if not any(drawn.values()):
        return "Looking at the files …"
    for arm, word in arms.items():
        if drawn[arm] < asked:
            return f"{word}: picture {drawn[arm] + 1} of {asked}"
    return "Judging the pictures …"


def ask_pictures(
    label: str, question: str, help: str, check: PictureCheck, extent: tuple[Resources, str, ModelCard]
) -> int | None:
    """The button that opens the question of how many pictures for each arm; the number once Start is pressed.
    While the check runs, the button waits."""
    name = check.place.name
    if check.state is CheckState.RUNNING:
        st.button(label, icon=":material/fact_check:", disabled=True, key=f"check_waits_{name}")
        return None
    with st.popover(label, icon=":material/fact_check:", key=f"check_{name}"):
        count = int(
            st.number_input(
                question,
                FEWEST_PICTURES,
                PICTURES_MAX,
                PICTURES_DEFAULT,
                step=4,
                key=f"check_count_{name}",
                help=help,
            )
        )
        st.caption(_extent_words(*extent, count * len(check.arms)))
        pressed = st.button("Start", type="primary", width="stretch", key=f"check_start_{name}")
    return count if pressed else None


def _extent_words(resources: Resources, person: str, card: ModelCard, total: int) -> str:
    """How many pictures that makes, and about how long they take where that can be known."""
    pace = seconds_a_picture(resources.repository, person, card, card.defaults.num_inference_steps)
    time = f", about {duration(pace * total)}" if pace else ""
    return f"{counted(total, 'picture')}{time}. You may leave the page meanwhile."
