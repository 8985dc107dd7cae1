"""The study's tables as Markdown."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from core.weights.drift import KNOWN, SETS
from core.weights.gate import LARGEST_DRIFT_OF_KNOWN
from training.study.findings import (
    Finding,
    all_right,
    changed,
    rash_right,
    site_right,
    tone_right,
    within_gate,
)
from training.study.plan import (
    ARMS,
    DISEASE,
    ENCODER_ARMS,
    LORA,
    NEW_NAMES,
    OLD,
    STOCK,
    WORDS,
    Cell,
    StudyPlan,
)
from training.study.statistics import Change, Share

NAMES = {
    "stock": "stock",
    "swap": "swap",
    "swap-distilled": "swap + distillation",
    "swap-anchored": "swap + anchors",
    "lora": "LoRA",
    "both": "both",
}
"""Arms as the tables call them."""

DRIFTS = (KNOWN, *SETS)
"""Sets of prompts that drift is told of."""

TITLES = {WORDS: "new names", DISEASE: "new disease"}


def main_table(plan: StudyPlan, found: Sequence[Finding], task: str) -> str:
    """Each arm at the main size: the task, the old words, and what they gained or lost against stock."""
    head = (
        "arm",
        "seeds",
        TITLES[task],
        "each seed",
        "gained",
        "old words",
        "lost or gained",
        "site",
        "tone",
    )
    rows = [_main_row(found, finding, task) for finding in at_main_size(plan, found, task)]
    return table(head, rows)


def at_main_size(plan: StudyPlan, found: Sequence[Finding], task: str) -> list[Finding]:
    """Stock, the arms of a task and its longer LoRA, as far as they are finished, in the plan's order."""
    chosen = [f for f in found if f.cell.arm == STOCK or _is_main(plan, f, task)]
    return sorted(chosen, key=lambda f: (ARMS.index(f.cell.arm), f.cell.steps or 0))


def _is_main(plan: StudyPlan, finding: Finding, task: str) -> bool:
    cell = finding.cell
    longer_lora = cell.arm == LORA and cell.steps is not None
    return cell.task == task and cell.size == plan.size and (longer_lora or not is_variant(finding))


def is_variant(finding: Finding) -> bool:
    """A mixture, another weight of distillation, or a longer training."""
    cell = finding.cell
    return any(value is not None for value in (cell.weight, cell.distillation, cell.steps))


def arm_name(cell: Cell) -> str:
    """The arm as tables call it, with the length of a longer training."""
    return NAMES[cell.arm] if cell.steps is None else f"{NAMES[cell.arm]}, {cell.steps:,} steps"


def _main_row(found: Sequence[Finding], finding: Finding, task: str) -> list[str]:
    new, old = finding.share(task, rash_right), finding.share(OLD, rash_right)
    gained, lost = (changed(list(found), finding, name, rash_right) for name in (task, OLD))
    is_stock = finding.cell.arm == STOCK
    return [
        arm_name(finding.cell),
        str(len(finding.seeds)),
        with_interval(new),
        ", ".join(f"{100 * value:.0f}" for value in new.by_seed),
        "" if is_stock else points(gained),
        with_interval(old),
        "" if is_stock else points(lost),
        percent(finding.share(OLD, site_right).value),
        percent(finding.share(OLD, tone_right).value),
    ]


def names_table(plan: StudyPlan, found: Sequence[Finding]) -> str:
    """The new names one by one."""
    arms = at_main_size(plan, found, WORDS)
    head = ("new name (for)", *(arm_name(f.cell) for f in arms))
    rows = [
        [f"{name} ({rash})", *(percent(_share_of_rash(f, rash)) for f in arms)]
        for rash, name in NEW_NAMES.items()
    ]
    distance = ["distance to the known word, steps", *(f"{f.steps('to_known_word'):.2f}" for f in arms)]
    return table(head, [*rows, distance])


def _share_of_rash(finding: Finding, rash: str) -> float:
    pictures = [
        p for r in finding.results.values() for p in r["pictures"]
        if p["set"] == WORDS and p["asked"]["rash"] == rash
    ]  # fmt: skip
    return sum(map(rash_right, pictures)) / len(pictures)


