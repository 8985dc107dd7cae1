"""One candidate on the page Models: what it is, how it stands, and what can be done with it."""

import streamlit as st

from core.weights.candidates import SHORT
from core.weights.encoder_checks import begin_check
from core.weights.model_cards import ModelCard
from core.weights.picture_checks import CheckState, discard_check
from pages.components.errors import errors_shown
from pages.components.models.candidate_state import Standing, identity_now
from pages.components.models.check_progress import ask_pictures, show_check_progress
from pages.components.models.check_result import ARM_WORDS, show_result
from pages.components.resources import Resources
from pages.components.wording import counted, moment_line, plain

DONE = "models_done"
COLOURS = {"In use": "green", "Passed": "blue", "Being checked": "gray", "Not checked": "gray"}
"""Of the badge; every other state wants attention."""


def show_candidates(resources: Resources, person: str, card: ModelCard, known: list[Standing]) -> None:
    """All candidates of one model, what is in use first, then the latest; says what one is where there is
    none."""
    if not known:
        st.caption(
            "No tuned text encoder has been added for this model. Add the result of a fine-tuning below: it "
            "is checked against the model, and only then can it be put into use."
        )
    for standing in sorted(known, key=lambda one: (not one.in_use, -one.candidate.id)):
        with st.container(border=True, key=f"candidate_{standing.candidate.id}"), errors_shown():
            _show(resources, person, card, standing)


def _show(resources: Resources, person: str, card: ModelCard, standing: Standing) -> None:
    candidate = standing.candidate
    _show_head(standing)
    show_check_progress(standing.check, standing.state, standing.trouble, ARM_WORDS, person)
    if standing.state is not CheckState.RUNNING:
        _show_verdict(standing)
    with st.container(horizontal=True):
        _show_activate(resources, person, standing)
        _ask_check(resources, person, card, standing)
        _show_remove(resources, person, standing)
    if candidate.result is not None:
        with st.expander("What the check found", icon=":material/fact_check:", type="compact"):
            show_result(resources.repository, person, candidate.result, standing.check)


def _show_head(standing: Standing) -> None:
    """Name and state, then where it comes from and what it may be used for."""
    candidate, terms = standing.candidate, standing.candidate.provenance
    colour = COLOURS.get(standing.word, "orange")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{plain(candidate.label)}** :{colour}-badge[{standing.word}]", width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            show_hash("" if standing.now is None else standing.now.sha256)
    st.caption(
        f"{plain(terms.origin or 'Origin not recorded')}  \n"
        f"**Licence** {plain(terms.licence or 'not recorded')} · "
        f"**Consent** {plain(terms.consent or 'not recorded')}  \n"
        f"Added {moment_line(candidate.added_at)} by {plain(candidate.added_by)} from `{candidate.folder}`"
    )


def show_hash(digest: str) -> None:
    """The beginning of a hash in a field whose button copies all of it."""
    if digest:
        st.caption("Hash", width="content")
        st.code(digest, language=None, width=12 * SHORT + 40)


def _show_verdict(standing: Standing) -> None:
    """The latest result in a sentence, or why it no longer counts."""
    result = standing.candidate.result
    if standing.reason is not None:
        kind = st.caption if result is None else st.warning
        kind(plain(standing.reason))
    elif result is not None:
        drawn = counted(int(result.pictures["count"]), "picture")
        st.caption(
            f":material/check: Checked {moment_line(result.at)} by {plain(result.by)}: passed, with {drawn} "
            "by each encoder."
        )


def _show_activate(resources: Resources, person: str, standing: Standing) -> None:
    candidate = standing.candidate
    if st.button(
        "Activate",
        icon=":material/swap_horiz:",
        type="primary",
        key=f"activate_{candidate.id}",
        disabled=standing.reason is not None or standing.in_use,
        help=plain(standing.reason or "") or ("In use." if standing.in_use else "New pictures use it."),
    ):
        with errors_shown():
            now = identity_now(resources.settings.library, candidate)
            resources.repository.activations.activate(candidate.id, now, person)
            st.session_state[DONE] = f"“{candidate.label}” is in use: new pictures are drawn with it."
            st.rerun()


def _ask_check(resources: Resources, person: str, card: ModelCard, standing: Standing) -> None:
    count = ask_pictures(
        "Check" if standing.candidate.result is None else "Check again",
        "Pictures by each encoder",
        "Drawn by the stock encoder, by this one, and by the mixture half way.",
        standing.check,
        (resources, person, card),
    )
    if count is not None:
        begin_check(resources.settings.library, standing.candidate, count, person)
        st.rerun()


def _show_remove(resources: Resources, person: str, standing: Standing) -> None:
    candidate = standing.candidate
    if st.button(
        "Remove",
        icon=":material/close:",
        key=f"candidate_remove_{candidate.id}",
        disabled=standing.in_use,
        help="Roll back first."
        if standing.in_use
        else "Takes it off this list. Its folder is left as it is.",
    ):
        with errors_shown():
            resources.repository.candidates.remove(candidate.id, person)
            discard_check(standing.check, person)
            st.session_state[DONE] = f"“{candidate.label}” is off the list. Its folder is as it was."
            st.rerun()
