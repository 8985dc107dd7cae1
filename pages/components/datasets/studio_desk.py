"""The desk of the caption studio: photograph, questions, what to do next, and who said what before."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import streamlit as st

from core.photographs.captioning import Wanted
from core.photographs.dataset_edits import Edit, standing_edits
from core.photographs.photographs import Photograph
from core.photographs.suggestions import Suggestion
from pages.components.datasets.studio_questions import ask_caption, ask_rash, ask_site, ask_tone
from pages.components.datasets.studio_state import StudioState, save, undo
from pages.components.datasets.view import View
from pages.components.errors import errors_shown
from pages.components.people import link_to
from pages.components.picture import is_readable, show_missing
from pages.components.wording import moment_line, plain, rash_word, site_label, tone_label


def show_desk(state: StudioState, view: View, photograph: Photograph, suggestion: Suggestion | None) -> None:
    """One photograph and all that is asked of it."""
    left, right = st.columns([3, 4], gap="medium")
    with left:
        _show_photograph(view.dataset.path_of(photograph), photograph)
        show_said(view, photograph)
    with right:
        ask_rash(state, photograph)
        ask_site(state, photograph, suggestion)
        ask_tone(state, photograph, suggestion)
        ask_caption(state)
        _show_saving(state)
        show_movement(state)


def _show_photograph(path: Path, photograph: Photograph) -> None:
    if is_readable(path):
        st.image(path, alt=alt_text(photograph), width="stretch")
    else:
        show_missing("This photograph can't be shown: its file is missing or damaged. Mark it as not usable.")
    st.caption(plain(photograph.source))


def alt_text(photograph: Photograph) -> str:
    """What a screen reader says: what is known so far, not what is in the picture."""
    shown = photograph.attributes
    known = [rash_word(shown.rash)] if shown.rash else []
    known += [site_label(site) for site in shown.sites]
    known += [f"{tone_label(shown.tone)} skin"] if shown.tone else []
    return f"Photograph to be captioned; known so far: {', '.join(known) or 'nothing'}"


def _show_saving(state: StudioState) -> None:
    whole = state.answer.is_whole
    st.button(
        "Save and next",
        type="primary",
        icon=":material/check:",
        shortcut="Enter",
        disabled=not whole,
        key=state.key("save"),
        width="stretch",
        help=None if whole else "Rash, body site and skin tone are needed.",
        on_click=_do,
        args=(lambda: save(state),),
    )
    if not whole:
        st.button(
            "Save, the rest can't be told",
            icon=":material/question_mark:",
            shortcut="N",
            disabled=not state.answer.words,
            key=state.key("save_part"),
            width="stretch",
            on_click=_do,
            args=(lambda: save(state),),
        )


def show_movement(state: StudioState) -> None:
    """Skip, not usable, and Undo."""
    with st.container(horizontal=True):
        if state.photograph is not None:
            st.button(
                "Skip",
                icon=":material/skip_next:",
                shortcut="S",
                key=state.key("skip"),
                on_click=state.skip,
            )
            if state.wanted is not Wanted.UNUSABLE:
                st.button(
                    "Not usable",
                    icon=":material/block:",
                    shortcut="X",
                    key=state.key("unusable"),
                    help="Blurred, no skin, or it shows who the person is. It is left out of training.",
                    on_click=_do,
                    args=(lambda: save(state, usable=False),),
                )
        st.button(
            "Undo",
            icon=":material/undo:",
            shortcut="Backspace",
            disabled=not state.can_undo,
            key="studio_undo",
            help="Takes back the answer above, or else the one saved last.",
            on_click=_do,
            args=(lambda: undo(state),),
        )


def show_said(view: View, photograph: Photograph) -> None:
    """Who said what of this photograph, and when; nothing where nobody did."""
    said = [edit for edit in view.edits if edit.photograph == photograph.id]
    if not said:
        return
    standing = standing_edits(said)
    with st.expander(f"Said so far ({len(standing)})", key="studio_said"):
        for edit in said:
            if not edit.undoes:
                line = said_line(edit)
                st.markdown(line if edit in standing else f"~~{line}~~ taken back")


def said_line(edit: Edit) -> str:
    """One edit in words: "Ann, 7 Mar 2026, 14:05: tinea, foot"."""
    changes = edit.changes
    words = [rash_word(changes["rash"])] if changes.get("rash") else []
    words += [site_label(site) for site in changes.get("sites", ())]
    words += [f"{tone_label(changes['tone'])} skin"] if changes.get("tone") else []
    words += [f"“{changes['caption']}”"] if changes.get("caption") else []
    words = ["not usable"] if changes.get("usable") is False else words or ["all right as it is"]
    return f"**{plain(edit.by)}**, {moment_line(datetime.fromisoformat(edit.at))}: {plain(', '.join(words))}"


def show_end(state: StudioState, view: View, others: dict[str, str]) -> None:
    """No photograph is left for this desk: why, and what can be done."""
    waiting = view.waiting(state.wanted, state.rash)
    with st.container(border=True, horizontal_alignment="center", key="studio_empty"):
        held = [others[key] for key in waiting if key in others and key not in state.skipped]
        if held:
            _show_held(state, held)
        elif waiting:
            st.markdown("#### Only skipped photographs are left", text_alignment="center")
            st.button(
                "Show the skipped ones again",
                icon=":material/replay:",
                key="studio_again",
                on_click=state.skipped.clear,
            )
        else:
            st.markdown("#### Nothing left to caption", text_alignment="center")
            st.caption(NOTHING[state.wanted], text_alignment="center")
            link_to("pages/datasets.py", "See what is covered, and export")
    show_movement(state)


NOTHING = {
    Wanted.MISSING: "Rash, body site and skin tone of every photograph here are known or were looked at. "
    "Choose “Nobody has looked at” above to check those that were named by folder or caption alone.",
    Wanted.UNSEEN: "Somebody has looked at every photograph here.",
    Wanted.UNUSABLE: "No photograph here was marked as not usable.",
}


def _show_held(state: StudioState, held: list[str]) -> None:
    names = ", ".join(plain(name) for name in dict.fromkeys(held))
    st.markdown("#### The last ones are on other desks", text_alignment="center")
    st.caption(
        f"{names} has them open. A photograph left alone for five minutes is free again.",
        text_alignment="center",
    )
    with st.container(horizontal=True, horizontal_alignment="center"):
        st.button("Look again", icon=":material/refresh:", key="studio_look_again")
        if st.button("Caption them all the same", key="studio_heedless"):
            state.heed = False
            st.rerun()


def _do(act: Callable[[], None]) -> None:
    """Acts before the page is drawn; an error stands above it."""
    with errors_shown():
        act()