def sizes_table(plan: StudyPlan, found: Sequence[Finding]) -> str:
    """How the figures change with the number of captioned pictures."""
    head = ("task", "arm", "pictures", "seeds", "asked by new words", "old words")
    shown = [f for f in found if f.cell.arm in plan.sized_arms and not is_variant(f)]
    shown.sort(key=lambda f: (f.cell.task != WORDS, ARMS.index(f.cell.arm), f.cell.size))
    rows = [
        [
            TITLES[f.cell.task],
            NAMES[f.cell.arm],
            f"{f.cell.size:,}",
            str(len(f.seeds)),
            with_interval(f.share(f.cell.task, rash_right)),
            with_interval(f.share(OLD, rash_right)),
        ]
        for f in shown
    ]
    return table(head, rows)


def drift_table(found: Sequence[Finding]) -> str:
    """Every tuned encoder: drift in attribute steps by set of prompts beside what the judge lost."""
    head = ("encoder", *DRIFTS, "gate", "old words: rash", "its change", "change of all three", "recall@1")
    tuned = [f for f in found if f.cell.arm in ENCODER_ARMS]
    rows = [_drift_row(found, f) for f in sorted(tuned, key=lambda f: f.steps("known"))]
    limits = [
        "largest allowed",
        *(f"{LARGEST_DRIFT_OF_KNOWN.get(name, 'any')}" for name in DRIFTS),
        *5 * [""],
    ]
    return table(head, [*rows, limits])


def _drift_row(found: Sequence[Finding], finding: Finding) -> list[str]:
    old, lost = finding.share(OLD, rash_right), changed(list(found), finding, OLD, rash_right)
    whole = changed(list(found), finding, OLD, all_right)
    before, after = finding.recall("before"), finding.recall("after")
    return [
        label(finding.cell),
        *(f"{finding.steps(name):.2f}" for name in DRIFTS),
        "passes" if finding.passes_gate else "refused",
        with_interval(old),
        points(lost),
        points(whole),
        "" if before is None or after is None else f"{percent(before)} → {percent(after)}",
    ]


def encoders_table(encoders: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Every tuned encoder before anything is drawn: drift and distances in attribute steps, and recall@1 of
    captions by held-out pictures, the means of its seeds."""
    head = ("encoder", "seeds", *DRIFTS, "new name to known word", "gate", "recall@1")
    return table(head, [_encoder_row(found) for found in encoders.values()])


def _encoder_row(found: Sequence[Mapping[str, Any]]) -> list[str]:
    cell = found[0]["cell"]
    steps = {
        name: fmean(one["drift"][name] / one["drift"]["attribute_step"] for one in found)
        for name in (*DRIFTS, "to_known_word")
    }
    recall = [percent(fmean(one["recall"][when] for one in found)) for when in ("before", "after")]
    return [
        label(cell),
        str(len(found)),
        *(f"{steps[name]:.2f}" for name in DRIFTS),
        f"{steps['to_known_word']:.2f}" if cell.task == WORDS else "",
        "passes" if within_gate(steps) else "refused",
        " → ".join(recall),
    ]


def label(cell: Cell) -> str:
    """An arm with its task, size and variant, as short as it may be."""
    said = [TITLES[cell.task], arm_name(cell), f"{cell.size:,}"]
    said += [] if cell.weight is None else [f"weight {cell.weight:g}"]
    said += [] if cell.distillation is None else [f"distillation {cell.distillation:g}"]
    return ", ".join(said)


def progress_line(plan: StudyPlan, found: Sequence[Finding]) -> str:
    """What was run, and what is left."""
    done, total = sum(len(f.results) for f in found), len(list(plan.cells()))
    pictures = sum(len(r["pictures"]) for f in found for r in f.results.values())
    left = "Nothing is left to run." if done == total else f"{total - done} cells are left to run."
    return f"{done} of the plan's {total} cells are finished, {pictures:,} judged pictures. {left}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent(value: float) -> str:
    """A share in whole percent."""
    return f"{100 * value:.0f} %"


def with_interval(share: Share) -> str:
    """A share with its interval, in percent."""
    return f"{100 * share.value:.0f} % ({100 * share.low:.0f} to {100 * share.high:.0f})"


def points(changed: Change) -> str:
    """A change in percentage points with its interval; bold beyond chance."""
    said = f"{100 * changed.value:+.0f} ({100 * changed.low:+.0f} to {100 * changed.high:+.0f})"
    return f"**{said}**" if changed.beyond_chance else said
