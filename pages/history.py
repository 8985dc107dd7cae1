"""History: everything that was drawn, to be found again, judged, reused and taken along."""

import streamlit as st

from db.repository import Repository
from pages.components.errors import errors_shown
from pages.components.frame import require_frame
from pages.components.heading import page_heading
from pages.components.library.detail import show_open_picture
from pages.components.library.export_panel import show_export
from pages.components.library.filters import ask_filter, clear, is_filtered
from pages.components.library.gallery import read_page, show_gallery
from pages.components.library.selection import show_selection_bar, show_undo_bar
from pages.components.library.withheld import show_withheld
from pages.components.people import current_person, link_to
from pages.components.resources import disk_use, open_resources
from pages.components.wording import counted, size


def show_page(repository: Repository, user: str) -> None:
    """Filters, the bars for deleted and selected pictures, thumbnails."""
    page_heading("History")
    show_undo_bar(repository, user)
    show_withheld(repository, user)
    wanted, order = ask_filter(repository, user)
    page = read_page(repository, user, wanted, order)
    if page.items:
        count = repository.generations.count(wanted, user)
        _show_counts(repository, count)
        show_export(repository, user, wanted, count)
        show_selection_bar(repository, user)
        show_gallery(repository, page)
    else:
        _show_empty()
    show_open_picture(repository, user)


def _show_counts(repository: Repository, count: int) -> None:
    use = disk_use(repository)
    st.caption(
        f"{counted(count, 'picture')} · the library takes {size(use.taken)}, {size(use.free)} are free"
    )


def _show_empty() -> None:
    with st.container(border=True, horizontal_alignment="center", key="history_empty"):
        if is_filtered():
            st.markdown("#### No picture matches", text_alignment="center")
            st.caption("Take a filter away, or search for another word.", text_alignment="center")
            st.button("Clear all filters", on_click=clear, key="empty_clear")
        else:
            st.markdown("#### Nothing here yet", text_alignment="center")
            st.caption(
                "Every picture you generate is kept here with its recipe: to find, rate, reuse and download.",
                text_alignment="center",
            )
            link_to("pages/generate.py", "Generate the first picture")


require_frame("pages/history.py")
with errors_shown():
    show_page(open_resources().repository, current_person())
