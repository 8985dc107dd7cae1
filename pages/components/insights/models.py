"""Models and encoders on the same recipes: how often each is right, and the twins behind it."""

from collections import Counter
from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from core.recipes import STOCK_ENCODER
from db.insight_records import Comparison, Outcome, TwinWeights, Weights
from db.repository import Repository
from pages.components.chart_look import BLUE, CHOSEN, GREEN, GREY, INK, ORANGE, PAPER
from pages.components.insights.filters import Asked, encoder_words
from pages.components.insights.pictures import Key, choose_mark, chosen_mark, on_click
from pages.components.insights.twins import MEASURES, show_comparison, show_twins
from pages.components.wording import counted, model_name, plain

CHART, CHOICE = "insights_twins", "insights_twin_cell"
COLOURS = {Outcome.BOTH: GREEN, Outcome.FIRST: BLUE, Outcome.SECOND: ORANGE, Outcome.NEITHER: GREY}


def show_models(repository: Repository, person: str, asked: Asked) -> None:
    """Which two, their figures side by side, and the twins behind the chosen part of a bar."""
    pairs = repository.twins.pairs(asked.scope, person)
    if not pairs:
        st.info(
            "No recipe was drawn by two models or text encoders yet. Reuse a recipe from History, keep its "
            "seed, and choose another model or text encoder under Advanced settings.",
            icon=":material/info:",
        )
        return
    names = weights_names(repository.insights.weights(person))
    pair = _ask_pair(pairs, names)
    first, second = names[pair.first], names[pair.second]
    comparison = repository.twins.compare(pair.first, pair.second, asked.scope, person)
    _show_chart(comparison, (first, second))
    show_comparison(comparison, (first, second))
    marks = twin_marks(comparison, (first, second))
    key = choose_mark(marks, CHOICE)
    if key is not None:
        st.markdown(f"**{plain(marks[key])}**")
        show_twins(repository, person, asked.scope, pair, key, (first, second))


def weights_names(weights: Sequence[Weights]) -> dict[int, str]:
    """Each by what tells it from the others; equal names are numbered."""
    models, found = {w.model for w in weights}, {}
    seen: Counter[str] = Counter()
    for one in weights:
        parts = [model_name(one.model)] if len(models) > 1 else []
        stock = one.text_encoder == STOCK_ENCODER
        parts.append("stock encoder" if stock else f"encoder {encoder_words(one)}")
        parts += [f"LoRA {model_name(one.lora)} {one.lora_strength:g}"] if one.lora else []
        name = ", ".join(parts)
        seen[name] += 1
        found[one.id] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return found


def _ask_pair(pairs: Sequence[TwinWeights], names: dict[int, str]) -> TwinWeights:
    labels = {
        (p.first, p.second): f"{names[p.first]} and {names[p.second]}: {counted(p.recipes, 'recipe')}"
        for p in pairs
    }
    if st.session_state.get("insights_pair") not in labels:
        st.session_state["insights_pair"] = next(iter(labels))
    chosen = st.selectbox("Compare", list(labels), key="insights_pair", format_func=labels.__getitem__)
    return next(p for p in pairs if (p.first, p.second) == chosen)


def outcome_words(outcome: Outcome, names: tuple[str, str]) -> str:
    """ "Both", "Only stock encoder", …"""
    only = {Outcome.FIRST: f"Only {names[0]}", Outcome.SECOND: f"Only {names[1]}"}
    return only.get(outcome, outcome.value.capitalize())


def twin_marks(comparison: Comparison, names: tuple[str, str]) -> dict[Key, str]:
    """The parts of the bars that hold twins."""
    return {
        (measure.value, outcome.value): f"{MEASURES[measure]}: {outcome_words(outcome, names).lower()}, "
        f"{counted(getattr(counts, outcome), 'recipe')}"
        for measure, counts in comparison.measures.items()
        for outcome in Outcome
        if getattr(counts, outcome)
    }


def bar_frame(comparison: Comparison, names: tuple[str, str], chosen: Key | None) -> pd.DataFrame:
    """One line for each part of each bar: from start to end (0 to 1) of the twins the measure is known of."""
    lines = []
    for measure, counts in comparison.measures.items():
        start = 0.0
        for outcome in Outcome:
            count = getattr(counts, outcome)
            if not count:
                continue
            end = start + count / counts.total
            lines.append(
                {
                    **{"row": measure.value, "column": outcome.value},
                    **{"Measure": MEASURES[measure], "Right": outcome_words(outcome, names)},
                    **{"start": start, "end": end, "middle": (start + end) / 2},
                    **{
                        "words": f"{count:,}" if end - start > 0.04 else "",
                        "Recipes": f"{count} of {counts.total}",
                    },
                    "ink": PAPER if outcome is Outcome.FIRST else INK,
                    "chosen": chosen == (measure.value, outcome.value),
                }
            )
            start = end
    return pd.DataFrame(lines)


def _show_chart(comparison: Comparison, names: tuple[str, str]) -> None:
    marks = twin_marks(comparison, names)
    if not marks:
        st.info("These pictures were neither rated nor measured yet.", icon=":material/info:")
        return
    frame = bar_frame(comparison, names, chosen_mark(marks, CHOICE))
    order = [words for measure, words in MEASURES.items() if comparison.measures[measure].total]
    y = alt.Y("Measure:N", sort=order, title=None, axis=alt.Axis(labelLimit=180))
    scale = alt.Scale(domain=[outcome_words(o, names) for o in Outcome], range=list(COLOURS.values()))
    colour = alt.Color(
        "Right:N", scale=scale, title="Right for", legend=alt.Legend(orient="top", columns=1, labelLimit=200)
    )
    base = alt.Chart(frame).encode(y=y, tooltip=["Measure", "Right", "Recipes"])
    picked = alt.selection_point(name="cell", fields=["row", "column"], toggle=False)
    bars = base.mark_bar(height=24, cursor="pointer").encode(
        x=alt.X(
            "start:Q",
            title="Recipes that both drew",
            axis=alt.Axis(format="%"),
            scale=alt.Scale(domain=[0, 1]),
        ),
        x2="end:Q",
        color=colour,
        stroke=alt.condition("datum.chosen", alt.value(CHOSEN), alt.value("transparent")),
        strokeWidth=alt.value(3),
    )
    ink = alt.Color("ink:N", scale=None, legend=None)
    words = base.mark_text(fontSize=12, cursor="pointer").encode(x="middle:Q", text="words:N", color=ink)
    chart = alt.layer(bars.add_params(picked), words).resolve_scale(color="independent")
    st.altair_chart(
        chart.properties(height=200 + 40 * len(order)),
        key=CHART,
        on_select=on_click(CHART, CHOICE),
        alt="How often each is right on the same recipes; the table beneath says the same",
    )
