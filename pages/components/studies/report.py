"""The figures of a study, drawn anew at each look."""

import pandas as pd
import streamlit as st

from core.review.agreement import Estimate, Figure
from core.review.studies import Response
from core.review.study_figures import BREAKDOWNS, Line, agreement, breakdown, consistency, figures, learning
from db.repository import Repository
from db.study_records import Study
from pages.components.wording import counted, rash_word, site_label, tone_label

LABELS = {"rash": rash_word, "site": site_label, "tone": tone_label}
PARTS = {
    "Pictures": figures,
    "Agreement between raters": agreement,
    "Consistency of each rater": consistency,
    "Learning over the session": learning,
}
COUNTED = {"Agreement between raters": "Pictures", "Consistency of each rater": "Repeats"}
"""What the figures of a part are made of, where it is not single ratings."""


def show_report(repository: Repository, study: Study, person: str) -> None:
    """All figures; too few ratings say so instead of giving a number."""
    responses = repository.studies.responses(study.id, person)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown("### Figures")
        st.button("Count anew", icon=":material/refresh:", key="study_refresh")
    if not responses:
        st.caption("No picture is rated yet. Figures appear here as raters go on; raters don't see them.")
        return
    st.caption(f"{counted(len(responses), 'finished rating')}. Intervals are 95 %. Raters don't see these.")
    for title, part in PARTS.items():
        _show_lines(title, part(responses))
    _show_breakdown(responses)


def _show_lines(title: str, lines: list[Line]) -> None:
    st.markdown(f"#### {title}")
    rows = [
        {
            "Figure": line.name,
            "Value": _value(line),
            "95 % interval": _interval(line),
            COUNTED.get(title, "Ratings"): _count(line.figure),
        }
        for line in lines
    ]
    rows = [row | {"Against chance": _chance(line)} for row, line in zip(rows, lines, strict=True)]
    shown = pd.DataFrame(rows)
    if not any(line.chance is not None for line in lines):
        shown = shown.drop(columns="Against chance")
    st.table(shown.set_index("Figure"))


def _value(line: Line) -> str:
    if not isinstance(line.figure, Estimate):
        return str(line.figure).capitalize()
    return number(line.figure.value, line.percent)


def number(value: float, percent: bool) -> str:
    """A figure as people read it: "66.5 %" or "0.74"."""
    return f"{value * 100:.1f} %" if percent else f"{value:.2f}"


def _interval(line: Line) -> str:
    if not isinstance(line.figure, Estimate):
        return ""
    return f"{number(line.figure.low, line.percent)} to {number(line.figure.high, line.percent)}"


def _count(figure: Figure) -> str:
    return f"{figure.count:,}" if isinstance(figure, Estimate) else ""


def _chance(line: Line) -> str:
    if line.chance is None or not isinstance(line.figure, Estimate):
        return ""
    return f"{line.figure.beside(line.chance)} {line.chance:.0%}".replace("%", " %")


def _show_breakdown(responses: list[Response]) -> None:
    st.markdown("#### By rash, body site or skin tone")
    by = st.segmented_control(
        "Break down by",
        list(BREAKDOWNS),
        default="tone",
        format_func=BREAKDOWNS.__getitem__,
        key="study_by",
        required=True,
    )
    parts = breakdown(responses, str(by))
    if not parts:
        st.caption("No picture was asked for by it.")
        return
    chosen = st.selectbox("Of", list(parts), format_func=LABELS[str(by)], key=f"study_of_{by}")
    rows = parts[chosen]
    summary = [
        {BREAKDOWNS[str(by)]: LABELS[str(by)](key), **{line.name: _value(line) for line in figures(part)}}
        for key, part in parts.items()
    ]
    st.table(pd.DataFrame(summary).set_index(BREAKDOWNS[str(by)]))
    with st.expander(f"Everything of {LABELS[str(by)](chosen)}", key="study_part"):
        for title, part in PARTS.items():
            _show_lines(title, part(rows))
