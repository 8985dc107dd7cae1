"""Where somebody who captions stands: the photograph in front of them and the answers not yet saved."""

import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path

import streamlit as st

from core.language.attributes import Attributes
from core.photographs.captioning import Answer, Wanted, answer_of, edit_of, undo_of
from core.photographs.claims import claim_next
from core.photographs.dataset_edits import Edit, append_edit
from core.photographs.photographs import Photograph
from pages.components.datasets.view import View, view_dataset

STATE = "studio"


@dataclass(slots=True)
class StudioState:
    """One person's desk in this session. What is saved lives in the dataset, not here.

    ``begun`` is the answer the photograph came with; ``region`` the group of sites being chosen from;
    ``finished`` the edits saved in this session with their answers, to which Undo goes back; ``before`` the
    edit that stood when the photograph came onto the desk; ``heed`` whether other desks' photographs are
    left to them.
    """

    person: str
    folder: Path
    desk: str = field(default_factory=lambda: secrets.token_hex(8))
    photograph: str | None = None
    begun: Answer = field(default_factory=Answer)
    answer: Answer = field(default_factory=Answer)
    region: str | None = None
    before: Edit | None = None
    wanted: Wanted = Wanted.MISSING
    rash: str | None = None
    heed: bool = True
    notice: str = ""
    skipped: list[str] = field(default_factory=list)
    finished: list[tuple[Edit, Answer]] = field(default_factory=list)

    def say(self, **changes: object) -> None:
        """Changes rash, sites or tone; the caption is composed anew."""
        attributes: Attributes = replace(self.answer.attributes, **changes)  # type: ignore[arg-type]
        same = attributes == self.begun.attributes
        self.answer = replace(
            self.answer, attributes=attributes, caption=self.begun.caption if same else None
        )
        if "sites" in changes:
            self.region = None

    def open_region(self, region: str | None) -> None:
        """Offers the sites of a region; None offers the regions again."""
        self.region = region

    def key(self, name: str) -> str:
        """Key of a button about the photograph on the desk: one drawn for another photograph does nothing."""
        return f"studio_{name}_{self.photograph}"

    def write(self, caption: str) -> None:
        """Takes a caption in own words; an emptied one, or the composed one, is composed again."""
        caption = " ".join(caption.split())
        composed = replace(self.answer, caption=None)
        self.answer = composed if caption in ("", composed.words) else replace(self.answer, caption=caption)

    def clear(self) -> None:
        """Takes the photograph off the desk."""
        self.photograph, self.region, self.before = None, None, None

    def skip(self) -> None:
        """Puts the photograph aside until the others are done."""
        if self.photograph is not None:
            self.skipped.append(self.photograph)
        self.notice = ""
        self.clear()

    @property
    def can_undo(self) -> bool:
        """True if there is anything to take back."""
        return self.region is not None or self.answer != self.begun or bool(self.finished)


def studio_state(person: str, folder: Path) -> StudioState:
    """The desk of this session; another person or dataset starts with an empty one."""
    state = st.session_state.get(STATE)
    if state is None or (state.person, state.folder) != (person, folder):
        state = st.session_state[STATE] = StudioState(person, folder)
    return state


def photograph_to_caption(state: StudioState, view: View) -> Photograph | None:
    """The photograph on the desk, or the next one that waits and that nobody else has in front of them.

    Raises:
        DatasetError, StorageError: the dataset is gone, or can't be written.
    """
    if state.photograph in view.by_id:
        kept = state.photograph
        claim_next(state.folder, state.desk, state.person, lambda: [kept], heed=False)
        return view.by_id[kept]
    chosen = claim_next(state.folder, state.desk, state.person, lambda: _waiting(state), state.heed)
    if chosen is None:
        state.clear()
        return None
    view = view_dataset(state.folder)
    put_on_desk(state, view, chosen)
    return view.by_id[chosen]


def _waiting(state: StudioState) -> list[str]:
    """Looked up anew: somebody may have answered a moment ago."""
    found = view_dataset(state.folder).waiting(state.wanted, state.rash)
    return [key for key in found if key not in state.skipped]


def put_on_desk(state: StudioState, view: View, chosen: str) -> None:
    """A photograph with what is known of it as the answer to begin with."""
    state.clear()
    state.photograph, state.before = chosen, view.answered.get(chosen)
    state.begun = state.answer = replace(answer_of(view.by_id[chosen]), usable=True)


def save(state: StudioState, usable: bool = True) -> None:
    """Records the answer and clears the desk; says so if somebody else answered meanwhile.

    Raises:
        LibraryBusyError, StorageError: nothing was recorded, the desk stays as it is.
    """
    assert state.photograph is not None
    view = view_dataset(state.folder)
    photograph, other = view.by_id[state.photograph], view.answered.get(state.photograph)
    edit = edit_of(photograph, replace(state.answer, usable=usable), state.person)
    append_edit(state.folder, edit)
    state.notice = ""
    if other is not None and other != state.before and other.by != state.person:
        state.notice = f"{other.by} answered the same photograph meanwhile. Yours counts; both are kept."
    state.finished.append((edit, state.answer))
    state.clear()


def undo(state: StudioState) -> None:
    """Takes back the answer on the desk, or else the one saved last, which returns to be corrected.

    Raises:
        LibraryBusyError, StorageError: nothing was recorded.
    """
    if state.region is not None:
        state.region = None
    elif state.photograph is not None and state.answer != state.begun:
        state.answer = state.begun
    elif state.finished:
        edit, answer = state.finished[-1]
        append_edit(state.folder, undo_of(edit, state.person))
        state.finished.pop()
        state.notice = ""
        put_on_desk(state, view_dataset(state.folder), edit.photograph)
        state.answer = answer
