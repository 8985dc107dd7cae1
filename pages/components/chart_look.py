"""What the charts share: colours that the colour-blind tell apart, on light and on dark ground.

Amounts are viridis; kinds are Okabe and Ito's colours, each with a place of its own; skin tones are the Monk
scale's swatches. Axes, grid and words take their colours from the app's theme.
"""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from core.language.vocabulary import load_vocabulary
from core.measuring.colour import MONK_SWATCHES

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#A9B4B7"
CHOSEN = "#D55E00"
INK, PAPER = "#10191B", "#FFFFFF"
VIRIDIS_DARK = 0.62
"""Below this part of the scale white words are read on viridis, above it dark ones."""

ROW, FOOT, WORDS_MAX = 32, 190, 17
OWN = ("row", "column", "Row", "Column", "value", "words", "part", "chosen", "ink")
"""Columns of a frame that are no facts of their own for the tooltip."""

TWO_LINES = (
    "length(datum.label) > 18 ? split(replace(datum.label, regexp(' (?=[^ ]+$)'), '|'), '|') : datum.label"
)
"""Vega's: the last word of a long label goes below the others."""

SWATCHES = " "
"""The name of the row or column that holds swatches: nothing to be read."""


def tone_colour(key: str) -> str:
    """The middle Monk swatch of a tone, as CSS; grey for a tone nobody knows."""
    tones = load_vocabulary().all_tones
    if key not in tones:
        return GREY
    low, high = tones[key].monk
    return css(MONK_SWATCHES[low - 1 : high].mean(axis=0))


def css(rgb: np.ndarray) -> str:
    """Three channels, 0 to 255, as #rrggbb."""
    return "#" + "".join(f"{round(float(channel)):02x}" for channel in rgb)


def heat_map(
    cells: pd.DataFrame,
    titles: tuple[str, str],
    order: tuple[Sequence[str], Sequence[str]],
    scale: alt.Scale,
    legend: str,
    swatches: pd.DataFrame | None = None,
) -> alt.LayerChart:
    """Squares to be clicked. ``cells`` has row and column (keys), Row and Column (words), value, words,
    part (of the scale, 0 to 1; NaN for none) and tooltip columns; a square without a part is grey, the chosen
    one framed. ``order`` lists the words of rows and columns; ``swatches`` are shown beside them."""
    x = alt.X(
        "Column:N",
        sort=list(order[1]),
        title=titles[1],
        axis=alt.Axis(labelAngle=-40, labelLimit=130, labelOverlap=False),
    )
    rows = alt.Axis(labelLimit=130, labelOverlap=False, labelExpr=TWO_LINES)
    y = alt.Y("Row:N", sort=list(order[0]), title=titles[0], axis=rows)
    named = [alt.Tooltip("Row:N", title=titles[0]), alt.Tooltip("Column:N", title=titles[1])]
    facts = [alt.Tooltip(f"{name}:N") for name in cells.columns if name not in OWN]
    base = alt.Chart(cells).encode(x=x, y=y, tooltip=[*named, *facts])
    picked = alt.selection_point(name="cell", fields=["row", "column"], toggle=False)
    colour = alt.Color(
        "value:Q",
        scale=scale,
        title=legend,
        legend=alt.Legend(orient="top", titleLimit=260, gradientLength=150),
    )
    squares = base.mark_rect(cursor="pointer", cornerRadius=2).encode(
        color=alt.condition("isValid(datum.part)", colour, alt.value(GREY)),
        stroke=alt.condition("datum.chosen", alt.value(CHOSEN), alt.value("transparent")),
        strokeWidth=alt.value(3),
    )
    layers: list[alt.Chart] = [squares.add_params(picked)]
    if len(order[1]) <= WORDS_MAX:
        ink = alt.Color("ink:N", scale=None, legend=None)
        layers.append(base.mark_text(fontSize=12, cursor="pointer").encode(text="words:N", color=ink))
    if swatches is not None:
        layers.append(_swatches(swatches, x, y))
    return alt.layer(*layers).resolve_scale(color="independent").properties(height=FOOT + ROW * len(order[0]))


def _swatches(swatches: pd.DataFrame, x: alt.X, y: alt.Y) -> alt.Chart:
    """Rows of Row, Column, Tone and colour."""
    drawn = alt.Chart(swatches).mark_square(size=260, stroke="#7A878B", strokeWidth=0.7, opacity=1)
    return drawn.encode(x=x, y=y, color=alt.Color("colour:N", scale=None, legend=None), tooltip=["Tone"])


def ink_on(part: float) -> str:
    """The colour of words on a square at this part of viridis; NaN is grey."""
    return PAPER if part < VIRIDIS_DARK else INK


def viridis(low: float, high: float, kind: str = "linear") -> alt.Scale:
    """Amounts from low to high; light is more."""
    return alt.Scale(scheme="viridis", domain=[low, high], type=kind, clamp=True)
