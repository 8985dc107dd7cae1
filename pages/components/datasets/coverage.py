"""What a dataset covers: rash, site and tone against each other, so that the holes are seen."""

from collections import Counter
from collections.abc import Iterable, Sequence

import altair as alt
import pandas as pd
import streamlit as st

from core.language.vocabulary import load_vocabulary
from core.photographs.coverage import Cell, coverage
from core.photographs.photographs import Photograph
from pages.components.wording import KIND_LABELS, counted, rash_word, site_label, tone_label

LABELS = {"rash": rash_word, "site": site_label, "tone": tone_label}
UNKNOWN = "Not known"
ANY = "Any"
VIEWS = {
    "Rash × tone": ("rash", "tone", "site"),
    "Site × tone": ("site", "tone", "rash"),
    "Site × rash": ("site", "rash", "tone"),
}
"""Rows, columns, and the attribute that a dropdown narrows."""


def show_coverage(photographs: Sequence[Photograph]) -> None:
    """A heat map of two attributes, the third one narrowed; the same as a table; and how many holes."""
    cells = coverage(photographs)
    chosen = st.segmented_control(
        "Show", list(VIEWS), default=next(iter(VIEWS)), required=True, key="coverage_view"
    )
    rows, columns, third = VIEWS[str(chosen)]
    keys = keys_of(cells, third)
    narrowed = st.selectbox(
        KIND_LABELS[third],
        [ANY, *keys],
        key=f"coverage_{third}",
        format_func=lambda key: ANY if key == ANY else _label(third, key),
        width=280,
    )
    shown = [cell for cell in cells if narrowed == ANY or getattr(cell, third) == narrowed]
    counts = coverage_frame(shown, rows, columns, keys_of(cells, rows), keys_of(cells, columns))
    st.altair_chart(heat_map(counts, rows, columns), width="stretch")
    st.caption(holes_line(cells))
    with st.expander("As a table"):
        wide = counts.pivot(index="Row", columns="Column", values="Photographs")
        st.table(wide.loc[list(dict.fromkeys(counts["Row"])), list(dict.fromkeys(counts["Column"]))])


def keys_of(cells: Iterable[Cell], kind: str) -> list[str | None]:
    """Keys that are there, in the vocabulary's order (of the tones all six); None at the end where one is not
    known."""
    words = load_vocabulary()
    entries: dict[str, Iterable[str]] = {"rash": words.rashes, "site": words.sites, "tone": words.tones}
    there = {getattr(cell, kind) for cell in cells}
    known: list[str | None] = [key for key in entries[kind] if kind == "tone" or key in there]
    return [*known, None] if None in there else known


def coverage_frame(
    cells: Iterable[Cell],
    rows: str,
    columns: str,
    row_keys: Sequence[str | None],
    column_keys: Sequence[str | None],
) -> pd.DataFrame:
    """Long form: Row, Column, Photographs, every combination once, also those that nothing shows."""
    counts: Counter[tuple[str | None, str | None]] = Counter()
    for cell in cells:
        counts[getattr(cell, rows), getattr(cell, columns)] += cell.count
    lines = [
        (_label(rows, row), _label(columns, column), counts[row, column])
        for row in row_keys
        for column in column_keys
    ]
    return pd.DataFrame(lines, columns=["Row", "Column", "Photographs"])


def heat_map(counts: pd.DataFrame, rows: str, columns: str) -> alt.LayerChart:
    """Darker is more; a hole is an empty square with a red 0."""
    most = max(1, int(counts["Photographs"].max()))
    order = [list(dict.fromkeys(counts[name])) for name in ("Row", "Column")]
    top = alt.Axis(labelAngle=-40, orient="top", labelOverlap=False, labelLimit=110)
    base = alt.Chart(counts).encode(
        y=alt.Y("Row:N", sort=order[0], title=None, axis=alt.Axis(labelLimit=150)),
        x=alt.X("Column:N", sort=order[1], title=None, axis=top),
        tooltip=["Row", "Column", "Photographs"],
    )
    squares = base.mark_rect().encode(
        color=alt.Color("Photographs:Q", scale=alt.Scale(scheme="teals", domain=[0, most]), legend=None)
    )
    bright = f"datum.Photographs > {0.55 * most}"
    ink = alt.condition(bright, alt.value("white"), alt.value("#333"))
    numbers = base.mark_text(fontSize=12).encode(text="Photographs:Q", color=ink)
    there = "datum.Photographs > 0"
    none = base.mark_text(fontSize=12, color="#D64541", fontWeight="bold").encode(text="Photographs:Q")
    height = 90 + 26 * counts["Row"].nunique()
    return (
        squares.transform_filter(there)
        + numbers.transform_filter(there)
        + none.transform_filter("datum.Photographs == 0")
    ).properties(height=height, title=f"{KIND_LABELS[rows]} and {KIND_LABELS[columns].lower()}")


def holes_line(cells: Sequence[Cell]) -> str:
    """How many combinations of what is there nothing shows: "30 of 72 combinations have no photograph"."""
    kinds = ("rash", "site", "tone")
    keys = [[key for key in keys_of(cells, kind) if key is not None] for kind in kinds]
    possible = len(keys[0]) * len(keys[1]) * len(keys[2])
    shown = sum(None not in (cell.rash, cell.site, cell.tone) for cell in cells)
    among = f"{len(keys[0])} rash{'' if len(keys[0]) == 1 else 'es'}, {counted(len(keys[1]), 'site')}"
    return (
        f"Among {among} and {counted(len(keys[2]), 'tone')}, {possible - shown:,} of {possible:,} "
        "combinations have no photograph. A photograph of two sites counts at both."
    )


def _label(kind: str, key: str | None) -> str:
    return UNKNOWN if key is None else LABELS[kind](key)
