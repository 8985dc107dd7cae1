"""What a measurement says: figures, the tables behind them, and a line for every picture."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.measuring.tone import ToneReference
from core.recipes import Recipe
from core.versions import drawing_versions
from training.embedded.composition import composition
from training.evaluation.drawing import Drawn
from training.evaluation.judged_figures import Scale, accuracies, flat, tables, tone_errors
from training.evaluation.judging import Judged
from training.evaluation.set_figures import SetFigures

NOTE = (
    "Trained on drawn phantoms, not on patients; not for diagnosis. The judge is a network trained on"
    " phantoms of other seeds; its own accuracy on held-out phantoms is each figure's ceiling."
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was drawn, what was seen, in the same order, and how the pictures compare as a set."""

    drawn: list[Drawn]
    judged: list[Judged]
    as_a_set: SetFigures
    unseen: list[Judged]
    """More pictures of combinations that training never saw: they count in the comparison alone."""
    held_out: float
    paraphrased: list[Judged]
    """Pictures asked for by sentences that no training has seen, instead of the caption."""


def report(
    measured: Measurement, scale: Scale, reference: ToneReference, ceiling: dict[str, Any]
) -> dict[str, Any]:
    """The whole report but for where it came from."""
    seconds = [one.seconds for one in measured.drawn if one.seconds is not None]
    recipe = measured.drawn[0].recipe
    drop, groups = composition([*measured.judged, *measured.unseen], measured.held_out, scale)
    names = ("num_inference_steps", "guidance_scale", "scheduler", "height", "width", "negative_prompt")
    figures = {
        **flat(accuracies(measured.judged, scale)),
        **_as_ceiling(ceiling["figures"]),
        **drop,
        **_paraphrased(measured.paraphrased, scale),
        **measured.as_a_set.figures,
        **({"seconds_per_image": float(np.mean(seconds))} if seconds else {}),
    }
    return {
        "note": NOTE,
        "count": len(measured.drawn),
        "count_held_out": len(measured.unseen),
        "count_paraphrased": len(measured.paraphrased),
        "figures": figures,
        "tables": tables(measured.judged, scale)
        | {"tone_errors": tone_errors(measured.judged, reference, scale)}
        | measured.as_a_set.tables
        | {"composition": groups},
        "ceiling_tables": ceiling["tables"],
        "model": recipe.model,
        "model_hash": recipe.model_hash,
        "settings": {name: getattr(recipe, name) for name in names},
        "unet_evaluations_per_image": _unet_evaluations(recipe),
        "versions": drawing_versions(),
        "pictures": [_line(d, j) for d, j in zip(measured.drawn, measured.judged, strict=True)],
    }


def _unet_evaluations(recipe: Recipe) -> int:
    """One a step, and with guidance above 1 another for the empty or negative prompt."""
    return recipe.num_inference_steps * (2 if recipe.guidance_scale > 1 else 1)


def _as_ceiling(figures: dict[str, Any]) -> dict[str, Any]:
    """Renames "site_interval" to "site_ceiling_interval" and so on, "rash_all" to "rash_ceiling"."""
    ends = {name: name.removesuffix("_interval") for name in figures}
    return {
        f"{base.removesuffix('_all')}_ceiling{'_interval' if base != name else ''}": figures[name]
        for name, base in ends.items()
    }


def _paraphrased(judged: list[Judged], scale: Scale) -> dict[str, Any]:
    """ "rash_paraphrased" and so on, each with its interval; empty where none was drawn."""
    found = {name.removesuffix("_all"): share for name, share in accuracies(judged, scale).items()}
    return flat({f"{name}_paraphrased": share for name, share in found.items()})


def _line(drawn: Drawn, judged: Judged) -> dict[str, Any]:
    found = {"index": drawn.request.index, "file": drawn.path.name, "seed": drawn.recipe.seed}
    return {**found, "prompt": drawn.recipe.prompt, "seconds": drawn.seconds, **judged.to_dict()}
