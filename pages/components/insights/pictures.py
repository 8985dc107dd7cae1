"""The pictures behind a mark of a chart: chosen by a click or from a list, shown beneath, on to History."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from db.insight_records import NOT_NAMED, Behind, Standing
from db.insights import LIMIT
from db.records import Generation
from db.repository import Repository
from pages.components.insights.filters import Asked
from pages.components.library.filters import clear
from pages.components.library.gallery import open_picture
from pages.components.people import may_open
from pages.components.picture import show_thumbnail
from pages.components.wording import attributes_line, counted, day, plain

TILE_WIDTH = 150
FIELDS = ("row", "column")
HISTORY = "pages/history.py"
Key = tuple[str, str]
"""What a mark of a chart is told by: its row and its column, or the like."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One place of a chart: its key, how it reads ("title: what it counts"), the pictures behind it."""

    key: Key
    label: str
    asked: Asked
    behind: Behind = field(default_factory=Behind)


def on_click(chart: str, choice: str) -> Any:
    """A callback for a chart: what was clicked becomes the choice of the list beneath. Clicks beside every
    mark change nothing."""

    def choose() -> None:
        if key := clicked(st.session_state.get(chart)):
            st.session_state[choice] = key

    return choose


def clicked(state: Any) -> Key | None:
    """The key of the clicked mark, from what Streamlit says of a chart."""
    selection: Mapping[str, Any] = (state or {}).get("selection", {})
    points = selection.get("cell") or []
    if not points or any(field not in points[0] for field in FIELDS):
        return None
    row, column = (str(points[0][field]) for field in FIELDS)
    return row, column


def choose_mark(marks: Mapping[Key, str], choice: str) -> Key | None:
    """The list of a chart's marks, for keyboard and screen reader too; None while none is chosen."""
    chosen = chosen_mark(marks, choice)
    st.session_state[choice] = chosen
    return st.selectbox(
        "Pictures of",
        list(marks),
        index=None,
        key=choice,
        format_func=lambda key: marks.get(key, ""),
        placeholder="Click in the chart, or choose here",
    )


def chosen_mark(marks: Mapping[Key, str], choice: str) -> Key | None:
    """What was chosen, if the chart still has it."""
    chosen = st.session_state.get(choice)
    return chosen if chosen in marks else None


def show_pictures(repository: Repository, person: str, mark: Mark) -> None:
    """Thumbnails, newest first, a page at a time; each opens, and History shows them all where it can."""
    page_key = f"insights_page_{'_'.join(mark.key)}_{mark.behind.standing}"
    skip = skipped(page_key)
    found = repository.insights.pictures(mark.asked.scope, mark.behind, person, skip)
    if skip and not found.items:
        st.session_state[page_key] = skip = 0
        found = repository.insights.pictures(mark.asked.scope, mark.behind, person)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        title = mark.label.partition(": ")[0]
        st.markdown(f"**{plain(title)}**: {counted(found.total, 'picture')}", width="content")
        if history_knows(mark) and may_open(HISTORY):
            words = "Show in History" if mark.behind.standing is Standing.DRAWN else "All drawn, in History"
            if st.button(words, icon=":material/photo_library:", key="insights_history"):
                _to_history(mark.asked)
    with st.grid(min_column_width=TILE_WIDTH, gap="small", key="insights_pictures") as grid:
        for generation in found.items:
            with grid.cell():
                show_tile(generation)
    show_turning(page_key, skip, found.total)


def show_tile(generation: Generation, words: str = "") -> None:
    """A thumbnail that opens, with its attributes (or other words) and its standing."""
    with st.container(gap="xsmall"):
        show_thumbnail(generation.thumbnail_path, generation.image_path, generation.recipe)
        st.button(
            plain(words or attributes_line(generation.recipe)),
            key=f"insights_open_{generation.id}",
            type="tertiary",
            on_click=open_picture,
            args=(generation.id,),
            wrap=True,
        )
        mean = generation.realism_mean
        st.caption(
            day(generation.created_at) if mean is None else f"{mean:.1f}/7 · {day(generation.created_at)}"
        )


def skipped(page_key: str, size: int = LIMIT) -> int:
    """How many stand on the pages before."""
    return size * int(st.session_state.get(page_key, 0))


def show_turning(page_key: str, skip: int, total: int, size: int = LIMIT) -> None:
    """The way to the previous and the next page; nothing where there is one page alone."""
    if total <= size:
        return
    page = skip // size
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
        st.button(
            "Previous",
            icon=":material/chevron_left:",
            disabled=not page,
            on_click=_turn,
            args=(page_key, page - 1),
            key="insights_previous",
        )
        st.caption(f"{skip + 1} to {min(skip + size, total)} of {total:,}", width="content")
        st.button(
            "Next",
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=skip + size >= total,
            on_click=_turn,
            args=(page_key, page + 1),
            key="insights_next",
        )


def _turn(page_key: str, page: int) -> None:
    st.session_state[page_key] = page


def history_knows(mark: Mark) -> bool:
    """Whether History's filters say the same: it knows no encoder, no measured tone, no day of rating, and
    not what was never named."""
    scope, behind = mark.asked.scope, mark.behind
    named = NOT_NAMED not in (scope.rash, scope.site, scope.tone)
    of_drawing = (behind.measured, behind.monk, behind.rated_since) == (None, None, None)
    return named and of_drawing and mark.asked.encoder is None


def _to_history(asked: Asked) -> None:
    """Opens History with the filters of the mark."""
    clear()
    state, scope = st.session_state, asked.scope
    for name, value in (
        ("rash", scope.rash),
        ("site", scope.site),
        ("tone", scope.tone),
        ("model", asked.model),
    ):
        state[f"filter_{name}"] = [value] if value else []
    state["filter_dates"] = asked.days
    state["filter_owner"] = scope.owner
    st.switch_page(HISTORY)
