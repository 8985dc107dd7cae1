"""The study's curves: accuracy over the number of pictures, and drift beside what was lost."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair

from core.weights.gate import LARGEST_DRIFT_OF_KNOWN
from training.study.findings import Finding, all_right, changed, rash_right
from training.study.plan import ENCODER_ARMS, OLD, StudyPlan
from training.study.statistics import Share
from training.study.tables import DRIFTS, NAMES, TITLES, is_variant, label

ACCURACY = "pictures as asked, %"


def write_curves(plan: StudyPlan, found: Sequence[Finding], folder: Path) -> list[Path]:
    """Draws what there is data for, as SVG."""
    charts = {"sizes": sizes_chart(plan, found), "drift": drift_chart(found)}
    written = []
    for name, chart in charts.items():
        if chart is not None:
            chart.save(folder / f"{name}.svg")
            written.append(folder / f"{name}.svg")
    return written


def sizes_chart(plan: StudyPlan, found: Sequence[Finding]) -> Any:
    """Asked by the new words and by the old ones against the number of captioned pictures; bars are 95 %
    intervals. None where only one size is finished."""
    shown = [f for f in found if f.cell.arm in plan.sized_arms and not is_variant(f)]
    if len({f.cell.size for f in shown}) < 2:
        return None
    rows = [row for f in shown for row in _size_rows(f)]
    base = altair.Chart(altair.Data(values=rows)).encode(
        x=altair.X(
            "pictures:Q",
            title="captioned pictures",
            scale=altair.Scale(type="log"),
            axis=altair.Axis(values=sorted({row["pictures"] for row in rows}), format=","),
        ),
        color=altair.Color("arm:N", title="arm"),
    )
    y = altair.Y("value:Q", title=ACCURACY, scale=altair.Scale(domain=[0, 100]))
    bars = base.mark_rule().encode(y="low:Q", y2="high:Q")
    layers = altair.layer(base.mark_line(point=True).encode(y=y), bars).properties(width=220, height=180)
    return layers.facet(column=altair.Column("task:N", title=None), row=altair.Row("asked:N", title=None))


def _size_rows(finding: Finding) -> list[dict[str, Any]]:
    asked = {"by the new words": finding.cell.task, "by the old words": OLD}
    told = {"pictures": finding.cell.size, "arm": NAMES[finding.cell.arm], "task": TITLES[finding.cell.task]}
    return [
        {**told, "asked": words, **_percents(finding.share(name, rash_right))}
        for words, name in asked.items()
    ]


def _percents(share: Share) -> dict[str, float]:
    return {"value": 100 * share.value, "low": 100 * share.low, "high": 100 * share.high}


def drift_chart(found: Sequence[Finding]) -> Any:
    """What each tuned encoder lost on the old words (rash, site and tone together) against its drift, by set
    of prompts; dashed lines are the gate's limits. None before there is a tuned encoder."""
    tuned = [f for f in found if f.cell.arm in ENCODER_ARMS]
    if not tuned:
        return None
    rows = [_drift_point(found, f, name) for f in tuned for name in DRIFTS]
    points = (
        altair.Chart()
        .mark_point(filled=True, size=50)
        .encode(
            x=altair.X("steps:Q", title="drift, attribute steps"),
            y=altair.Y("change:Q", title="change on old words, points"),
            color=altair.Color("arm:N", title="arm"),
            shape=altair.Shape("task:N", title="task"),
            tooltip="encoder:N",
        )
    )
    bars = altair.Chart().mark_rule(opacity=0.3).encode(x="steps:Q", y="low:Q", y2="high:Q")
    limits = altair.Chart().mark_rule(strokeDash=[4, 4]).encode(x="limit:Q")
    layers = altair.layer(points, bars, limits, data=altair.Data(values=rows))
    facets = layers.properties(width=220, height=180).facet(altair.Facet("prompts:N", title=None), columns=2)
    return facets.resolve_scale(x="independent")


def _drift_point(found: Sequence[Finding], finding: Finding, name: str) -> dict[str, Any]:
    lost = changed(list(found), finding, OLD, all_right)
    return {
        "encoder": label(finding.cell),
        "arm": NAMES[finding.cell.arm],
        "task": TITLES[finding.cell.task],
        "prompts": name,
        "steps": finding.steps(name),
        "limit": LARGEST_DRIFT_OF_KNOWN.get(name),
        "change": 100 * lost.value,
        "low": 100 * lost.low,
        "high": 100 * lost.high,
    }
