"""Rate a study: one picture at a time, in an order of one's own; every answer is kept at once."""

import streamlit as st

from core.settings import Settings
from db.repository import Repository
from db.study_records import RaterProgress
from pages.components.errors import errors_shown
from pages.components.frame import require_frame
from pages.components.heading import page_heading
from pages.components.people import current_person
from pages.components.resources import open_resources
from pages.components.studies.desk import show_desk
from pages.components.wording import plain

STUDY = "study_chosen"


def show_page(repository: Repository, settings: Settings, person: str) -> None:
    """The choice among the person's studies, progress, and the picture on the desk."""
    page_heading("Rate a study")
    mine = [row for row in repository.studies.of_rater(person) if not row.closed]
    if not mine:
        _show_end("No study to rate", "When a study is made with you as a rater, its pictures appear here.")
        return
    chosen = _ask_study(mine)
    done = f"{chosen.done} of {chosen.total} pictures rated"
    st.progress(chosen.done / chosen.total, text=f"{plain(chosen.study)} · {done}")
    desk = repository.studies.desk(chosen.study_id, person)
    if desk is None:
        _show_end("All pictures are rated", "Thank you. Your answers are kept; the lead sees the figures.")
    else:
        show_desk(repository, settings, desk, person)


def _ask_study(mine: list[RaterProgress]) -> RaterProgress:
    by_id = {row.study_id: row for row in sorted(mine, key=lambda row: row.done == row.total)}
    if len(by_id) == 1:
        return next(iter(by_id.values()))
    key = st.selectbox(
        "Study", list(by_id), format_func=lambda id: by_id[id].study, key=STUDY, persist_state="session"
    )
    return by_id[key]


def _show_end(title: str, words: str) -> None:
    with st.container(border=True, horizontal_alignment="center", key="study_empty"):
        st.markdown(f"#### {title}", text_alignment="center")
        st.caption(words, text_alignment="center")


require_frame("pages/study.py")
with errors_shown():
    show_page(open_resources().repository, open_resources().settings, current_person())
