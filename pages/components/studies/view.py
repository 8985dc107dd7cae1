"""A study under way: how far each rater is, its plan, and closing it."""

import streamlit as st

from db.repository import Repository
from db.study_records import Study
from pages.components.wording import counted, plain


def show_study(repository: Repository, study: Study, person: str) -> None:
    """Plan, progress, and what its lead may do with it."""
    real = f", {study.photographs} of them photographs" if study.photographs else ", no photographs"
    st.caption(
        f"{counted(study.pictures, 'picture')}{real} · {counted(study.ratings_per_picture, 'rating')} each · "
        f"{study.repeats * 100:.0f} % repeats · seed {study.seed} · led by {plain(study.owner)}"
    )
    progress = repository.studies.progress(study.id, person)
    for row in progress:
        st.progress(row.done / row.total, text=f"{plain(row.rater)}: {row.done} of {row.total}")
    _show_end(repository, study, person, sum(row.done for row in progress))


def _show_end(repository: Repository, study: Study, person: str, done: int) -> None:
    with st.container(horizontal=True):
        if study.closed_at is None:
            if st.button(
                "Close the study",
                icon=":material/lock:",
                key="study_close",
                help="No more answers are taken, and its raters may see its pictures in History.",
            ):
                repository.studies.close(study.id, person)
                st.rerun()
        elif st.button("Open it again", icon=":material/lock_open:", key="study_reopen"):
            repository.studies.close(study.id, person, closed=False)
            st.rerun()
        if not done and st.button("Delete", icon=":material/delete:", key="study_delete"):
            repository.studies.delete(study.id, person)
            st.rerun()
