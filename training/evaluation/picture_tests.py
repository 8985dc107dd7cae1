"""Fixed-seed pictures drawn in several ways (arms): a grid of them, and the judge's word on each arm."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image
from scipy.stats import binomtest

from core.drawing.composing import Wish
from core.drawing.sheets import Sheet, encode_sheet
from core.errors import ModelMissingError
from core.files import write_files
from core.language.vocabulary import load_vocabulary
from core.measuring.judge import Judge, load_judge
from core.measuring.tone import ToneReference, load_reference
from core.settings import JUDGE, Settings
from core.weights.gate import Check
from core.weights.model_cards import ModelCard, load_card
from training.evaluate import scale_for
from training.evaluation.drawing import Drawn, draw_requests
from training.evaluation.judged_figures import Scale, accuracies, flat
from training.evaluation.judging import Judged, judge_pictures
from training.evaluation.plan import plan_requests

SIGNIFICANT = 0.05
"""Chance below which fewer right pictures than before count as harm (one-sided sign test, Bonferroni for the
three attributes)."""

GRID_NAME = "grid.png"


@dataclass(frozen=True, slots=True)
class PictureTest:
    """What is compared: the same ``count`` prompts and seeds drawn in the way of each arm, judged by
    ``judge`` if there is one. The first arm is what was before, the second what is asked about; ``way_out``
    is what to do where that does harm."""

    title: str
    note: str
    way_out: str
    model: Path
    arms: dict[str, Wish]
    judge: Path | None
    count: int
    folder: Path


def released_judge() -> Path | None:
    """The judge among the released models, if there is one."""
    folder = Settings.from_environment().models / JUDGE
    return folder if folder.is_dir() else None


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
        arm: draw_requests(replace(way, model=str(test.model)), requests, test.folder / arm)
        for arm, way in test.arms.items()
    }
    write_grid(test.folder / GRID_NAME, test, drawn)
    made = {"grid": str(test.folder / GRID_NAME), "count": len(requests)}
    if judge is None or reference is None or unjudged:
        return made, [Check("pictures", True, unjudged)]
    judged = {arm: list(judge_pictures(judge, reference, map(_opened, ones))) for arm, ones in drawn.items()}
    figures = {arm: flat(accuracies(found, scale)) for arm, found in judged.items()}
    before, after = list(judged.values())[:2]
    return made | figures, harm_checks(before, after, scale, test.way_out)


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


def _opened(drawn: Drawn) -> tuple[Image.Image, Any]:
    with Image.open(drawn.path) as image:
        return image.convert("RGB"), drawn.request.attributes


def write_grid(path: Path, test: PictureTest, drawn: dict[str, list[Drawn]]) -> None:
    """One row for each prompt and seed, one column for each arm, labelled, with the recipes inside."""
    rows = [one.recipe.prompt for one in next(iter(drawn.values()))]
    cells = [drawn[arm][i] for i in range(len(rows)) for arm in test.arms]
    sheet = Sheet(
        title=test.title,
        note=f"The same prompt, seed and settings in each row; {test.note}.",
        rows=tuple(f"{i}. {prompt}" for i, prompt in enumerate(rows, 1)),
        columns=tuple(test.arms),
        pictures=tuple(cell.path for cell in cells),
    )
    write_files({path: encode_sheet(sheet)})


def harm_checks(before: Sequence[Judged], after: Sequence[Judged], scale: Scale, way_out: str) -> list[Check]:
    """Whether the judge finds fewer pictures as asked, beyond chance; pairs share prompt and seed."""
    marks = {
        "rash": lambda j: j.rash == j.asked.rash,
        "site": lambda j: j.site == j.asked.site,
        "tone": lambda j: (scale.steps_apart(j) or 0) <= 1 and j.tone is not None,
    }
    return [
        harm_check(name, [right(j) for j in before], [right(j) for j in after], way_out)
        for name, right in marks.items()
    ]


def harm_check(name: str, before: Sequence[bool], after: Sequence[bool], way_out: str) -> Check:
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
        message += f" That is harm beyond chance: {way_out}."
    figure = {"before": sum(before) / len(pairs), "after": sum(after) / len(pairs), "chance": chance}
    return Check(f"pictures_{name}", chance >= limit, message, figure, limit)
