"""How good the base is, beside the best that its judge could say."""

import json
from collections.abc import Sequence
from typing import Any

from training.evaluation.judge_report import REPORT_NAME
from training.study.findings import Finding, rash_right, site_right, stock_of, tone_right
from training.study.plan import KNOWN, NEW_DISEASE, OLD, StudyPlan
from training.study.statistics import share_of
from training.study.tables import percent, table, with_interval


def base_table(plan: StudyPlan, found: Sequence[Finding]) -> str:
    """The stock arm on the words that it knows, rash by rash, and the judge on phantoms it never saw."""
    seeds = tuple(seed for f in found for seed in f.results)
    stock, judge = stock_of(list(found), seeds), _judge(plan)
    rows = [
        ["rash", with_interval(stock.share(OLD, rash_right)), percent(judge["figures"]["rash_all"])],
        ["site", with_interval(stock.share(OLD, site_right)), percent(judge["figures"]["site"])],
        ["tone", with_interval(stock.share(OLD, tone_right)), percent(judge["figures"]["tone_exact"])],
        *([rash, _of_rash(stock, rash), _told(judge, rash)] for rash in (*KNOWN, NEW_DISEASE)),
    ]
    return table(("", "base, asked by old words", "judge on held-out phantoms"), rows)


def _of_rash(stock: Finding, rash: str) -> str:
    if rash == NEW_DISEASE:
        return "never seen"
    hits = {
        seed: [rash_right(p) for p in r["pictures"] if p["set"] == OLD and p["asked"]["rash"] == rash]
        for seed, r in stock.results.items()
    }
    return with_interval(share_of(hits))


def _told(judge: dict[str, Any], rash: str) -> str:
    found = judge["tables"]["by_rash"].get(rash)
    return percent(found["rash_all"]) if found else ""


def _judge(plan: StudyPlan) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((plan.judge / REPORT_NAME).read_text(encoding="utf-8"))
    return found
