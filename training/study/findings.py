"""The study's results as figures: finished cells by task, arm, size and variant, each over its seeds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from core.weights.gate import LARGEST_DRIFT_OF_KNOWN
from training.study.cells import read_result, result_path
from training.study.plan import OLD, STOCK, Cell, StudyPlan
from training.study.statistics import Change, Share, change, paired_correlation, share_of

Picture = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One arm's cells of all finished seeds; ``results`` by seed."""

    cell: Cell
    results: Mapping[int, Mapping[str, Any]]

    @property
    def seeds(self) -> tuple[int, ...]:
        """Finished ones."""
        return tuple(self.results)

    def share(self, name: str, right: Callable[[Picture], bool]) -> Share:
        """Pictures of one set that came as asked."""
        return share_of({seed: [right(p) for p in _set(r, name)] for seed, r in self.results.items()})

    def steps(self, name: str) -> float:
        """Drift on one set of prompts in attribute steps, the mean of the seeds."""
        drifts = (result["drift"] for result in self.results.values())
        return fmean(drift[name] / drift["attribute_step"] for drift in drifts)

    @property
    def passes_gate(self) -> bool:
        """Whether drift is within what the gate allows a model whose card names its words."""
        return within_gate({name: self.steps(name) for name in LARGEST_DRIFT_OF_KNOWN})

    def recall(self, when: str) -> float | None:
        """CLIP's own recall@1 from picture to caption, "before" or "after"; None where CLIP stayed."""
        reports = [r["training"]["clip"] for r in self.results.values() if "clip" in r["training"]]
        return fmean(report[when]["image_to_text_recall_1"] for report in reports) if reports else None


def all_right(picture: Picture) -> bool:
    """Rash, site and tone, all as asked."""
    return rash_right(picture) and site_right(picture) and tone_right(picture)


def within_gate(steps: Mapping[str, float]) -> bool:
    """Whether drift in attribute steps, by set of prompts, passes; the study's base has a card."""
    return all(steps[name] <= limit for name, limit in LARGEST_DRIFT_OF_KNOWN.items())


def rash_right(picture: Picture) -> bool:
    """The judge sees the rash that was asked for."""
    return bool(picture["rash"] == picture["asked"]["rash"])


def site_right(picture: Picture) -> bool:
    """The judge sees the site that was asked for."""
    return [picture["site"]] == picture["asked"]["sites"]


def tone_right(picture: Picture) -> bool:
    """The measured tone is the one that was asked for."""
    return bool(picture["tone"] == picture["asked"]["tone"])


def findings(plan: StudyPlan) -> list[Finding]:
    """Everything that is finished, in the plan's order; cells that differ by seed alone are one finding."""
    groups: dict[str, tuple[Cell, dict[int, Mapping[str, Any]]]] = {}
    for cell, result in finished(plan):
        key = cell.name.replace(f"-s{cell.seed}", "")
        groups.setdefault(key, (cell, {}))[1][cell.seed] = result
    return [Finding(cell, results) for cell, results in groups.values()]


def finished(plan: StudyPlan) -> Iterator[tuple[Cell, Mapping[str, Any]]]:
    """Finished cells and their results."""
    for cell in plan.cells():
        if (path := result_path(plan, cell)).is_file():
            yield cell, read_result(path)


def changed(found: list[Finding], finding: Finding, name: str, right: Callable[[Picture], bool]) -> Change:
    """How much more, or less, of one set came as asked than by the stock arm from the same noise."""
    stock = stock_of(found, finding.seeds)
    pairs = [
        (right(before), right(after))
        for seed in stock.results
        for before, after in zip(
            _set(stock.results[seed], name), _set(finding.results[seed], name), strict=True
        )
    ]
    return change(stock.share(name, right), finding.share(name, right), paired_correlation(pairs))


def stock_of(found: list[Finding], seeds: tuple[int, ...]) -> Finding:
    """The stock arm on the same seeds as the arm it is compared with."""
    stock = next(f for f in found if f.cell.arm == STOCK)
    return Finding(stock.cell, {seed: stock.results[seed] for seed in seeds if seed in stock.results})


def _set(result: Mapping[str, Any], name: str) -> list[Picture]:
    return [picture for picture in result["pictures"] if picture["set"] == name]


__all__ = ["OLD", "Finding", "findings", "finished", "rash_right", "site_right", "stock_of", "tone_right"]
