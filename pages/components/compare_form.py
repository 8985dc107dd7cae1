"""What to compare: two attributes, their values, what is held still; how many pictures that makes."""

from collections.abc import Sequence
from statistics import median

import streamlit as st

from core.attributes import Attributes
from core.comparisons import KINDS, Axis, Comparison, offered, with_value
from core.errors import InputError
from core.model_cards import ModelCard
from core.vocabulary import Entry
from db.records import HistoryFilter, Order
from db.repository import Repository
from pages.components.wording import KIND_LABELS, counted, duration, value_label

ROWS, COLUMNS = "compare_rows", "compare_columns"
FIRST_VALUES = {ROWS: 3, COLUMNS: 6}
"""How many values are chosen to begin with."""

PACE_PICTURES = 8


def ask_comparison(card: ModelCard) -> Comparison | None:
    """Draws the questions; returns the table, or None and a sentence on what is to be changed."""
    with st.grid(2, min_column_width=260, gap="small") as grid:
        with grid.cell():
            rows = _ask_axis("Rows", ROWS, KINDS, card)
        with grid.cell():
            columns = _ask_axis("Columns", COLUMNS, [kind for kind in KINDS if kind != rows.kind], card)
    fixed = _ask_fixed([kind for kind in KINDS if kind not in (rows.kind, columns.kind)], card)
    try:
        return Comparison(rows, columns, fixed)
    except InputError as error:
        st.warning(str(error), icon=":material/table_chart:")
        return None


def _ask_axis(label: str, key: str, kinds: Sequence[str], card: ModelCard) -> Axis:
    """The attribute and its values. Columns that the rows have taken give way to the last that is free."""
    if st.session_state.get(key) not in kinds:
        st.session_state[key] = kinds[0] if key == ROWS else kinds[-1]
    st.selectbox(label, kinds, key=key, format_func=lambda kind: KIND_LABELS[kind], persist_state="session")
    kind = str(st.session_state[key])
    entries, values = offered(kind, card), f"compare_values_{kind}"
    chosen = st.session_state.get(values)
    start = list(entries)[: FIRST_VALUES[key]] if chosen is None else chosen
    st.session_state[values] = [value for value in start if value in entries]
    st.multiselect(
        f"{KIND_LABELS[kind]}: which to show",
        list(entries),
        key=values,
        format_func=lambda value: value_label(kind, value),
        wrap=True,
        persist_state="session",
    )
    return Axis(kind, tuple(value for value in entries if value in st.session_state[values]))


def _ask_fixed(kinds: list[str], card: ModelCard) -> Attributes:
    """One value for each attribute that is neither rows nor columns."""
    fixed = Attributes()
    for kind in kinds:
        fixed = with_value(fixed, kind, _ask_value(kind, offered(kind, card)))
    return fixed


def _ask_value(kind: str, entries: dict[str, Entry]) -> str | None:
    key = f"compare_fixed_{kind}"
    if st.session_state.get(key) not in entries:
        st.session_state[key] = next(iter(entries), None)
    return st.selectbox(
        f"{KIND_LABELS[kind]}, the same in all",
        list(entries),
        key=key,
        format_func=lambda option: entries[option].label,
        persist_state="session",
    )


def extent_line(repository: Repository, user: str, card: ModelCard, count: int, steps: int) -> str:
    """How many pictures, and about how long they take where that can be known."""
    seconds = seconds_a_picture(repository, user, card, steps)
    time = f"about {duration(seconds * count)}" if seconds else "how long shows with the first picture"
    return f"{counted(count, 'picture')}, {time}"


def seconds_a_picture(repository: Repository, user: str, card: ModelCard, steps: int) -> float | None:
    """By the latest pictures of this model in the library, else by its card; None where neither knows."""
    page = repository.generations.page(
        HistoryFilter(models=(card.source,)), Order.NEWEST, user, limit=PACE_PICTURES
    )
    paces = [drawn.seconds / drawn.recipe.steps_drawn for drawn in page.items]
    if paces:
        return median(paces) * steps
    measured = card.figures.get("seconds_per_image")
    if not isinstance(measured, int | float):
        return None
    return float(measured) * steps / card.defaults.num_inference_steps


def comparison_title(comparison: Comparison) -> str:
    """The table in words: "Rash by skin tone · Foot"."""
    rows, columns = KIND_LABELS[comparison.rows.kind], KIND_LABELS[comparison.columns.kind].lower()
    fixed = comparison.fixed
    held = (("rash", fixed.rash), ("site", fixed.site), ("tone", fixed.tone))
    return " · ".join([f"{rows} by {columns}", *(value_label(kind, key) for kind, key in held if key)])


def axis_labels(axis: Axis) -> tuple[str, ...]:
    """Headings of the rows or columns."""
    return tuple(value_label(axis.kind, value) for value in axis.values)
