"""The two steps of a review: realism without knowing the prompt, then the five criteria with it."""

import streamlit as st

from core.language.vocabulary import load_vocabulary
from db.records import CRITERIA, Generation, Rating, Verdict
from db.repository import Repository
from pages.components.picture import show_blind_picture, show_picture
from pages.components.reviewing.rating import REALISM_STEPS
from pages.components.reviewing.state import ReviewState, comment_key, save_blind, save_criteria
from pages.components.wording import (
    COMMENT_MAX,
    CRITERION_LABELS,
    CRITERION_QUESTIONS,
    VERDICT_LABELS,
    attributes_line,
    plain,
)

VERDICT_KEYS = {Verdict.YES: "1", Verdict.PARTLY: "2", Verdict.NO: "3"}


def show_blind_step(repository: Repository, state: ReviewState, generation: Generation) -> None:
    """The picture and one question. Nothing here may tell what was asked for."""
    left, right = st.columns([5, 6], gap="large")
    with left:
        show_blind_picture(generation.image_path)
    with right:
        st.caption("Step 1 of 2 · the prompt is hidden")
        st.markdown("#### How realistic is this picture?")
        with st.container(horizontal=True, gap="xsmall", key="review_realism"):
            for value in REALISM_STEPS:
                _show_realism(state, value)
        st.caption("1 = clearly artificial, 7 = like a photograph")
        if st.button(
            "Reveal the prompt",
            type="primary",
            icon=":material/visibility:",
            shortcut="Enter",
            disabled=state.realism is None,
            key="review_reveal",
            width="stretch",
            help="After this the answer above can't be changed.",
        ):
            save_blind(repository, state)
            st.rerun()
        show_movement(state)


def _show_realism(state: ReviewState, value: int) -> None:
    chosen = state.realism == value
    if st.button(
        str(value),
        type="primary" if chosen else "secondary",
        shortcut=str(value),
        key=f"review_realism_{value}",
        width=44,
    ):
        state.realism = value
        st.rerun()


def show_known_step(
    repository: Repository, state: ReviewState, generation: Generation, blind: Rating | None
) -> None:
    """The picture with its prompt, and the five criteria."""
    left, right = st.columns([5, 6], gap="large")
    with left:
        show_picture(generation.image_path, generation.recipe)
        if blind and blind.realism:
            st.caption(f"Your blind answer: realism {blind.realism}/7. It is saved and can't be changed.")
    with right:
        st.caption("Step 2 of 2 · asked for")
        st.markdown(f"#### {plain(attributes_line(generation.recipe))}")
        st.caption(f"“{plain(generation.recipe.prompt)}”")
        _show_control_hint(generation)
        for name in CRITERIA:
            _show_criterion(state, name)
        _ask_comment(generation)
        if st.button(
            "Save and next",
            type="primary",
            icon=":material/check:",
            shortcut="Enter",
            disabled=state.next_criterion is not None,
            key="review_save",
            width="stretch",
        ):
            save_criteria(repository, state)
            st.rerun()
        show_movement(state)


def _show_control_hint(generation: Generation) -> None:
    rashes = load_vocabulary().rashes
    key = generation.recipe.rash
    if key in rashes and rashes[key].control:
        st.caption("Clear skin was asked for: for lesions, yes means that there are none.")


def _show_criterion(state: ReviewState, name: str) -> None:
    """One question with three answers; the number keys belong to the first open question."""
    active = state.next_criterion == name
    with st.container(gap="xxsmall", key=f"review_criterion_{name}"):
        mark = ":material/arrow_right: " if active else ""
        st.markdown(f"{mark}**{CRITERION_LABELS[name]}** · {CRITERION_QUESTIONS[name]}")
        with st.container(horizontal=True, gap="xsmall"):
            for verdict in Verdict:
                _show_verdict(state, name, verdict, active)


def _show_verdict(state: ReviewState, name: str, verdict: Verdict, active: bool) -> None:
    if st.button(
        VERDICT_LABELS[verdict],
        type="primary" if state.answers.get(name) is verdict else "secondary",
        shortcut=VERDICT_KEYS[verdict] if active else None,
        key=f"review_{name}_{verdict}",
        width="stretch",
    ):
        state.answers.pop(name, None)
        state.answers[name] = verdict
        st.rerun()


def _ask_comment(generation: Generation) -> None:
    st.text_area(
        "Comment (optional)",
        key=comment_key(generation.id),
        max_chars=COMMENT_MAX,
        height=72,
        placeholder="What looks right, what does not?",
        persist_state="session",
    )


def show_movement(state: ReviewState) -> None:
    """Skip and Undo."""
    with st.container(horizontal=True):
        if st.button("Skip", icon=":material/skip_next:", shortcut="S", key="review_skip"):
            state.skip()
            st.rerun()
        if st.button(
            "Undo",
            icon=":material/undo:",
            shortcut="Backspace",
            disabled=not state.can_undo,
            key="review_undo",
            help="Takes back the last answer. A blind answer stays once the prompt was shown.",
        ):
            state.undo()
            st.rerun()
