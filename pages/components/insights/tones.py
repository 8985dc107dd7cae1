"""Asked against measured skin tone, with the pictures behind each square."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from core.language.vocabulary import load_vocabulary
from core.measuring.colour import MONK_SWATCHES
from core.review.shares import proportion
from db.insight_records import Behind, ToneCell
from db.repository import Repository
from pages.components.chart_look import SWATCHES, css, heat_map, ink_on, tone_colour, viridis
from pages.components.insights.cells import in_order
from pages.components.insights.figures import CELL_MIN, figure, interval_of, percent, value_of
from pages.components.insights.filters import Asked
from pages.components.insights.pictures import Key, Mark, choose_mark, chosen_mark, on_click, show_pictures
from pages.components.wording import counted, tone_label, tone_word

CHART, CHOICE = "insights_tones", "insights_tone_cell"
TONE, MONK = "Tone", "Nearest Monk step"
NAMED, STEPS = "Named tones", "Monk steps"
Squares = dict[tuple[str, str], int]
"""Pictures by asked and measured key; a Monk step's key is its number."""


def show_tones(repository: Repository, person: str, asked: Asked) -> None:
    """The figures, the map, and the pictures behind the chosen square."""
    cells = repository.insights.tones(asked.scope, person)
    if not cells:
        st.info(
            "None of these pictures was asked for a skin tone and measured yet. New pictures are measured "
            "when none is waiting to be drawn.",
            icon=":material/info:",
        )
        return
    cells, by = _ask(cells)
    _show_figures(cells)
    squares = squares_of(cells, by)
    marks = {key: _label(key, squares[key], by) for key in _listed(squares, by)}
    _show_chart(squares, by, chosen_mark(marks, CHOICE))
    key = choose_mark(marks, CHOICE)
    if key is not None:
        behind = Behind(monk=int(key[1])) if by == MONK else Behind(measured=key[1])
        scope = replace(asked.scope, tone=key[0])
        show_pictures(repository, person, Mark(key, marks[key], replace(asked, scope=scope), behind))


def _ask(cells: Sequence[ToneCell]) -> tuple[list[ToneCell], str]:
    """The scale in which tones were asked for, where there are two, and how they were measured."""
    steps = load_vocabulary().monk_tones
    by_scale = {
        NAMED: [c for c in cells if c.asked not in steps],
        STEPS: [c for c in cells if c.asked in steps],
    }
    there = [name for name, found in by_scale.items() if found]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scale = there[0]
        if len(there) > 1:
            scale = str(
                st.segmented_control("Asked in", there, default=there[0], key="insights_scale", required=True)
            )
        by = st.segmented_control(
            "Measured as", [TONE, MONK], default=TONE, key="insights_tone_by", required=True
        )
    return by_scale[scale], str(by)


def _show_figures(cells: Sequence[ToneCell]) -> None:
    total = sum(cell.pictures for cell in cells)
    exact = proportion(sum(c.pictures for c in cells if c.asked == c.measured), total)
    near = proportion(sum(c.pictures for c in cells if steps_apart(c) <= 1), total)
    with st.grid(3, min_column_width=150, gap="small", key="insights_tone_figures") as grid:
        with grid.cell():
            figure("Measured", f"{total:,}", "pictures asked for a tone")
        for name, share in (("As asked", exact), ("At most one tone away", near)):
            with grid.cell():
                figure(name, value_of(share), interval_of(share) or counted(total, "picture"))


def steps_apart(cell: ToneCell) -> float:
    """How many tones of the asked scale lie between asked and measured; infinite for a tone of another."""
    scale = list(load_vocabulary().tone_scale(cell.asked))
    if cell.asked not in scale or cell.measured not in scale:
        return math.inf
    return abs(scale.index(cell.asked) - scale.index(cell.measured))


def squares_of(cells: Sequence[ToneCell], by: str) -> Squares:
    """Adds up over what is not shown."""
    found: Squares = defaultdict(int)
    for cell in cells:
        found[cell.asked, str(cell.monk) if by == MONK else cell.measured] += cell.pictures
    return dict(found)


def _listed(squares: Squares, by: str) -> list[tuple[str, str]]:
    rows, columns = (in_order("tone", {key[n] for key in squares}) for n in (0, 1))
    if by == MONK:
        columns = sorted(columns, key=int)
    return [(row, column) for row in rows for column in columns if (row, column) in squares]


def _spoken(key: str, by: str) -> str:
    return f"Monk {key}" if by == MONK else tone_label(key)


def _label(key: tuple[str, str], pictures: int, by: str) -> str:
    measured = _spoken(key[1], by)
    measured = measured if by == MONK else measured.lower()
    return f"Asked {tone_word(key[0])}, measured {measured}: {counted(pictures, 'picture')}"


def tone_frame(squares: Squares, by: str, chosen: Key | None) -> pd.DataFrame:
    """One line a square: the share of its row; rows of few pictures stay grey."""
    totals: dict[str, int] = defaultdict(int)
    for (asked, _), pictures in squares.items():
        totals[asked] += pictures
    lines = []
    for key in _listed(squares, by):
        share = squares[key] / totals[key[0]]
        part = share if totals[key[0]] >= CELL_MIN else math.nan
        asked, measured = tone_label(key[0]), _spoken(key[1], by)
        known = {"row": key[0], "column": key[1], "value": share, "Row": asked, "Column": measured}
        seen = {"part": part, "words": f"{squares[key]:,}", "ink": ink_on(part), "chosen": chosen == key}
        said = {"Pictures": f"{squares[key]} of {totals[key[0]]}"}
        lines.append({**known, **seen, **said, "Share": percent(share)})
    return pd.DataFrame(lines)


def _show_chart(squares: Squares, by: str, chosen: Key | None) -> None:
    """Both axes hold the whole scale, each step beside its swatch, so that the diagonal is what was asked."""
    asked_in = load_vocabulary().tone_scale(next(iter(squares))[0])
    rows = in_order("tone", {*asked_in, *(row for row, _ in squares)})
    steps = [str(step) for step in range(1, len(MONK_SWATCHES) + 1)]
    columns = steps if by == MONK else in_order("tone", {*asked_in, *(column for _, column in squares)})
    colours = {
        _spoken(key, by): css(MONK_SWATCHES[int(key) - 1]) if by == MONK else tone_colour(key)
        for key in columns
    }
    above = [(SWATCHES, name, name, colour) for name, colour in colours.items()]
    beside = [(tone_label(key), SWATCHES, tone_label(key), tone_colour(key)) for key in rows]
    swatches = pd.DataFrame([*above, *beside], columns=["Row", "Column", "Tone", "colour"])
    order = [SWATCHES, *(tone_label(key) for key in rows)], [SWATCHES, *colours]
    frame = tone_frame(squares, by, chosen)
    chart = heat_map(frame, ("Asked", "Measured"), order, viridis(0, 1), "Share of those asked for", swatches)
    st.altair_chart(
        chart,
        key=CHART,
        on_select=on_click(CHART, CHOICE),
        alt="Asked against measured skin tone; the list beneath says the same",
    )
    what = (
        "the Monk step nearest to the skin's colour"
        if by == MONK
        else "what such skin usually looks like there"
    )
    st.caption(
        f"Each row adds up to 100 %. Measured is {what}, without lesions and background. Grey: fewer than "
        f"{CELL_MIN} pictures asked for, too few to compare."
    )
