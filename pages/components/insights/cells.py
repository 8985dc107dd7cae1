"""The squares of the map of Insights: what each says, how it is coloured, in what order they stand."""

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from core.language.vocabulary import load_vocabulary
from core.review.agreement import Estimate
from core.review.shares import proportion
from db.insight_records import NOT_NAMED, Cell, Counts, Standing
from pages.components.chart_look import SWATCHES, ink_on, tone_colour
from pages.components.insights.figures import CELL_MIN, interval_of, percent
from pages.components.insights.pictures import Key
from pages.components.wording import rash_word, site_label, tone_label, tone_word

SPOKEN = {"rash": rash_word, "site": site_label, "tone": tone_label}
COUNTED = (Standing.DRAWN, Standing.RATED)
MISSING = "Not named"


def spoken(kind: str, key: str) -> str:
    """A key of any dimension in words."""
    return MISSING if key == NOT_NAMED else SPOKEN[kind](key)


def _within(kind: str, key: str) -> str:
    """The same within a sentence."""
    return tone_word(key) if kind == "tone" and key != NOT_NAMED else spoken(kind, key).lower()


def in_order(kind: str, keys: Iterable[str]) -> list[str]:
    """The vocabulary's order; what it no longer holds comes last, and what was not named at the very end."""
    words = load_vocabulary()
    known = {"rash": list(words.rashes), "site": list(words.sites), "tone": list(words.all_tones)}[kind]
    place = {key: number for number, key in enumerate(known)}
    return sorted(set(keys), key=lambda one: (one == NOT_NAMED, place.get(one, len(place)), one))


def weight(counts: Counts, standing: Standing) -> int:
    """Of how many pictures a square speaks."""
    return {
        Standing.DRAWN: counts.pictures,
        Standing.RATED: counts.rated,
        Standing.GOOD: counts.judged,
        Standing.SCORED: counts.scored,
    }[standing]


def scale_of(cells: Sequence[Cell], standing: Standing) -> tuple[float, float]:
    """The ends of the scale: that of the measure, or from 0 to the largest count."""
    if standing is Standing.SCORED:
        return 1.0, 7.0
    if standing is Standing.GOOD:
        return 0.0, 1.0
    return 0.0, float(max((weight(cell.counts, standing) for cell in cells), default=1))


def square_frame(
    cells: Sequence[Cell],
    rows: str,
    columns: str,
    standing: Standing,
    chosen: Key | None,
) -> pd.DataFrame:
    """One line a square, as ``chart_look.heat_map`` reads it. A share or a mean of fewer than CELL_MIN
    pictures has no part of the scale: it stays grey."""
    ends = scale_of(cells, standing)
    lines = [
        {
            **{"row": cell.row, "column": cell.column, "value": _value(cell.counts, standing)},
            **{"Row": spoken(rows, cell.row), "Column": spoken(columns, cell.column)},
            "part": (part := _part(cell.counts, standing, ends)),
            **{"words": words(cell.counts, standing).replace(" of ", "/"), "ink": ink_on(part)},
            "chosen": chosen == (cell.row, cell.column),
            **_facts(cell.counts),
        }
        for cell in cells
    ]
    return pd.DataFrame(lines)


def swatch_row(cells: Sequence[Cell]) -> pd.DataFrame:
    """A swatch above each tone's column."""
    tones = in_order("tone", (cell.column for cell in cells if cell.column != NOT_NAMED))
    lines = [(SWATCHES, spoken("tone", key), spoken("tone", key), tone_colour(key)) for key in tones]
    return pd.DataFrame(lines, columns=["Row", "Column", "Tone", "colour"])


def label(cell: Cell, rows: str, columns: str, standing: Standing) -> str:
    """A square in the list beneath the map: "Acne, fair: 3 of 5 found good"."""
    said = words(cell.counts, standing)
    what = {
        Standing.DRAWN: f"{said} drawn",
        Standing.RATED: f"{said} rated",
        Standing.GOOD: f"{said} found good",
        Standing.SCORED: f"mean realism {said}",
    }[standing]
    return f"{spoken(rows, cell.row)}, {_within(columns, cell.column)}: {what}"


def words(counts: Counts, standing: Standing) -> str:
    """What stands in a square."""
    if standing is Standing.GOOD:
        return f"{counts.good} of {counts.judged}"
    return f"{counts.realism:.1f}" if standing is Standing.SCORED else f"{weight(counts, standing):,}"


def _value(counts: Counts, standing: Standing) -> float:
    if standing is Standing.GOOD:
        return counts.good / counts.judged
    return float(counts.realism or 0) if standing is Standing.SCORED else float(weight(counts, standing))


def _part(counts: Counts, standing: Standing, ends: tuple[float, float]) -> float:
    """Where on the scale it lies, 0 to 1; counts go by their square root, so that small ones differ too."""
    if standing not in COUNTED and weight(counts, standing) < CELL_MIN:
        return math.nan
    low, high = ends
    part = (_value(counts, standing) - low) / (high - low)
    return math.sqrt(part) if standing in COUNTED else part


def _facts(counts: Counts) -> dict[str, str]:
    """The tooltip's lines."""
    share = proportion(counts.good, counts.judged, CELL_MIN)
    good = f"{counts.good} of {counts.judged}" if counts.judged else "–"
    if isinstance(share, Estimate):
        good += f", {percent(share.value)} ({interval_of(share)})"
    realism = "–" if counts.realism is None else f"{counts.realism:.1f} of 7, {counts.scored} scored"
    facts = {"Drawn": f"{counts.pictures:,}", "Rated": f"{counts.rated:,}"}
    return facts | {"Found good": good, "Mean realism": realism}
