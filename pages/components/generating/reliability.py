"""How surely the model draws what is chosen, told where it is chosen: by counts of its own measurement."""

from pathlib import Path

import streamlit as st

from core.errors import ModelError
from core.language.attributes import Attributes
from core.measuring.measurements import MEASUREMENT_NAME, Measurement, load_measurement
from core.weights.model_cards import ModelCard
from core.weights.model_folders import locate_source
from pages.components.wording import plain, rash_label, site_label

HELP = (
    "Pictures of the model as released, at its default settings. The judge is a network that learned from "
    "phantoms of other seeds, not a person. About the model shows what is drawn instead."
)


SELDOM = 0.5
"""Below this share of pictures told, a choice is warned of."""


def show_reliability(card: ModelCard, attributes: Attributes) -> None:
    """One line on the chosen rash and site, a warning where one of them seldom comes; nothing for a model
    that was not measured on them."""
    counts = counts_of(card, attributes)
    if not counts:
        return
    found = " · ".join(f"**{label}** {right} of {count}" for label, right, count in counts)
    seldom = [label for label, right, count in counts if right < SELDOM * count]
    if seldom:
        st.warning(
            f"This model seldom draws **{'** or **'.join(seldom)}** so that it can be told: look twice. "
            f"Recognised by the judge: {found} pictures.",
            icon=":material/fact_check:",
        )
    else:
        st.caption(f":material/fact_check: Recognised by the judge: {found} pictures", help=HELP)


def counts_of(card: ModelCard, attributes: Attributes) -> list[tuple[str, int, int]]:
    """Label, pictures told and pictures asked for of the rash and of each site, as far as measured."""
    folder = locate_source(card.source)
    measurement = _measurement(folder) if folder is not None else None
    if measurement is None:
        return []
    sites = [("site", site, site_label) for site in attributes.sites]
    found = []
    for kind, key, label in (("rash", attributes.rash, rash_label), *sites):
        told = measurement.confusions[kind].told(key) if key else None
        if key and told is not None:
            found.append((plain(label(key)), *told))
    return found


def _measurement(folder: Path) -> Measurement | None:
    path = folder / MEASUREMENT_NAME
    return _kept(folder, path.stat().st_mtime_ns) if path.is_file() else None


@st.cache_data(show_spinner=False, max_entries=8)
def _kept(folder: Path, changed: int) -> Measurement | None:
    try:
        return load_measurement(folder)
    except ModelError:  # About the model says so; drawing goes on without
        return None
