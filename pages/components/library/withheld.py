"""A plain sentence about pictures that a study hides from its raters while they rate."""

from collections.abc import Iterable

import streamlit as st

from core.errors import BlindedError
from core.jobs import Job
from db.repository import Repository
from pages.components.people import link_to
from pages.components.wording import counted, plain


def show_withheld(repository: Repository, person: str) -> None:
    """Says which studies hide pictures from the person, and why; nothing where none does."""
    found = repository.studies.withheld(person)
    if not found:
        return
    with st.container(key="withheld"):
        for one in found:
            st.info(
                f"{counted(one.pictures, 'picture')} of the study “{plain(one.study)}” "
                f"{'is' if one.pictures == 1 else 'are'} hidden from you until you have rated all of it: "
                "what was asked for, the model and others' ratings could sway your answers.",
                icon=":material/visibility_off:",
            )
        link_to("pages/study.py", "Go on rating")


def any_withheld(repository: Repository, person: str, jobs: Iterable[Job]) -> bool:
    """Whether a study hides a picture that these jobs drew: then their recipe is not to be shown either."""
    if not repository.studies.withheld(person):
        return False
    try:
        for job in jobs:
            if job.generation_id is not None:
                repository.generations.get(job.generation_id, person)
    except BlindedError:
        return True
    return False
