"""Studies: a lead makes them, follows them, and reads their figures."""

import streamlit as st

from core.settings import Settings
from db.repository import Repository
from db.study_records import Study
from pages.components.errors import errors_shown
from pages.components.frame import require_frame
from pages.components.heading import page_heading
from pages.components.library.withheld import show_withheld
from pages.components.people import current_person
from pages.components.resources import open_resources
from pages.components.studies.export import show_study_export
from pages.components.studies.form import ask_study
from pages.components.studies.report import show_report
from pages.components.studies.view import show_study
from pages.components.wording import counted, day

STUDY = "studies_chosen"


def show_page(repository: Repository, settings: Settings, person: str) -> None:
    """The form, the choice among one's studies, and the chosen one."""
    page_heading("Studies")
    known = repository.studies.led_by(person)
    if not known:
        st.caption(
            "A study shows pictures to several raters, each in an own random order, without prompt, model or "
            "the others' answers, and reports how real they look and how far the raters agree."
        )
    show_withheld(repository, person)
    with st.expander("Make a study", icon=":material/add:", expanded=not known, key="study_form"):
        ask_study(repository, settings, person)
    if known:
        study = _ask_which(known)
        with errors_shown():
            show_study(repository, study, person)
        with errors_shown():
            show_report(repository, study, person)
            show_study_export(repository, study, person)


def _ask_which(known: list[Study]) -> Study:
    by_id = {study.id: study for study in known}
    if st.session_state.get(STUDY) not in by_id:
        st.session_state[STUDY] = known[0].id
    key = st.selectbox("Study", list(by_id), key=STUDY, format_func=lambda id: _label(by_id[id]))
    return by_id[key]


def _label(study: Study) -> str:
    state = "closed" if study.closed_at else "open"
    return f"{study.name} · {counted(study.pictures, 'picture')} · {day(study.created_at)} · {state}"


require_frame("pages/studies.py")
with errors_shown():
    show_page(open_resources().repository, open_resources().settings, current_person())
