"""Where a reviewer stands: the picture in front of them and the answers not yet saved."""

from dataclasses import dataclass, field

import streamlit as st

from core.errors import BlindedError
from db.records import CRITERIA, Generation, Verdict
from db.repository import Repository
from pages.components.wording import COMMENT_MAX

STATE = "review"


@dataclass(slots=True)
class ReviewState:
    """One reviewer's desk in this session. What is saved lives in the library, not here."""

    rater: str
    picture: int | None = None
    realism: int | None = None
    answers: dict[str, Verdict] = field(default_factory=dict)
    skipped: list[int] = field(default_factory=list)
    finished: int | None = None
    """The picture saved last, to which Undo goes back."""

    @property
    def next_criterion(self) -> str | None:
        """The first criterion without an answer: number keys answer this one."""
        return next((name for name in CRITERIA if name not in self.answers), None)

    def turn_to(self, picture: int | None) -> None:
        """Puts another picture on the desk, without answers."""
        self.picture, self.realism, self.answers = picture, None, {}

    def skip(self) -> None:
        """Puts the picture aside until the others are done."""
        if self.picture is not None:
            self.skipped.append(self.picture)
        self.turn_to(None)

    def undo(self) -> None:
        """Takes back the last answer on the desk, or else returns to the picture saved last."""
        if self.answers:
            self.answers.popitem()
        elif self.realism is not None:
            self.realism = None
        elif self.finished is not None:
            self.turn_to(self.finished)
            self.finished = None

    @property
    def can_undo(self) -> bool:
        """True if there is anything to take back."""
        return bool(self.answers) or self.realism is not None or self.finished is not None


def review_state(rater: str) -> ReviewState:
    """The desk of this session; another person starts with an empty one."""
    state = st.session_state.get(STATE)
    if state is None or state.rater != rater:
        state = st.session_state[STATE] = ReviewState(rater)
    return state


def picture_to_review(repository: Repository, state: ReviewState) -> Generation | None:
    """The picture on the desk, or the next one in this reviewer's own order."""
    if state.picture is not None and (generation := _on_desk(repository, state)) is not None:
        return generation
    found = repository.ratings.next_to_review(state.rater, state.skipped, state.rater)
    state.turn_to(found.id if found else None)
    return found


def _on_desk(repository: Repository, state: ReviewState) -> Generation | None:
    """The picture in front of the reviewer; None if it was deleted, or a study hides it by now."""
    assert state.picture is not None
    try:
        generation = repository.generations.get(state.picture, state.rater)
    except BlindedError:
        return None
    return generation if generation.deleted_at is None else None


def comment_key(picture: int) -> str:
    """Session key of the comment on a picture."""
    return f"review_comment_{picture}"


def save_blind(repository: Repository, state: ReviewState) -> None:
    """Stores the blind answer, then reveals: from here on it can't be changed."""
    assert state.picture is not None
    repository.ratings.add(state.picture, state.rater, True, state.realism, {}, "")
    repository.ratings.reveal(state.picture, state.rater)
    state.realism = None


def save_criteria(repository: Repository, state: ReviewState) -> None:
    """Stores the answers given with the prompt in sight and clears the desk for the next picture."""
    assert state.picture is not None
    comment = str(st.session_state.get(comment_key(state.picture), "")).strip()[:COMMENT_MAX]
    repository.ratings.add(state.picture, state.rater, False, None, dict(state.answers), comment)
    state.finished = state.picture
    state.turn_to(None)
