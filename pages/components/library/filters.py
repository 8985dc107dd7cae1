"""What History shows: text, order and filters, kept while the session lasts."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import streamlit as st

from core.language.vocabulary import load_vocabulary
from core.weights.model_cards import OPTIONAL
from db.records import REALISM, HistoryFilter, Order
from db.repository import Repository
from pages.components.wording import KIND_LABELS

ORDERS = {Order.NEWEST: "Newest first", Order.OLDEST: "Oldest first", Order.REALISM: "Most realistic first"}
RATED: dict[str, bool | None] = {"Any": None, "Rated": True, "Not rated": False}
DEFAULTS: dict[str, Any] = {
    "filter_text": "",
    "filter_order": Order.NEWEST,
    "filter_rash": [],
    "filter_site": [],
    "filter_tone": [],
    "filter_severity": [],
    "filter_view": [],
    "filter_model": [],
    "filter_rated": "Any",
    "filter_realism": float(REALISM[0]),
    "filter_dates": (),
    "filter_owner": None,
    "filter_mine": False,
    "filter_starred": False,
    "filter_near": False,
}
NEAR_HELP = "Pictures nearer to a training picture than 99 % of those lie to one another."
POPOVER_KEYS = tuple(key for key in DEFAULTS if key not in ("filter_text", "filter_order"))


def ask_filter(repository: Repository, user: str) -> tuple[HistoryFilter, Order]:
    """Draws search, order and the filters; returns what they say together."""
    for key, value in DEFAULTS.items():
        st.session_state.setdefault(key, value)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _ask_text_and_order()
        count = active_count()
        label = f"Filters ({count})" if count else "Filters"
        with st.popover(label, icon=":material/filter_list:", key="filter_popover"):
            _ask_subject(repository)
            _ask_standing(repository)
            st.button(
                "Clear all filters", icon=":material/filter_list_off:", on_click=clear, key="filter_clear"
            )
    return _as_filter(user), st.session_state["filter_order"]


def active_count() -> int:
    """How many of the folded filters are set."""
    return sum(_is_set(key) for key in POPOVER_KEYS)


def is_filtered() -> bool:
    """True if anything but the order is set."""
    return bool(st.session_state["filter_text"].strip()) or active_count() > 0


def clear() -> None:
    """Shows everything again; the order is kept."""
    for key, value in DEFAULTS.items():
        if key != "filter_order":
            st.session_state[key] = value


def _is_set(key: str) -> bool:
    value = st.session_state[key]
    return bool(value) and value != DEFAULTS[key]


def _ask_text_and_order() -> None:
    st.text_input(
        "Search in prompts",
        key="filter_text",
        placeholder="For example: palm",
        icon=":material/search:",
        persist_state="session",
    )
    st.selectbox(
        "Order",
        list(Order),
        key="filter_order",
        format_func=lambda order: ORDERS[order],
        width=210,
        persist_state="session",
    )


def _ask_subject(repository: Repository) -> None:
    """Steps of the Monk scale, severities and views are offered where a picture was asked for them."""
    words = load_vocabulary()
    _ask_several("Rash", "filter_rash", {key: rash.label for key, rash in words.rashes.items()})
    _ask_several("Body site", "filter_site", {key: site.label for key, site in words.sites.items()})
    tones = (*words.tones, *_asked_for(repository, "tone", words.monk_tones))
    _ask_several("Skin tone", "filter_tone", {key: words.tone(key).label for key in tones})
    for kind in OPTIONAL:
        entries = words.entries(kind)
        if there := _asked_for(repository, kind, entries):
            _ask_several(KIND_LABELS[kind], f"filter_{kind}", {key: entries[key].label for key in there})


def _asked_for(repository: Repository, kind: str, keys: Iterable[str]) -> list[str]:
    """Keys that some picture was asked for, or that the filter holds already, in order."""
    known = list(keys)
    there = {*repository.generations.asked_for(kind, known), *st.session_state[f"filter_{kind}"]}
    return [key for key in known if key in there]


def _ask_several(label: str, key: str, labels: dict[str, str]) -> None:
    st.multiselect(
        label,
        list(labels),
        key=key,
        format_func=lambda option: labels.get(option, option),
        placeholder="Any",
        persist_state="session",
    )


def _ask_standing(repository: Repository) -> None:
    models = repository.generations.models_used()
    _ask_several("Model", "filter_model", {model: model for model in models})
    st.segmented_control(
        "Ratings", list(RATED), key="filter_rated", required=True, width="stretch", persist_state="session"
    )
    st.slider(
        "Mean realism at least",
        float(REALISM[0]),
        float(REALISM[1]),
        step=0.5,
        format="%.1f",
        key="filter_realism",
        help="1 shows all pictures, also those nobody has rated.",
        persist_state="session",
    )
    st.date_input("Drawn between", key="filter_dates", format="YYYY-MM-DD", persist_state="session")
    st.selectbox(
        "Drawn by",
        [None, *(user.name for user in repository.users.list())],
        key="filter_owner",
        format_func=lambda name: "Anyone" if name is None else name,
        persist_state="session",
    )
    with st.container(horizontal=True):
        st.checkbox("Only mine", key="filter_mine", persist_state="session")
        st.checkbox("Only starred", key="filter_starred", persist_state="session")
        st.checkbox("Only near to training", key="filter_near", help=NEAR_HELP, persist_state="session")


def _as_filter(user: str) -> HistoryFilter:
    state = st.session_state
    realism = state["filter_realism"]
    since, until = _as_times(state["filter_dates"])
    return HistoryFilter(
        rashes=tuple(state["filter_rash"]),
        sites=tuple(state["filter_site"]),
        tones=tuple(state["filter_tone"]),
        severities=tuple(state["filter_severity"]),
        views=tuple(state["filter_view"]),
        models=tuple(state["filter_model"]),
        rated=RATED[state["filter_rated"]],
        min_realism=realism if realism > REALISM[0] else None,
        owner=user if state["filter_mine"] else state["filter_owner"],
        too_near=True if state["filter_near"] else None,
        starred=state["filter_starred"],
        text=state["filter_text"].strip(),
        since=since,
        until=until,
    )


def _as_times(dates: Any) -> tuple[datetime | None, datetime | None]:
    """The days chosen, whole and in the reader's time zone; a range half chosen is open at its end."""
    days = (dates,) if isinstance(dates, date) else tuple(dates or ())
    since = _midnight(days[0]) if days else None
    until = _midnight(days[1] + timedelta(days=1)) if len(days) > 1 else None
    return since, until


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min).astimezone().astimezone(UTC)
