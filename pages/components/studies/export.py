"""Export of a study by its lead: all answers, or its drawn pictures with the ratings given there."""

import streamlit as st

from core.exporting.formats import FORMATS
from db.export_items import Choice, count_near
from db.repository import Repository
from db.study_export import study_order
from db.study_records import Study
from pages.components.errors import errors_shown
from pages.components.library.export_panel import (
    NAMING,
    ask_margin,
    ask_near,
    open_panel,
    show_run,
    start_run,
)

FORM, NAMES, MARGIN = "study_export_form", "study_export_names", "study_export_margin"
ANSWERS = "ratings"
FORMS = (ANSWERS, *(name for name in FORMATS if name != ANSWERS))


def show_study_export(repository: Repository, study: Study, person: str) -> None:
    """A folded panel; the person's export, of whatever it is, is followed here as in History."""
    with open_panel(person):
        if not show_run(person):
            _ask(repository, study, person)


def _ask(repository: Repository, study: Study, person: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        form = st.selectbox("Form", FORMS, format_func=_label, key=FORM, width=300)
        pressed = st.button("Start export", icon=":material/ios_share:", type="primary", key="study_export")
    names = form in NAMING and st.checkbox(
        "Name raters and owners",
        key=NAMES,
        help="Otherwise raters are numbered by chance. Comments leave as they were written.",
    )
    margin = ask_margin(form, MARGIN)
    near = form != ANSWERS and ask_near(_count_near(repository, study, person))
    st.caption(_note(study, form))
    if pressed:
        with errors_shown():
            order = study_order(repository, study, person, names, margin, near)
            start_run(repository, person, order, form)


def _count_near(repository: Repository, study: Study, person: str) -> int:
    drawn = repository.studies.drawn(study.id, person)
    return count_near(repository, Choice(ids=tuple(drawn.values())), person)


def _label(form: str) -> str:
    return "Answers" if form == ANSWERS else FORMATS[form].label


def _note(study: Study, form: str) -> str:
    if form == ANSWERS:
        return "Every finished rating as CSV and JSON lines, with the plan; no pictures."
    left = " Its photographs of people never leave." if study.photographs else ""
    return f"{FORMATS[form].note} The drawn pictures, with the ratings of this study.{left}"
