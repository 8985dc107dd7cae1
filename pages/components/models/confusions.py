"""What was asked and what the judge saw, as a heat map and as a table for those who read by ear."""

from pathlib import Path

import altair as alt
import pandas as pd
import streamlit as st

from core.language.vocabulary import Vocabulary, load_vocabulary
from core.measuring.measurements import Confusion, Measurement, load_measurement
from pages.components.wording import (
    KIND_LABELS,
    rash_label,
    severity_label,
    site_label,
    tone_label,
    view_label,
)

LABELS = {
    "rash": rash_label,
    "site": site_label,
    "tone": tone_label,
    "severity": severity_label,
    "view": view_label,
}
NO_SKIN = "No skin found"


def show_confusions(folder: Path) -> None:
    """Matrices of a model that was measured; nothing for another."""
    measurement = load_measurement(folder)
    if measurement is None:
        return
    st.markdown("### What it draws instead")
    kind = st.segmented_control(
        "Attribute",
        list(measurement.confusions),
        format_func=KIND_LABELS.__getitem__,
        default="rash",
        key="about_confusion",
    )
    if kind is not None:
        _show(measurement, kind)


def _show(measurement: Measurement, kind: str) -> None:
    shares = confusion_frame(measurement.confusions[kind], kind)
    st.altair_chart(heat_map(shares, KIND_LABELS[kind]), width="stretch")
    st.caption(f"{measurement.count} pictures; each row is what was asked and adds up to 100 %.")
    with st.expander("As a table"):
        wide = shares.pivot(index="Asked", columns="Seen", values="Pictures")
        order = list(dict.fromkeys(shares["Asked"])), list(dict.fromkeys(shares["Seen"]))
        st.table(wide.loc[order[0], order[1]])
        st.code(measurement.command, language="bash", wrap_lines=True)


def confusion_frame(confusion: Confusion, kind: str) -> pd.DataFrame:
    """Long form: Asked, Seen, Pictures (count) and Share of the row (0 to 1), in the matrix's order;
    rows that nobody asked for are left out."""
    words = load_vocabulary()
    rows = []
    for asked, counts in zip(confusion.asked, confusion.counts, strict=True):
        total = sum(counts)
        if not total:
            continue  # an answer that the judge may give, and no word of the model
        for seen, count in zip(confusion.seen, counts, strict=True):
            rows.append((_label(kind, asked, words), _label(kind, seen, words), count, count / total))
    return pd.DataFrame(rows, columns=["Asked", "Seen", "Pictures", "Share"])


def heat_map(shares: pd.DataFrame, name: str) -> alt.LayerChart:
    """Rows asked, columns seen; darker is more often, and the count stands in each square that has any."""
    axes = {
        "y": alt.Y("Asked:N", sort=None, title=f"{name} asked"),
        "x": alt.X("Seen:N", sort=None, title=f"{name} seen", axis=alt.Axis(labelAngle=-40)),
    }
    base = alt.Chart(shares).encode(
        **axes, tooltip=["Asked", "Seen", "Pictures", alt.Tooltip("Share", format=".0%")]
    )
    squares = base.mark_rect().encode(
        color=alt.Color("Share:Q", scale=alt.Scale(scheme="teals", domain=[0, 1]), legend=None)
    )
    ink = alt.condition("datum.Share > 0.55", alt.value("white"), alt.value("#333"))
    counts = base.mark_text(fontSize=12).encode(text="Pictures:Q", color=ink)
    drawn = counts.transform_filter("datum.Pictures > 0")
    height = 60 + 28 * shares["Asked"].nunique()
    return (squares + drawn).properties(height=height)


def _label(kind: str, key: str, words: Vocabulary) -> str:
    return LABELS[kind](key, words) if key in words.entries(kind) else NO_SKIN
