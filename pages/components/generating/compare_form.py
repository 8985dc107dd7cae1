"""What to compare: two attributes, their values, what is held still; how many pictures that makes."""

from collections.abc import Sequence
from statistics import median

import streamlit as st

from core.drawing.comparisons import Axis, Comparison, kinds_of, with_value
from core.errors import InputError
from core.language.attributes import KINDS, Attributes
from core.language.vocabulary import Entry, load_vocabulary
from core.weights.model_cards import OPTIONAL, ModelCard
from db.records import HistoryFilter, Order
from db.repository import Repository
from pages.components.generating.form import NOT_SAID
from pages.components.wording import KIND_LABELS, counted, duration, value_label

ROWS, COLUMNS = "compare_rows", "compare_columns"
FIRST_KINDS = {ROWS: KINDS, COLUMNS: ("tone", "site", "rash", "severity", "view")}
"""Attributes in the order in which they are proposed."""

FIRST_VALUES = {ROWS: 3, COLUMNS: 6}
"""How many values are chosen to begin with."""

PACE_PICTURES = 8


def ask_comparison(card: ModelCard) -> Comparison | None:
    """Draws the questions; returns the table, or None and a sentence on what is to be changed."""
    kinds = kinds_of(card)
    with st.grid(2, min_column_width=260, gap="small") as grid:
        with grid.cell():
            rows = _ask_axis("Rows", ROWS, kinds, card)
        with grid.cell():
            columns = _ask_axis("Columns", COLUMNS, [kind for kind in kinds if kind != rows.kind], card)
    fixed = _ask_fixed([kind for kind in kinds if kind not in (rows.kind, columns.kind)], card)
    try:
        return Comparison(rows, columns, fixed)
    except InputError as error:
        st.warning(str(error), icon=":material/table_chart:")
        return None


def _ask_axis(label: str, key: str, kinds: Sequence[str], card: ModelCard) -> Axis:
    """The attribute and its values. Columns that the rows have taken give way to another that is free."""
    if st.session_state.get(key) not in kinds:
        st.session_state[key] = next(kind for kind in FIRST_KINDS[key] if kind in kinds)
    st.selectbox(label, kinds, key=key, format_func=lambda kind: KIND_LABELS[kind], persist_state="session")
    kind = str(st.session_state[key])
    entries, values = _entries(kind, card), f"compare_values_{kind}"
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


def _entries(kind: str, card: ModelCard) -> dict[str, Entry]:
    """What the model knows; beside severities no clear skin, which has none."""
    rashes = load_vocabulary().rashes
    severities = "severity" in (st.session_state.get(ROWS), st.session_state.get(COLUMNS))
    return {
        key: entry
        for key, entry in card.offered(kind).items()
        if not (severities and kind == "rash" and rashes[key].control)
    }


def _ask_fixed(kinds: list[str], card: ModelCard) -> Attributes:
    """One value for each attribute that is neither rows nor columns."""
    fixed = Attributes()
    with st.grid(max(1, len(kinds)), min_column_width=180, gap="small") as grid:
        for kind in kinds:
            with grid.cell():
                fixed = with_value(fixed, kind, _ask_value(kind, _entries(kind, card)))
    return fixed


def _ask_value(kind: str, entries: dict[str, Entry]) -> str | None:
    key, options = f"compare_fixed_{kind}", [*([NOT_SAID] if kind in OPTIONAL else []), *entries]
    if st.session_state.get(key) not in options:
        st.session_state[key] = next(iter(options), None)
    value = st.selectbox(
        f"{KIND_LABELS[kind]}, the same in all",
        options,
        key=key,
        format_func=lambda option: entries[option].label if option in entries else "Not stated",
        persist_state="session",
    )
    return value or None


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
    held = [value_label(kind, key) for kind, key in comparison.fixed.named()]
    return " · ".join([f"{rows} by {columns}", *held])


def axis_labels(axis: Axis) -> tuple[str, ...]:
    """Headings of the rows or columns."""
    return tuple(value_label(axis.kind, value) for value in axis.values)
