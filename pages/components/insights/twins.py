"""Two weights on the same recipes: their shares with intervals, whether they can be told apart, the twins."""

import pandas as pd
import streamlit as st

from core.review.agreement import Estimate, Figure, TooFew
from core.review.shares import mean_of_sums, proportion, told_apart
from db.insight_records import Comparison, Measure, Outcome, Scope, TwinCounts, TwinRealism, TwinWeights
from db.repository import Repository
from pages.components.insights.figures import GOOD_MEANS, percent
from pages.components.insights.pictures import Key, show_tile, show_turning, skipped
from pages.components.wording import attributes_line

MEASURES = {
    Measure.GOOD: "Found good",
    Measure.TONE: "Measured tone as asked",
    Measure.RASH: "Judge sees the rash asked for",
    Measure.SITE: "Judge sees the site asked for",
}
SURE = 0.05
PAGE = 6


def show_comparison(comparison: Comparison, names: tuple[str, str]) -> None:
    """One row a measure: both shares, and what can be said of their difference."""
    rows = [_share_row(measure, counts, names) for measure, counts in comparison.measures.items()]
    st.table(pd.DataFrame([*rows, _realism_row(comparison.realism, names)]).set_index("On the same recipes"))
    st.caption(
        "Each recipe counts once, where the measure is known of both pictures; intervals are 95 %. A "
        f"difference is named where chance would make one as large in fewer than {SURE * 100:.0f} of 100 "
        f"tries (McNemar's exact test; for realism the interval of the mean difference). {GOOD_MEANS}"
    )


def _share_row(measure: Measure, counts: TwinCounts, names: tuple[str, str]) -> dict[str, str]:
    right = counts.both + counts.first, counts.both + counts.second
    shares = [proportion(hits, counts.total) for hits in right]
    row = {"On the same recipes": MEASURES[measure]}
    row |= {name: _in_words(share) for name, share in zip(names, shares, strict=True)}
    return row | {"Recipes": f"{counts.total:,}", "Difference": share_difference(counts, names)}


def share_difference(counts: TwinCounts, names: tuple[str, str]) -> str:
    """Who is more often right, or that it can't be told."""
    if isinstance(proportion(0, counts.total), TooFew):
        return ""
    if told_apart(counts.first, counts.second) >= SURE:
        return "Can't be told apart"
    gap = abs(counts.first - counts.second) / counts.total * 100
    return f"{names[0] if counts.first > counts.second else names[1]} more often, by {gap:.0f} points"


def _realism_row(realism: TwinRealism, names: tuple[str, str]) -> dict[str, str]:
    gap = realism.first_sum - realism.second_sum
    difference = mean_of_sums(realism.count, gap, realism.difference_squares, what="recipes")
    means = [total / max(realism.count, 1) for total in (realism.first_sum, realism.second_sum)]
    few = isinstance(difference, TooFew)
    row = {"On the same recipes": "Mean realism, 1 to 7"}
    row |= {name: "Too few" if few else f"{mean:.1f}" for name, mean in zip(names, means, strict=True)}
    return row | {"Recipes": f"{realism.count:,}", "Difference": realism_difference(difference, names)}


def realism_difference(difference: Figure, names: tuple[str, str]) -> str:
    """The mean difference with its interval, of whom is rated higher; or that it can't be told."""
    if not isinstance(difference, Estimate):
        return ""
    if difference.low <= 0 <= difference.high:
        return "Can't be told apart"
    low, high = sorted((abs(difference.low), abs(difference.high)))
    higher = names[0] if difference.value > 0 else names[1]
    return f"{higher} higher by {abs(difference.value):.1f} ({low:.1f} to {high:.1f})"


def _in_words(share: Figure) -> str:
    if not isinstance(share, Estimate):
        return "Too few"
    return f"{percent(share.value)} ({share.low * 100:.0f} to {share.high * 100:.0f})"


def show_twins(
    repository: Repository,
    person: str,
    scope: Scope,
    pair: TwinWeights,
    key: Key,
    names: tuple[str, str],
) -> None:
    """The two pictures of each recipe side by side, newest first."""
    page_key = f"insights_page_{'_'.join(key)}_{pair.first}_{pair.second}"
    skip = skipped(page_key, PAGE)
    known = (pair.first, pair.second, Measure(key[0]), Outcome(key[1]), scope, person)
    found = repository.twins.twins(*known, skip=skip, limit=PAGE)
    with st.grid(min_column_width=330, gap="medium", key="insights_pictures") as grid:
        for twins in found.items:
            with grid.cell(), st.container(border=True, gap="xsmall"):
                st.caption(attributes_line(twins[0].recipe))
                with st.grid(2, min_column_width=120, gap="small") as inner:
                    for generation, name in zip(twins, names, strict=True):
                        with inner.cell():
                            show_tile(generation, name)
    show_turning(page_key, skip, found.total, PAGE)
