"""Thumbnails in a grid that fits the screen, one page at a time."""

import streamlit as st

from db.records import Generation, HistoryFilter, HistoryPage, Order
from db.repository import Repository
from pages.components.library.measured import NEAR_MARK, NEAR_NOTE
from pages.components.library.selection import show_tick
from pages.components.picture import show_thumbnail
from pages.components.wording import attributes_line, day, plain

CURSOR, CURSOR_FOR, OPEN = "gallery_cursor", "gallery_cursor_for", "gallery_open"
PAGE_SIZE = 24
TILE_WIDTH = 168


def read_page(repository: Repository, user: str, wanted: HistoryFilter, order: Order) -> HistoryPage:
    """The page at the session's cursor; another filter or order starts at the first page again.

    Walking back to the start reads the first page anew, so that it is full whatever came or went meanwhile.
    """
    if st.session_state.get(CURSOR_FOR) != (wanted, order, user):
        st.session_state[CURSOR_FOR], st.session_state[CURSOR] = (wanted, order, user), (None, None)
    after, before = st.session_state[CURSOR]
    page = repository.generations.page(wanted, order, user, after, before, PAGE_SIZE)
    at_start = page.previous is None if before else not page.items
    if at_start and (after or before):
        st.session_state[CURSOR] = (None, None)
        return repository.generations.page(wanted, order, user, None, None, PAGE_SIZE)
    return page


def show_gallery(repository: Repository, page: HistoryPage) -> None:
    """Draws the thumbnails and, below, the way to the previous and the next page."""
    near = repository.readings.too_near([generation.id for generation in page.items])
    with st.grid(min_column_width=TILE_WIDTH, gap="small", key="gallery") as grid:
        for generation in page.items:
            with grid.cell():
                _show_tile(generation, generation.id in near)
    _show_turning(page)


def _show_tile(generation: Generation, near: bool) -> None:
    with st.container(gap="xsmall"):
        show_thumbnail(generation.thumbnail_path, generation.image_path, generation.recipe)
        st.button(
            plain(attributes_line(generation.recipe)),
            key=f"open_{generation.id}",
            type="tertiary",
            on_click=open_picture,
            args=(generation.id,),
            wrap=True,
        )
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.caption(_standing(generation), width="content")
            show_tick(generation.id)
        if near:
            st.badge(NEAR_MARK, icon=":material/content_copy:", color="orange", help=NEAR_NOTE)


def _standing(generation: Generation) -> str:
    parts = ["★"] if generation.starred else []
    parts += [f"{generation.realism_mean:.1f}/7"] if generation.realism_mean is not None else []
    return " · ".join([*parts, day(generation.created_at)])


def open_picture(generation_id: int) -> None:
    """Marks a picture to be shown in detail."""
    st.session_state[OPEN] = generation_id


def close_picture() -> None:
    """Shows no picture in detail any more."""
    st.session_state.pop(OPEN, None)


def _show_turning(page: HistoryPage) -> None:
    if not (page.previous or page.next):
        return
    with st.container(horizontal=True, horizontal_alignment="center"):
        st.button(
            "Previous",
            icon=":material/chevron_left:",
            disabled=page.previous is None,
            on_click=_turn,
            args=(None, page.previous),
            key="gallery_previous",
        )
        st.button(
            "Next",
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=page.next is None,
            on_click=_turn,
            args=(page.next, None),
            key="gallery_next",
        )


def _turn(after: str | None, before: str | None) -> None:
    st.session_state[CURSOR] = (after, before)
