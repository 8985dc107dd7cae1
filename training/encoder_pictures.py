"""Fixed-seed pictures by the stock text encoder, the tuned one and the one half way: a grid, and judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from scipy.stats import binomtest

from core.composing import STOCK_ENCODER
from core.files import write_files
from core.gate import Check
from core.interpolation import write_interpolated
from core.judge import load_judge
from core.model_cards import load_card
from core.sheets import Sheet, encode_sheet
from core.tone import load_reference
from training.evaluate import scale_for
from training.evaluation_drawing import Drawn, draw_requests
from training.evaluation_plan import plan_requests
from training.judged_figures import Scale, accuracies, flat
from training.judging import Judged, judge_pictures

STOCK, TUNED, BETWEEN = ARMS = ("stock", "tuned", "interpolated")
HALF = 0.5
SIGNIFICANT = 0.05
"""Chance below which fewer right pictures than before count as harm (one-sided sign test, Bonferroni for the
three attributes)."""

GRID_NAME = "grid.png"


@dataclass(frozen=True, slots=True)
class PictureTest:
    """What is compared: an encoder in a model, judged by ``judge``, ``count`` pictures an arm."""

    encoder: Path
    model: Path
    judge: Path
    count: int
    folder: Path


def compare_pictures(test: PictureTest) -> tuple[dict[str, Any], list[Check]]:
    """Draws all arms, writes the grid; returns the judge's figures by arm and one check for each attribute.

    Raises:
        ModelError: model or judge can't be used, or have no words in common.
    """
    judge, reference = load_judge(test.judge), load_reference(test.judge)
    scale = scale_for(load_card(test.model), judge, reference)
    requests = plan_requests(scale, test.count)
    drawn = {
        arm: draw_requests(str(test.model), requests, test.folder / arm, encoder)
        for arm, encoder in _encoders(test).items()
    }
    judged = {arm: list(judge_pictures(judge, reference, map(_opened, ones))) for arm, ones in drawn.items()}
    write_grid(test.folder / GRID_NAME, test, drawn)
    figures = {arm: flat(accuracies(found, scale)) for arm, found in judged.items()}
    return {"grid": str(test.folder / GRID_NAME), **figures}, harm_checks(judged[STOCK], judged[TUNED], scale)


def _encoders(test: PictureTest) -> dict[str, str]:
    """Recipes name an encoder by its folder, so the mixture gets one."""
    between = test.folder / "encoder"
    write_interpolated(test.model / "text_encoder", test.encoder, HALF, between)
    return {STOCK: STOCK_ENCODER, TUNED: str(test.encoder), BETWEEN: str(between)}


def _opened(drawn: Drawn) -> tuple[Image.Image, Any]:
    with Image.open(drawn.path) as image:
        return image.convert("RGB"), drawn.request.attributes


def write_grid(path: Path, test: PictureTest, drawn: dict[str, list[Drawn]]) -> None:
    """One row for each prompt and seed: stock | tuned | interpolated, labelled, with the recipes inside."""
    rows = [one.recipe.prompt for one in drawn[STOCK]]
    cells = [drawn[arm][i] for i in range(len(rows)) for arm in ARMS]
    sheet = Sheet(
        title=f"Text encoder {test.encoder.name} in {test.model.name}",
        note="The same prompt, seed and settings in each row; interpolated is half way.",
        rows=tuple(f"{i}. {prompt}" for i, prompt in enumerate(rows, 1)),
        columns=ARMS,
        pictures=tuple(cell.path for cell in cells),
        recipes=tuple(cell.recipe for cell in cells),
    )
    write_files({path: encode_sheet(sheet)})


def harm_checks(before: Sequence[Judged], after: Sequence[Judged], scale: Scale) -> list[Check]:
    """Whether the judge finds fewer pictures as asked, beyond chance; pairs share prompt and seed."""
    marks = {
        "rash": lambda j: j.rash == j.asked.rash,
        "site": lambda j: j.site == j.asked.site,
        "tone": lambda j: (scale.steps_apart(j) or 0) <= 1 and j.tone is not None,
    }
    return [
        harm_check(name, [right(j) for j in before], [right(j) for j in after])
        for name, right in marks.items()
    ]


def harm_check(name: str, before: Sequence[bool], after: Sequence[bool]) -> Check:
    """A sign test over the pairs that changed (McNemar, exact, one-sided)."""
    pairs = list(zip(before, after, strict=True))
    lost, won = sum(b and not a for b, a in pairs), sum(a and not b for b, a in pairs)
    chance = float(binomtest(lost, lost + won, alternative="greater").pvalue) if lost + won else 1.0
    limit = SIGNIFICANT / 3
    message = (
        f"{name}: {sum(before)} of {len(pairs)} pictures as asked before, {sum(after)} after "
        f"({won} won, {lost} lost)."
    )
    if chance < limit:
        message += " That is harm beyond chance: keep the stock encoder, or mix the two."
    figure = {"before": sum(before) / len(pairs), "after": sum(after) / len(pairs), "chance": chance}
    return Check(f"pictures_{name}", chance >= limit, message, figure, limit)
