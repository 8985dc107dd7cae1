"""The figures above every part of Insights, and how a share with its interval reads."""

import streamlit as st

from core.review.agreement import Estimate, Figure
from core.review.shares import proportion
from core.review.studies import CRITERIA_MET
from db.insight_records import Counts
from pages.components.wording import counted

CELL_MIN = 5
"""Fewer pictures than this give a cell no colour."""

GOOD_MEANS = (
    "A picture is found good when more than half of those who answered all five criteria said yes to at "
    f"least {CRITERIA_MET} of them. Ratings from Review and History count; those of studies do once they "
    "are closed."
)


def show_figures(counts: Counts) -> None:
    """Drawn, rated, found good, realism: each with what it is a share of."""
    good = proportion(counts.good, counts.judged)
    with st.grid(4, min_column_width=140, gap="small", key="insights_figures") as grid:
        with grid.cell():
            figure("Drawn", f"{counts.pictures:,}", "pictures")
        with grid.cell():
            figure("Rated", f"{counts.rated:,}", f"{percent(counts.rated / counts.pictures)} of those drawn")
        with grid.cell():
            judged = f"{counted(counts.judged, 'picture')} judged by all five criteria"
            figure("Found good", value_of(good), interval_of(good) or judged, GOOD_MEANS)
        with grid.cell():
            mean = "–" if counts.realism is None else f"{counts.realism:.1f}"
            figure("Mean realism", mean, f"of 1 to 7, {counted(counts.scored, 'picture')}")


def figure(name: str, value: str, beneath: str, help: str | None = None) -> None:
    """A large number with a quiet line beneath."""
    st.metric(name, value, beneath, delta_color="off", delta_arrow="off", help=help)


def value_of(found: Figure) -> str:
    """ "62 %", or "Too few" where there is no found."""
    return percent(found.value) if isinstance(found, Estimate) else "Too few"


def interval_of(found: Figure) -> str:
    """ "48 to 74 % of 45 pictures"; empty where there is no found."""
    if not isinstance(found, Estimate):
        return ""
    return f"{found.low * 100:.0f} to {percent(found.high)}, {counted(found.count, 'picture')}"


def percent(share: float) -> str:
    """A share as people read it: "62 %"."""
    return f"{share * 100:.0f} %"
