"""Fixed-seed pictures by the stock text encoder, the tuned one and the one half way: a grid, and judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from scipy.stats import binomtest

from core.composing import STOCK_ENCODER
from core.encoder_runs import name_of
from core.errors import ModelMissingError
from core.files import write_files
from core.gate import Check
from core.judge import Judge, load_judge
from core.model_cards import ModelCard, load_card
from core.sheets import Sheet, encode_sheet
from core.tone import ToneReference, load_reference
from core.vocabulary import load_vocabulary
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
    """What is compared: an encoder in a model, judged by ``judge`` if there is one, ``count`` pictures an
    arm."""

    encoder: Path
    model: Path
    judge: Path | None
    count: int
    folder: Path


def compare_pictures(test: PictureTest) -> tuple[dict[str, Any], list[Check]]:
    """Draws all arms, writes the grid; returns the judge's figures by arm and one check for each attribute.

    Where there is no judge, or none that knows the model's words, the grid alone speaks.

    Raises:
        ModelError: model or judge can't be used.
    """
    judge = None if test.judge is None else load_judge(test.judge)
    reference = None if test.judge is None else load_reference(test.judge)
    scale, unjudged = _scale(load_card(test.model), judge, reference)
    requests = plan_requests(scale, test.count)
    drawn = {
        arm: draw_requests(str(test.model), requests, test.folder / arm, *encoder)
        for arm, encoder in _encoders(test).items()
    }
    write_grid(test.folder / GRID_NAME, test, drawn)
    made = {"grid": str(test.folder / GRID_NAME), "count": len(requests)}
    if judge is None or reference is None or unjudged:
        return made, [Check("pictures", True, unjudged)]
    judged = {arm: list(judge_pictures(judge, reference, map(_opened, ones))) for arm, ones in drawn.items()}
    figures = {arm: flat(accuracies(found, scale)) for arm, found in judged.items()}
    return made | figures, harm_checks(judged[STOCK], judged[TUNED], scale)


def _scale(card: ModelCard, judge: Judge | None, reference: ToneReference | None) -> tuple[Scale, str]:
    """What is drawn, and why it can't be judged ("" if it can)."""
    unjudged = "No judge is installed: look at the pictures yourself."
    if judge is not None:
        try:
            return scale_for(card, judge, reference), ""
        except ModelMissingError:
            unjudged = f"The judge knows nothing that {card.label} was taught: look at the pictures yourself."
    words = load_vocabulary()
    rashes, sites, tones = (
        tuple(own or every)
        for own, every in ((card.rashes, words.rashes), (card.sites, words.sites), (card.tones, words.tones))
    )
    return Scale(rashes, sites, tones, true_sites=card.true_sites), unjudged


def _encoders(test: PictureTest) -> dict[str, tuple[str, float | None]]:
    """Each arm's text encoder and weight, as recipes name them."""
    return {
        STOCK: (STOCK_ENCODER, None),
        TUNED: (str(test.encoder), None),
        BETWEEN: (str(test.encoder), HALF),
    }


def _opened(drawn: Drawn) -> tuple[Image.Image, Any]:
    with Image.open(drawn.path) as image:
        return image.convert("RGB"), drawn.request.attributes


def write_grid(path: Path, test: PictureTest, drawn: dict[str, list[Drawn]]) -> None:
    """One row for each prompt and seed: stock | tuned | interpolated, labelled, with the recipes inside."""
    rows = [one.recipe.prompt for one in drawn[STOCK]]
    cells = [drawn[arm][i] for i in range(len(rows)) for arm in ARMS]
    sheet = Sheet(
        title=f"Text encoder {name_of(test.encoder)} in {test.model.name}",
        note="The same prompt, seed and settings in each row; interpolated is half way.",
        rows=tuple(f"{i}. {prompt}" for i, prompt in enumerate(rows, 1)),
        columns=ARMS,
        pictures=tuple(cell.path for cell in cells),
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
        f"{name.capitalize()}: {sum(before)} of {len(pairs)} pictures as asked before, {sum(after)} after "
        f"({won} won, {lost} lost)."
    )
    if chance < limit:
        message += " That is harm beyond chance: keep the stock encoder, or mix the two."
    figure = {"before": sum(before) / len(pairs), "after": sum(after) / len(pairs), "chance": chance}
    return Check(f"pictures_{name}", chance >= limit, message, figure, limit)
