"""Does the model compose? What it draws of combinations that training never saw, beside those it saw."""

from collections.abc import Sequence
from typing import Any

from statsmodels.stats.proportion import confint_proportions_2indep

from training.clip_tuning.metrics import Proportion, proportion
from training.evaluation.judged_figures import Scale, accuracies, flat
from training.evaluation.judging import Judged
from training.words.triples import is_held_out


def all_right(judged: Judged, scale: Scale) -> bool:
    """Rash and site as asked, and the tone within one step."""
    steps = scale.steps_apart(judged)
    asked = judged.asked
    return judged.rash == asked.rash and judged.site == asked.site and steps is not None and steps <= 1


def composition(
    judged: Sequence[Judged], share: float, scale: Scale
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Figures ``held_out_drop`` with its interval, and the accuracies of both groups.

    The drop is in the share of pictures with everything right, seen minus held out, with the 95 % interval
    for independent proportions of Newcombe 1998 (method 10). Empty where one group has no pictures.
    """
    groups: dict[bool, list[Judged]] = {False: [], True: []}
    for one in judged:
        groups[is_held_out(one.asked, share)].append(one)
    if not (groups[False] and groups[True]):
        return {}, {}
    seen, held_out = (proportion([all_right(j, scale) for j in groups[kind]]) for kind in (False, True))
    figures = {
        "held_out_drop": seen.right / seen.total - held_out.right / held_out.total,
        "held_out_drop_interval": newcombe(seen, held_out),
    }
    tables = {
        name: {"pictures": whole.total, **flat({"all_right": whole, **accuracies(groups[kind], scale)})}
        for name, kind, whole in (("seen", False, seen), ("held_out", True, held_out))
    }
    return figures, tables


def newcombe(first: Proportion, second: Proportion) -> list[float]:
    """The 95 % interval of first minus second."""
    low, high = confint_proportions_2indep(
        first.right, first.total, second.right, second.total, method="newcomb", compare="diff"
    )
    return [float(low), float(high)]
