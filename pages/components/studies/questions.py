"""The questions of a study. Number keys answer the first open one; each button shows its own."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.review.checklists import CRITERIA
from core.review.studies import (
    AI,
    ARTEFACTS,
    COMMENT_MAX,
    DIAGNOSES,
    DIAGNOSIS_MAX,
    REAL,
    SEVERITIES,
    VERDICTS,
    next_diagnosis,
)
from db.repository import Repository
from db.study_records import Asked, Desk
from pages.components.studies.state import answer, next_question, want_diagnosis, wanted_diagnosis
from pages.components.wording import (
    CRITERION_LABELS,
    VERDICT_LABELS,
    plain,
    rash_word,
    site_label,
    tone_label,
)

YES_NO = {True: "Yes", False: "No"}
CONFIDENCE = {1: "1", 2: "2", 3: "3", 4: "4", 5: "5"}
REALISM = {value: str(value) for value in range(1, 8)}
VERDICTS_SHOWN = {verdict: VERDICT_LABELS[verdict] for verdict in VERDICTS}
ORIGIN = {REAL: "Real photograph", AI: "AI picture"}


def ask_blind(repository: Repository, desk: Desk, person: str) -> None:
    """Gradable or not, diagnoses with confidence, real or AI with confidence."""
    _ask(repository, desk, person, "gradable", "Can this picture be judged?", YES_NO)
    if desk.answers.get("gradable"):
        _ask_diagnoses(repository, desk, person)
    if "gradable" in desk.answers:
        _ask(repository, desk, person, "origin", "Real or AI?", ORIGIN)
        _ask(repository, desk, person, "origin_confidence", f"How sure are you? {SURE}", CONFIDENCE)


SURE = ":small[1 = guessing, 5 = certain]"


def _ask_diagnoses(repository: Repository, desk: Desk, person: str) -> None:
    for number, name in enumerate(DIAGNOSES, 1):
        if given := desk.answers.get(name):
            title = f"{number}. {plain(given)}: how sure are you? {SURE}"
            _ask(repository, desk, person, f"{name}_confidence", title, CONFIDENCE)
    free = next_diagnosis(desk.answers)
    if free is None:
        return
    if free == DIAGNOSES[0] or wanted_diagnosis(desk) == free:
        _ask_words(repository, desk, person, free)
    else:
        st.button(
            "Another diagnosis",
            icon=":material/add:",
            shortcut="D",
            key=f"study_more_{desk.showing}",
            on_click=want_diagnosis,
            args=(desk, free),
        )


def _ask_words(repository: Repository, desk: Desk, person: str, free: str) -> None:
    key = f"study_{free}_{desk.showing}"
    with st.container(key=f"study_question_{free}"):
        st.text_input(
            "What is your diagnosis?" if free == DIAGNOSES[0] else "Another diagnosis (optional)",
            key=key,
            max_chars=DIAGNOSIS_MAX,
            placeholder="Type it and press Enter"
            if free == DIAGNOSES[0]
            else "Type it and press Enter, or Escape to leave it out",
            on_change=lambda: answer(repository, desk, person, free, st.session_state[key].strip() or None),
        )


def ask_revealed(repository: Repository, desk: Desk, asked: Asked, person: str) -> None:
    """What was asked for, then criteria, tone seen, realism, artefacts and a comment."""
    st.caption("Step 2 of 2 · asked for")
    st.markdown(f"#### {plain(asked_line(asked))}")
    for name in CRITERIA:
        title = f"**{CRITERION_LABELS[name]}** · {plain(asked.checklist[name])}"
        _ask(repository, desk, person, name, title, VERDICTS_SHOWN, beside=True)
    _ask_tone(repository, desk, person)
    _ask(repository, desk, person, "realism", f"Realism {ENDS}", REALISM)
    _ask_artefacts(repository, desk, person)
    key = f"study_comment_{desk.showing}"
    st.text_area(
        "Comment (optional)",
        desk.answers.get("comment", ""),
        key=key,
        max_chars=COMMENT_MAX,
        height=72,
        on_change=lambda: answer(repository, desk, person, "comment", st.session_state[key].strip() or None),
    )


ENDS = ":small[1 = clearly artificial, 7 = like a photograph]"


def asked_line(asked: Asked) -> str:
    """Rash, sites and tone in one line, the same for drawn pictures and photographs."""
    parts = [rash_word(asked.rash)] if asked.rash else []
    parts += [" and ".join(site_label(site) for site in asked.sites)] if asked.sites else []
    parts += [f"{tone_label(asked.tone)} skin"] if asked.tone else []
    return " · ".join(parts) or "Nothing in particular"


def _ask(
    repository: Repository,
    desk: Desk,
    person: str,
    question: str,
    title: str,
    options: Mapping[Any, str],
    beside: bool = False,
) -> None:
    """One question as a row of buttons, below its title or ``beside`` it; those of the open one have number
    keys."""
    active = next_question(desk) == question
    with st.container(gap="xxsmall", key=f"study_question_{question}"):
        left, right = st.columns([1, 1], vertical_alignment="center") if beside else (st, st)
        left.markdown(title)
        with right.container(horizontal=True, gap="xsmall"):
            for number, (value, label) in enumerate(options.items(), 1):
                st.button(
                    label,
                    type="primary" if desk.answers.get(question) == value else "secondary",
                    shortcut=str(number) if active else None,
                    key=f"study_{question}_{value}_{desk.showing}",
                    on_click=answer,
                    args=(repository, desk, person, question, value),
                )


def _ask_tone(repository: Repository, desk: Desk, person: str) -> None:
    """Ten swatches of the Monk scale; their names are for screen readers, not on view. Keys 1 to 9 and 0
    answer from light to dark."""
    active = next_question(desk) == "tone_seen"
    with st.container(gap="xxsmall", key="study_question_tone_seen"):
        st.markdown("Skin tone seen :small[(keys 1 to 9 and 0, from light to dark)]")
        with st.container(horizontal=True, gap="xxsmall", key="study_swatches"):
            for step in range(1, 11):
                st.button(
                    f"Swatch {step} of 10",
                    shortcut=str(step % 10) if active else None,
                    key=f"study_tone_{step}_{desk.showing}",
                    on_click=answer,
                    args=(repository, desk, person, "tone_seen", step),
                )


def _ask_artefacts(repository: Repository, desk: Desk, person: str) -> None:
    """None at all by key 1; kinds with a severity by hand."""
    active = next_question(desk) == "artefacts"
    found: dict[str, str] | None = desk.answers.get("artefacts")
    with st.container(gap="xxsmall", key="study_question_artefacts"):
        st.markdown("Artefacts")
        st.button(
            "None",
            type="primary" if found == {} else "secondary",
            shortcut="1" if active else None,
            key=f"study_artefacts_none_{desk.showing}",
            on_click=_no_artefacts,
            args=(repository, desk, person),
        )
        with st.expander("Name them", expanded=bool(found)):
            for kind, label in ARTEFACTS.items():
                _ask_severity(repository, desk, person, kind, label)


def _no_artefacts(repository: Repository, desk: Desk, person: str) -> None:
    for kind in ARTEFACTS:
        st.session_state.pop(f"study_artefact_{kind}_{desk.showing}", None)
    answer(repository, desk, person, "artefacts", {})


def _ask_severity(repository: Repository, desk: Desk, person: str, kind: str, label: str) -> None:
    key = f"study_artefact_{kind}_{desk.showing}"
    found: dict[str, str] = desk.answers.get("artefacts") or {}
    st.session_state[key] = found.get(kind)

    def say() -> None:
        severity = st.session_state[key]
        others = {k: v for k, v in found.items() if k != kind}
        answer(repository, desk, person, "artefacts", others | ({kind: severity} if severity else {}) or None)

    st.segmented_control(
        label, SEVERITIES, key=key, format_func=str.capitalize, on_change=say, width="stretch"
    )
