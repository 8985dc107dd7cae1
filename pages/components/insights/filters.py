"""Which pictures Insights counts: period, model, text encoder, and whose."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import streamlit as st

from core.recipes import STOCK_ENCODER
from core.roles import Capability
from db.insight_records import Scope, Weights
from db.repository import Repository
from pages.components.people import may
from pages.components.wording import encoder_name, model_name, now

DAYS: dict[str, int | None] = {
    "All time": None,
    "Last 7 days": 7,
    "Last 30 days": 30,
    "Last 90 days": 90,
    "Last year": 365,
}
BETWEEN = "Choose days"
ALL = "*"
PERIOD, DATES, MODEL, ENCODER, OWNER = (
    f"insights_{name}" for name in ("period", "dates", "model", "encoder", "owner")
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The scope with what History needs to show the same: a model's name, an encoder's words, the days."""

    scope: Scope
    model: str | None = None
    encoder: str | None = None
    days: tuple[date, ...] = ()


def ask_scope(repository: Repository, person: str) -> Asked:
    """Draws the filter row. Only who leads may look at one other person's pictures."""
    weights = repository.insights.weights(person)
    with st.grid(4, min_column_width=150, gap="small", key="insights_filters") as grid:
        with grid.cell():
            days = _ask_days()
        with grid.cell():
            model = ask_one("Model", MODEL, {w.model: model_name(w.model) for w in weights}, "All models")
        with grid.cell():
            encoders = {encoder_words(w): encoder_words(w) for w in weights}
            encoder = ask_one("Text encoder", ENCODER, encoders, "All text encoders")
        with grid.cell():
            owner = ask_one("Drawn by", OWNER, _people(repository, person), "Anyone")
    ids = tuple(w.id for w in weights if model in (None, w.model) and encoder in (None, encoder_words(w)))
    since, until = _times(days)
    scope = Scope(since, until, None if model is encoder is None else ids, owner)
    return Asked(scope, model, encoder, days)


def is_narrowed() -> bool:
    """True if any filter is set."""
    state = st.session_state
    period = state.get(PERIOD)
    return period not in (None, "All time") or any(
        state.get(key, ALL) != ALL for key in (MODEL, ENCODER, OWNER)
    )


def encoder_words(weights: Weights) -> str:
    """The text encoder, and how much of it: "The model's own", "first, weight 0.7"."""
    if weights.text_encoder == STOCK_ENCODER:
        return "The model's own"
    weight = weights.text_encoder_weight
    return encoder_name(weights.text_encoder) + ("" if weight is None else f", weight {weight:g}")


def _people(repository: Repository, person: str) -> dict[str, str]:
    names = [user.name for user in repository.users.list()] if may(Capability.LEAD) else [person]
    return {name: f"{name} (you)" if name == person else name for name in names}


def ask_one(label: str, key: str, labels: dict[str, str], anything: str, **look: Any) -> str | None:
    """A choice of one or of all (None); what is not on offer any more is let go."""
    options = {ALL: anything, **labels}
    if st.session_state.get(key, ALL) not in options:
        st.session_state[key] = ALL
    chosen = st.selectbox(
        label,
        list(options),
        key=key,
        format_func=lambda value: options.get(value, value),
        persist_state="session",
        **look,
    )
    return None if chosen == ALL else chosen


def _ask_days() -> tuple[date, ...]:
    """First and last day, both included; empty for all time, one day while the range is half chosen."""
    period = st.selectbox("Period", [*DAYS, BETWEEN], key=PERIOD, persist_state="session")
    if period == BETWEEN:
        st.session_state.setdefault(DATES, ())
        chosen: Any = st.date_input("Between", key=DATES, format="YYYY-MM-DD", persist_state="session")
        return (chosen,) if isinstance(chosen, date) else tuple(chosen or ())
    length = DAYS[str(period)]
    today = now().astimezone().date()
    return () if length is None else (today - timedelta(days=length - 1), today)


def _times(days: tuple[date, ...]) -> tuple[datetime | None, datetime | None]:
    """The days whole, in the reader's time zone."""
    since = _midnight(days[0]) if days else None
    return since, _midnight(days[1] + timedelta(days=1)) if len(days) > 1 else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min).astimezone().astimezone(UTC)
