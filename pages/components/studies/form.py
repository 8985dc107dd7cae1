"""The form of a new study: pictures, photographs, raters, plan, checklists."""

import secrets
from collections.abc import Iterable

import pandas as pd
import streamlit as st

from core.review.checklists import CRITERIA, SENTENCE_MAX, Checklist, checklist_of
from core.review.study_plan import REPEATS_MAX, SEED_MAX, repeats_of
from core.roles import Capability, allows
from core.settings import Settings
from db.repository import Repository
from db.study_records import StudyDraft
from pages.components.errors import errors_shown
from pages.components.studies.pictures import ask_photographs, ask_pictures
from pages.components.wording import CRITERION_LABELS, counted, rash_label

SEED, FRESH = "study_form_seed", "study_form_number"


def ask_study(repository: Repository, settings: Settings, person: str) -> None:
    """Asks for everything and makes the study; the form is empty again afterwards."""
    st.session_state.setdefault(SEED, secrets.randbelow(SEED_MAX))
    name = st.text_input("Name", key=f"study_form_name_{_number()}", max_chars=200)
    pictures = ask_pictures(repository, person, int(st.session_state[SEED]))
    photographs = ask_photographs(settings, len(pictures), int(st.session_state[SEED]))
    raters = _ask_raters(repository)
    left, middle, right = st.columns(3)
    each = left.number_input(
        "Ratings per picture",
        1,
        max(1, len(raters)),
        max(1, len(raters)),
        key=f"study_form_each_{len(raters)}",
    )
    repeats = (
        middle.number_input("Repeats (%)", 0, int(REPEATS_MAX * 100), 15, key="study_form_repeats") / 100
    )
    seed = right.number_input(
        "Seed", 0, SEED_MAX, key=SEED, help="The same seed makes the same orders again."
    )
    checklists = _ask_checklists({p.recipe.rash for p in pictures} | {p.rash for p in photographs})
    _show_load(len(pictures) + len(photographs), len(raters), int(each), repeats)
    if st.button("Make the study", type="primary", icon=":material/check:", key="study_form_make"):
        ids = tuple(picture.id for picture in pictures)
        draft = StudyDraft(
            name, ids, tuple(raters), int(each), int(seed), repeats, tuple(photographs), checklists
        )
        _make(repository, draft, person)


def _make(repository: Repository, draft: StudyDraft, person: str) -> None:
    with errors_shown():
        study = repository.studies.create(draft, person)
        st.toast(f"The study “{study.name}” is made; its raters find it under Rate a study.")
        st.session_state[FRESH] = _number() + 1
        st.session_state["studies_chosen"] = study.id
        del st.session_state[SEED]
        st.rerun()


def _number() -> int:
    return int(st.session_state.get(FRESH, 0))


def _ask_raters(repository: Repository) -> list[str]:
    able = [user.name for user in repository.users.list() if allows(user.role, Capability.RATE)]
    return st.multiselect(
        "Raters", able, key="study_form_raters", help="People whose role may rate. Each gets an own order."
    )


def _show_load(pictures: int, raters: int, each: int, repeats: float) -> None:
    if pictures and raters:
        share = -(-pictures * each // raters)
        again = repeats_of(share, repeats)
        st.caption(
            f"{counted(pictures, 'picture')}, {counted(pictures * each, 'rating')}: up to {share} for each "
            f"of {counted(raters, 'rater')}, and {again} shown a second time."
        )


def _ask_checklists(rashes: Iterable[str | None]) -> dict[str, Checklist]:
    """One line a rash, one column a criterion; what is changed here is kept with this study alone."""
    keys = sorted({rash for rash in rashes if rash}, key=rash_label)
    if not keys:
        return {}
    with st.expander("Checklists", icon=":material/checklist:", key="study_form_checklists"):
        st.caption("What raters read beside each criterion. Changes here hold for this study.")
        table = pd.DataFrame([{"Rash": rash_label(key), **checklist_of(key)} for key in keys], index=keys)
        columns = {
            name: st.column_config.TextColumn(CRITERION_LABELS[name], max_chars=SENTENCE_MAX, width="medium")
            for name in CRITERIA
        }
        edited = st.data_editor(
            table,
            hide_index=True,
            disabled=["Rash"],
            column_config=columns,
            key=f"study_lists_{'_'.join(keys)}",
        )
    return {key: {name: str(edited.loc[key, name] or "") for name in CRITERIA} for key in keys}
