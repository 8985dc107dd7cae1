"""Ratings over time: how many, how realistic, how often the criteria were met."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import altair as alt
import pandas as pd
import streamlit as st

from core.review.agreement import Estimate, Figure
from core.review.shares import mean_of_sums, proportion
from core.review.studies import CRITERIA_MET
from db.insight_records import Behind, RatedDay
from db.repository import Repository
from pages.components.chart_look import BLUE, CHOSEN, GREY
from pages.components.insights.figures import CELL_MIN, percent
from pages.components.insights.filters import Asked
from pages.components.insights.pictures import Key, Mark, choose_mark, chosen_mark, on_click, show_pictures
from pages.components.people import link_to
from pages.components.wording import counted

CHART, CHOICE = "insights_times", "insights_time_cell"
REALISM, CRITERIA = "Realism", "Criteria met"
DAYS_MAX, WEEKS_MAX = 21, 30
DATES = alt.Axis(format="%-d %b", tickCount=8, labelOverlap=True)
Span = tuple[date, date]
"""First day and the day after the last."""


def show_times(repository: Repository, person: str, asked: Asked) -> None:
    """The course of one measure, how many ratings it is made of, and the pictures rated in one span."""
    days = repository.insights.rated_days(asked.scope, person)
    if not days:
        st.info("Nobody has rated these pictures yet.", icon=":material/info:")
        link_to("pages/review.py", "Review pictures")
        return
    shown = str(
        st.segmented_control(
            "Show", [REALISM, CRITERIA], default=REALISM, key="insights_time_of", required=True
        )
    )
    spans = by_span(days)
    marks = {(span[0].isoformat(), span[1].isoformat()): _label(span, total) for span, total in spans.items()}
    _show_chart(time_frame(spans, shown, chosen_mark(marks, CHOICE)), shown)
    key = choose_mark(marks, CHOICE)
    if key is not None:
        since, until = (datetime.combine(date.fromisoformat(day), time.min, UTC) for day in key)
        behind = Behind(rated_since=since, rated_until=until)
        show_pictures(repository, person, Mark(key, marks[key], asked, behind))


def by_span(days: Sequence[RatedDay]) -> dict[Span, RatedDay]:
    """Days, weeks from Monday, or months, whichever gives a course that can be read; oldest first."""
    length = (days[-1].day - days[0].day).days
    span_of = _month if length > WEEKS_MAX * 7 else _week if length > DAYS_MAX else _day
    found: dict[Span, list[RatedDay]] = defaultdict(list)
    for one in days:
        found[span_of(one.day)].append(one)
    return {span: _total(span[0], parts) for span, parts in sorted(found.items())}


def _day(day: date) -> Span:
    return day, day + timedelta(days=1)


def _week(day: date) -> Span:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


def _month(day: date) -> Span:
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def _total(day: date, parts: Sequence[RatedDay]) -> RatedDay:
    names = ("scored", "realism_sum", "realism_squares", "judged", "met")
    return RatedDay(day, *(sum(getattr(part, name) for part in parts) for name in names))


def _label(span: Span, total: RatedDay) -> str:
    return (
        f"Rated {_words(span)}: {counted(total.scored, 'score')} of realism, {total.judged:,} of the criteria"
    )


def _words(span: Span) -> str:
    first, last = span[0], span[1] - timedelta(days=1)
    if first == last:
        return f"{first.day} {first:%b %Y}"
    if (last - first).days > 7:
        return f"{first:%B %Y}"
    return f"{first.day} {first:%b} to {last.day} {last:%b %Y}"


def figure_of(total: RatedDay, shown: str) -> Figure:
    """The mean realism, or the share of ratings that met the criteria."""
    if shown == REALISM:
        return mean_of_sums(total.scored, total.realism_sum, total.realism_squares, CELL_MIN)
    return proportion(total.met, total.judged, CELL_MIN, "ratings")


def time_frame(spans: dict[Span, RatedDay], shown: str, chosen: Key | None) -> pd.DataFrame:
    """One line a span: value, low and high are None where ratings are too few."""
    lines = []
    for span, total in spans.items():
        figure = figure_of(total, shown)
        known = {name: getattr(figure, name, None) for name in ("value", "low", "high")}
        key = span[0].isoformat(), span[1].isoformat()
        lines.append(
            {
                **{"row": key[0], "column": key[1], "chosen": chosen == key},
                **{"start": pd.Timestamp(span[0]), "end": pd.Timestamp(span[1])},
                "middle": pd.Timestamp(span[0]) + (pd.Timestamp(span[1]) - pd.Timestamp(span[0])) / 2,
                **known,
                "none": 0,
                **{"When": _words(span), "Ratings": total.scored if shown == REALISM else total.judged},
                "Figure": _figure_words(figure, shown),
            }
        )
    return pd.DataFrame(lines).astype(dict.fromkeys(("value", "low", "high"), float))


def _figure_words(figure: Figure, shown: str) -> str:
    if not isinstance(figure, Estimate):
        return str(figure).capitalize()
    if shown == REALISM:
        return f"{figure.value:.1f} ({figure.low:.1f} to {figure.high:.1f})"
    return f"{percent(figure.value)} ({figure.low * 100:.0f} to {figure.high * 100:.0f})"


def _show_chart(frame: pd.DataFrame, shown: str) -> None:
    """Above the figure with its interval, below the number of ratings, to be clicked."""
    tooltip = ["When", "Ratings", alt.Tooltip("Figure", title=shown)]
    scale = alt.Scale(domain=[1, 7] if shown == REALISM else [0, 1])
    axis = alt.Axis(format="d" if shown == REALISM else "%", minExtent=36)
    title = "Mean realism, 1 to 7" if shown == REALISM else f"Ratings with {CRITERIA_MET} of 5 criteria met"
    across = alt.Scale(domain=[frame["start"].min(), frame["end"].max()])
    known = alt.Chart(frame.dropna(subset=["value"])).encode(
        x=alt.X("middle:T", title=None, scale=across, axis=DATES), tooltip=tooltip
    )
    line = known.mark_line(color=BLUE, strokeWidth=2).encode(
        y=alt.Y("value:Q", title=title, scale=scale, axis=axis)
    )
    reach = known.mark_rule(color=BLUE, strokeWidth=2, opacity=0.6).encode(y="low:Q", y2="high:Q")
    points = known.mark_point(color=BLUE, filled=True, size=60, opacity=1).encode(y="value:Q")
    st.altair_chart((line + reach + points).properties(height=260), alt=f"{title} over time")
    picked = alt.selection_point(name="cell", fields=["row", "column"], toggle=False)
    bars = (
        alt.Chart(frame)
        .mark_rect(color=GREY, cursor="pointer")
        .encode(
            x=alt.X("start:T", title=None, scale=across, axis=DATES),
            x2="end:T",
            y=alt.Y("Ratings:Q", title="Ratings", axis=alt.Axis(tickMinStep=1, tickCount=4, minExtent=36)),
            y2=alt.Y2("none:Q"),
            tooltip=tooltip,
            stroke=alt.condition("datum.chosen", alt.value(CHOSEN), alt.value("transparent")),
            strokeWidth=alt.value(3),
        )
    )
    st.altair_chart(
        bars.add_params(picked).properties(height=140),
        key=CHART,
        on_select=on_click(CHART, CHOICE),
        alt="Number of ratings over time; the list beneath says the same",
    )
    st.caption(
        f"By the day of rating (UTC), with 95 % intervals; fewer than {CELL_MIN} ratings give no figure. "
        "Studies count once they are closed."
    )
