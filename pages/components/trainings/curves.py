"""Curves of trainings over the epochs: loss, held-out loss and speed; several runs in one chart."""

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from core.trainings.curves import Curve, curve_of
from core.trainings.runs import TrainingRun
from core.weights.candidates import Kind
from pages.components.trainings.progress import KIND_WORDS

CHOSEN, SEEN = "training_curves", "training_curves_seen"
MOST_RUNS = 6
"""In one chart: as many as the theme has colours."""

HEIGHT, LEGEND_LINE = 210, 24
"""Pixels of a chart, and of each run's name below it."""
NOTES = {
    Kind.ENCODER: "The training loss contrasts the pictures of a batch with each other and grows with the "
    "batch; the held-out loss is always taken over the same pictures, so it compares runs on one dataset.",
    Kind.LORA: "The loss of a LoRA is the error in the noise that the UNet removes. It moves little while "
    "the pictures change much: judge by the held-out loss and by what it draws.",
}


def show_curves(runs: Sequence[TrainingRun]) -> None:
    """The charts of the runs that are chosen, those of one kind together."""
    by_name = {run.name: run for run in runs if curve_of(run.folder).points}
    if not by_name:
        return
    _choose_newest(list(by_name))
    st.markdown("### Curves")
    chosen = st.multiselect(
        "Runs, laid over each other",
        list(by_name),
        key=CHOSEN,
        max_selections=MOST_RUNS,
        persist_state="session",
    )
    for kind in Kind:
        curves = {name: curve_of(by_name[name].folder) for name in chosen if by_name[name].kind is kind}
        if curves:
            _show_charts(kind, curves, several=len({by_name[name].kind for name in chosen}) > 1)


def _choose_newest(names: list[str]) -> None:
    """The latest run is shown, also one that began since; else the choice is the person's."""
    state = st.session_state
    if state.get(SEEN) != names[0]:
        state[SEEN] = names[0]
        state[CHOSEN] = [names[0]]
    state[CHOSEN] = [name for name in state.get(CHOSEN, []) if name in names]


def _show_charts(kind: Kind, curves: dict[str, Curve], several: bool) -> None:
    if several:
        st.markdown(f"**{KIND_WORDS[kind]}**")
    steps, measured = step_frame(curves), held_out_frame(curves)
    charts = [
        line_chart(steps, "Loss", "Training loss"),
        line_chart(measured, "Loss", "Held-out loss", points=True),
        line_chart(steps, "Samples per second", "Samples per second", from_zero=True),
    ]
    for column, chart in zip(st.columns(3), charts, strict=True):
        with column:
            st.altair_chart(chart, width="stretch")
    st.caption(NOTES[kind])


def step_frame(curves: dict[str, Curve]) -> pd.DataFrame:
    """Run, Epoch, Loss, Samples per second: one row a point."""
    rows = [
        (name, point.epoch, point.loss, point.samples_per_second)
        for name, curve in curves.items()
        for point in curve.points
    ]
    return pd.DataFrame(rows, columns=["Run", "Epoch", "Loss", "Samples per second"])


def held_out_frame(curves: dict[str, Curve]) -> pd.DataFrame:
    """Run, Epoch, Loss of held-out pictures; epoch 0 is before the first step."""
    rows = [(name, epoch, loss) for name, curve in curves.items() for epoch, loss in curve.held_out]
    return pd.DataFrame(rows, columns=["Run", "Epoch", "Loss"])


def line_chart(
    frame: pd.DataFrame, field: str, title: str, points: bool = False, from_zero: bool = False
) -> alt.Chart:
    """One line a run over the epochs, in the theme's colours; named below where there are several."""
    names = list(frame["Run"].unique())
    legend = alt.Legend(orient="bottom", title=None, columns=1, labelLimit=260) if len(names) > 1 else None
    mark = alt.Chart(frame, title=title).mark_line(point=points)
    return mark.encode(
        x=alt.X("Epoch:Q", title="Epoch", axis=alt.Axis(tickMinStep=1, tickCount=6, format="~g")),
        y=alt.Y(f"{field}:Q", title=None, scale=alt.Scale(zero=from_zero), axis=alt.Axis(format="~g")),
        color=alt.Color("Run:N", sort=None, legend=legend),
        tooltip=["Run", alt.Tooltip("Epoch:Q", format=".3~f"), alt.Tooltip(f"{field}:Q", format=".4~g")],
    ).properties(
        height=HEIGHT + (30 + LEGEND_LINE * len(names) if legend else 0),
        description=f"{title} of {', '.join(names)} over the epochs",
    )
