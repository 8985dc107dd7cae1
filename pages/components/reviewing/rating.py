"""Rating widgets: realism from 1 to 7, the five criteria, a comment."""

from collections.abc import Iterable

import streamlit as st

from db.records import CRITERIA, REALISM, Generation, Rating, Verdict
from db.repository import Repository
from pages.components.errors import errors_shown
from pages.components.wording import (
    COMMENT_MAX,
    CRITERION_LABELS,
    CRITERION_QUESTIONS,
    VERDICT_LABELS,
    moment_line,
    plain,
)

REALISM_STEPS = tuple(range(REALISM[0], REALISM[1] + 1))
REALISM_HELP = "1 = clearly artificial, 7 = like a photograph"


def own_rating(repository: Repository, generation_id: int, rater: str) -> Rating | None:
    """The rater's current answers given with the prompt known, or None."""
    ratings = repository.ratings.of(generation_id)
    return next((r for r in ratings if r.rater == rater and not r.blind), None)


def show_rating_popover(repository: Repository, generation: Generation, rater: str, place: str) -> None:
    """A button that opens the answer sheet; its label says what was answered last."""
    rating = own_rating(repository, generation.id, rater)
    label = f"Rated {rating.realism}/7" if rating and rating.realism else "Rated" if rating else "Rate"
    icon = ":material/check:" if rating else ":material/rate_review:"
    with st.popover(label, icon=icon, width="stretch", key=f"{place}_rate_{generation.id}"):
        show_rating_sheet(repository, generation, rater, place, rating)


def show_rating_sheet(
    repository: Repository, generation: Generation, rater: str, place: str, rating: Rating | None
) -> None:
    """Realism, criteria and comment in one form; saving adds an answer sheet and never changes an old one."""
    with st.form(f"{place}_sheet_{generation.id}", border=False):
        realism = ask_realism(f"{place}_realism_{generation.id}", rating.realism if rating else None)
        verdicts = {
            name: _ask_criterion(name, f"{place}_{name}_{generation.id}", rating) for name in CRITERIA
        }
        comment = st.text_area(
            "Comment",
            rating.comment if rating else "",
            max_chars=COMMENT_MAX,
            height=80,
            key=f"{place}_comment_{generation.id}",
            placeholder="What looks right, what does not?",
        )
        if st.form_submit_button("Save rating", type="primary", width="stretch"):
            save_rating(repository, generation.id, rater, realism, verdicts, comment)


def ask_realism(key: str, default: int | None) -> int | None:
    """Seven steps with both ends named."""
    return st.segmented_control(
        f"Realism ({REALISM_HELP})", REALISM_STEPS, default=default, key=key, width="stretch"
    )


def _ask_criterion(name: str, key: str, rating: Rating | None) -> Verdict | None:
    return st.segmented_control(
        CRITERION_LABELS[name],
        list(Verdict),
        default=rating.criteria.get(name) if rating else None,
        format_func=lambda verdict: VERDICT_LABELS[verdict],
        key=key,
        help=CRITERION_QUESTIONS[name],
        width="stretch",
    )


def save_rating(
    repository: Repository,
    generation_id: int,
    rater: str,
    realism: int | None,
    verdicts: dict[str, Verdict | None],
    comment: str,
) -> None:
    """Stores the answers; an empty sheet is refused with a sentence."""
    criteria = {name: verdict for name, verdict in verdicts.items() if verdict is not None}
    if realism is None and not criteria and not comment.strip():
        st.warning("Answer at least one question before saving.", icon=":material/info:")
        return
    with errors_shown():
        repository.ratings.reveal(generation_id, rater)
        repository.ratings.add(generation_id, rater, False, realism, criteria, comment.strip())
        st.toast("Rating saved.", icon=":material/check:")
        st.rerun()


def show_ratings(ratings: Iterable[Rating]) -> None:
    """All current answers to one picture, blind ones marked."""
    sheets = list(ratings)
    if not sheets:
        st.caption("Nobody has rated this picture yet.")
        return
    for sheet in sheets:
        with st.container(border=True, gap="xsmall"):
            _show_sheet(sheet)


def _show_sheet(sheet: Rating) -> None:
    kind = "blind" if sheet.blind else "prompt known"
    realism = f"Realism {sheet.realism}/7" if sheet.realism else "Realism not rated"
    st.markdown(f"**{realism}** · {kind}")
    answers = [f"{CRITERION_LABELS[n]}: {VERDICT_LABELS[v].lower()}" for n, v in sheet.criteria.items()]
    if answers:
        st.markdown(" · ".join(answers))
    if sheet.comment:
        st.markdown(f"“{plain(sheet.comment)}”")
    st.caption(f"{plain(sheet.rater)}, {moment_line(sheet.created_at)}")
