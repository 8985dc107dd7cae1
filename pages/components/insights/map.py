"""What was drawn, rated and found good, by two of rash, site and tone, and narrowed by the third."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from db.insight_records import DIMENSIONS, NOT_NAMED, Behind, Cell, Scope, Standing
from db.repository import Repository
from pages.components.chart_look import SWATCHES, heat_map, viridis
from pages.components.insights.cells import (
    COUNTED,
    in_order,
    label,
    scale_of,
    spoken,
    square_frame,
    swatch_row,
    weight,
)
from pages.components.insights.figures import CELL_MIN, GOOD_MEANS
from pages.components.insights.filters import Asked, ask_one
from pages.components.insights.pictures import Key, Mark, choose_mark, chosen_mark, on_click, show_pictures
from pages.components.people import link_to
from pages.components.wording import KIND_LABELS

CHART, CHOICE = "insights_map", "insights_cell"
UNNAMED = "-"
TABLES = {
    "Rash and tone": ("rash", "tone"),
    "Site and tone": ("site", "tone"),
    "Site and rash": ("site", "rash"),
}
SHOWN = {
    "Drawn": Standing.DRAWN,
    "Rated": Standing.RATED,
    "Found good": Standing.GOOD,
    "Realism": Standing.SCORED,
}
LEGENDS = {
    Standing.DRAWN: "Pictures drawn",
    Standing.RATED: "Pictures rated",
    Standing.GOOD: "Share found good",
    Standing.SCORED: "Mean realism, 1 to 7",
}
NOBODY = {
    Standing.RATED: "Nobody has rated these pictures yet.",
    Standing.GOOD: "Nobody has answered all five criteria for one of these pictures yet.",
    Standing.SCORED: "Nobody has scored the realism of these pictures yet.",
}


def show_map(repository: Repository, person: str, asked: Asked) -> None:
    """What to show, the map, and the pictures behind the chosen square."""
    standing, pair, asked = _ask(repository, person, asked)
    counted = repository.insights.cells(*pair, asked.scope, person)
    cells = [cell for cell in counted if weight(cell.counts, standing)]
    if not cells:
        st.info(NOBODY.get(standing, "No picture matches."), icon=":material/info:")
        link_to("pages/review.py", "Review pictures")
        return
    keys = [
        (row, column) for row in in_order(pair[0], (c.row for c in cells)) for column in _columns(pair, cells)
    ]
    by_key = {(cell.row, cell.column): cell for cell in cells}
    marks = {key: label(by_key[key], *pair, standing) for key in keys if key in by_key}
    _show_chart(cells, pair, standing, chosen_mark(marks, CHOICE))
    key = choose_mark(marks, CHOICE)
    if key is not None:
        asked = _narrowed(_narrowed(asked, pair[0], key[0]), pair[1], key[1])
        behind = Behind(_ask_standing(standing))
        show_pictures(repository, person, Mark(key, marks[key], asked, behind))


def _ask(repository: Repository, person: str, asked: Asked) -> tuple[Standing, tuple[str, str], Asked]:
    """The measure, the two dimensions, and the scope narrowed by the third."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = st.segmented_control(
            "Show", list(SHOWN), default="Drawn", key="insights_shown", required=True, persist_state="session"
        )
        table = st.selectbox("By", list(TABLES), key="insights_table", width=180, persist_state="session")
        pair = TABLES[str(table)]
        (third,) = set(DIMENSIONS) - set(pair)
        value = _ask_third(repository, person, asked.scope, third)
    return SHOWN[str(shown)], pair, _narrowed(asked, third, value)


def _ask_third(repository: Repository, person: str, scope: Scope, third: str) -> str | None:
    """A value of the third dimension that was drawn, or any."""
    there = in_order(third, repository.insights.drawn_for(third, scope, person))
    labels = {key or UNNAMED: spoken(third, key) for key in there}
    chosen = ask_one(KIND_LABELS[third], f"insights_third_{third}", labels, "Any", width=200)
    return NOT_NAMED if chosen == UNNAMED else chosen


def _narrowed(asked: Asked, name: str, value: str | None) -> Asked:
    narrower: dict[str, Any] = {name: value}
    return replace(asked, scope=replace(asked.scope, **narrower))


def _columns(pair: tuple[str, str], cells: Sequence[Cell]) -> list[str]:
    return in_order(pair[1], (cell.column for cell in cells))


def _show_chart(cells: Sequence[Cell], pair: tuple[str, str], standing: Standing, chosen: Key | None) -> None:
    """The map with its scale, and under it what its colours mean."""
    rows, columns = pair
    frame = square_frame(cells, rows, columns, standing, chosen)
    order = (
        [
            *([SWATCHES] if columns == "tone" else []),
            *(spoken(rows, k) for k in in_order(rows, frame["row"])),
        ],
        [spoken(columns, key) for key in in_order(columns, frame["column"])],
    )
    titles = KIND_LABELS[rows], KIND_LABELS[columns]
    chart = heat_map(
        frame,
        titles,
        order,
        viridis(*scale_of(cells, standing), kind="sqrt" if standing in COUNTED else "linear"),
        LEGENDS[standing],
        swatch_row(cells) if columns == "tone" else None,
    )
    st.altair_chart(
        chart,
        key=CHART,
        on_select=on_click(CHART, CHOICE),
        alt=f"{LEGENDS[standing]} by {pair[0]} and {pair[1]}; the list beneath says the same",
    )
    meaning = f"{GOOD_MEANS} " if standing is Standing.GOOD else ""
    few = "" if standing in COUNTED else f"Grey: fewer than {CELL_MIN} pictures, too few to compare. "
    if "site" in pair:
        few += "A picture of two sites counts at both."
    if meaning or few:
        st.caption((meaning + few).strip())


def _ask_standing(standing: Standing) -> Standing:
    """A share has two sides: the pictures found good, or all that were judged."""
    if standing is not Standing.GOOD:
        return standing
    options = {"Found good": Standing.GOOD, "All judged by the criteria": Standing.JUDGED}
    chosen = st.segmented_control(
        "Of these", list(options), default="Found good", key="insights_side", required=True
    )
    return options[str(chosen)]
