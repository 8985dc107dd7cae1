"""Measures a model: draws a balanced list of pictures, has the judge read them, counts what came as asked.

    python -m training.evaluate --model DIR --count N --output FILE.json \\
        --phantoms HELD_OUT --training-phantoms DIR

FILE.json holds a flat "figures" object (accuracies 0 to 1, each with NAME_interval, the 95 % Wilson
interval), the tables behind it and a line for every picture; FILE.html is the same for a person, FILE.png
shows pictures with what was asked and seen. Pictures are kept in FILE_pictures: an interrupted measurement
goes on where it stopped. NAME_ceiling is the judge's own accuracy on the phantoms of --phantoms, or without
them on those it was released with. --count-paraphrases draws more pictures by sentences that no training has
seen: NAME_paraphrased stands beside the caption's figure. With --phantoms the pictures are also compared as a
set (KID, diversity), and with --training-phantoms searched for copies of what the model learned from.
"""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.drawing.composing import Wish
from core.errors import InputError, ModelMissingError, Script2SkinError
from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from core.measuring.judge import Judge, load_judge
from core.measuring.tone import ToneReference, load_reference
from core.settings import EMBEDDED_MODEL, PROJECT, Settings
from core.weights.checkpoints import check_model_folder
from core.weights.model_cards import ModelCard, load_card
from core.weights.model_folders import resolve_source
from training.embedded.datasets import open_phantoms
from training.evaluation.contact_sheet import write_contact_sheet
from training.evaluation.drawing import TIMED, Drawn, draw_requests
from training.evaluation.judge_report import REPORT_NAME, ceiling_report, phantom_pictures, scale_of
from training.evaluation.judged_figures import Scale
from training.evaluation.judging import judge_pictures
from training.evaluation.page import evaluation_page
from training.evaluation.plan import plan_held_out, plan_paraphrases, plan_repeats, plan_requests
from training.evaluation.report import Measurement, report
from training.evaluation.set_figures import Compared, SetFigures, set_figures

REPEATED_PROMPTS, REPEATS = 4, 8
"""Pictures drawn besides, to see how much those of one prompt differ."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    given = sys.argv[1:] if argv is None else argv
    command = ["python", "-m", "training.evaluate", *map(_spoken, given)]
    try:
        report = evaluate(arguments) | {"command": " ".join(command)}
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    arguments.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    arguments.output.with_suffix(".html").write_text(evaluation_page(report), encoding="utf-8")
    print(json.dumps(report["figures"], indent=2))
    return 0


def _parser() -> ArgumentParser:
    models = Settings.from_environment().models
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=EMBEDDED_MODEL, help="released model's name or diffusers folder")
    parser.add_argument("--judge", type=Path, default=models / "judge", help="folder of the judge")
    parser.add_argument("--count", type=int, default=300, help="how many pictures to draw (default 300)")
    parser.add_argument(
        "--count-held-out", type=int, help="more of what training never saw (default: a quarter of count)"
    )
    parser.add_argument(
        "--count-paraphrases", type=int, default=0, help="more by paraphrases, not the caption (default 0)"
    )
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--phantoms", type=Path, help="held-out phantoms: the judge's ceiling, KID")
    parser.add_argument("--training-phantoms", type=Path, help="those the model learned from, to find copies")
    return parser


def evaluate(arguments: Namespace) -> dict[str, Any]:
    """Draws, judges and counts; writes the contact sheet and returns the report.

    Raises:
        InputError: no pictures asked for.
        ModelError: model or judge can't be used.
    """
    if arguments.count < 1:
        raise InputError(f"count is {arguments.count}; it must be at least 1.")
    check_model_folder(arguments.model)
    judge, reference = load_judge(arguments.judge), load_reference(arguments.judge)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    ceiling = _ceiling(arguments, judge, reference)
    card = load_card(arguments.model)
    scale = scale_for(card, judge, reference)
    requests = plan_requests(scale, arguments.count)
    drawn = draw_requests(Wish(model=arguments.model), requests, _pictures(arguments, ""), TIMED)
    judged = list(judge_pictures(judge, reference, _opened(drawn)))
    write_contact_sheet(
        arguments.output.with_suffix(".png"), [(d.path, j) for d, j in zip(drawn, judged, strict=True)]
    )
    unseen = _drawn_unseen(arguments, scale, card)
    paraphrased = _drawn_by_paraphrase(arguments, scale)
    measured = Measurement(
        drawn,
        judged,
        _as_a_set(arguments, judge, scale, drawn),
        list(judge_pictures(judge, reference, _opened(unseen))),
        card.held_out,
        list(judge_pictures(judge, reference, _opened(paraphrased))),
    )
    known = scale_of(judge, (one.asked for one in judged))
    return report(measured, known, reference, ceiling) | {"judge": str(arguments.judge)}


def _spoken(argument: str) -> str:
    """An argument as the report tells it: a path of this machine by its last name alone."""
    path = Path(argument)
    if not path.is_absolute():
        return argument
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else path.name


def _pictures(arguments: Namespace, kind: str) -> Path:
    name: str = arguments.output.stem + kind + "_pictures"
    return Path(arguments.output.with_name(name))


def _drawn_unseen(arguments: Namespace, scale: Scale, card: ModelCard) -> list[Drawn]:
    """Pictures of combinations that the model never saw, besides those in the balanced list."""
    asked = arguments.count_held_out
    count = arguments.count // 4 if asked is None else asked
    requests = plan_held_out(scale, card.held_out, count, arguments.count)
    return (
        draw_requests(Wish(model=arguments.model), requests, _pictures(arguments, "_held_out"))
        if requests
        else []
    )


def _drawn_by_paraphrase(arguments: Namespace, scale: Scale) -> list[Drawn]:
    requests = plan_paraphrases(scale, arguments.count_paraphrases)
    folder = _pictures(arguments, "_paraphrased")
    return draw_requests(Wish(model=arguments.model), requests, folder) if requests else []


def _as_a_set(arguments: Namespace, judge: Judge, scale: Scale, drawn: list[Drawn]) -> SetFigures:
    """Comparisons with phantoms; empty where no held-out phantoms are given."""
    if arguments.phantoms is None:
        return SetFigures({}, {})
    repeats = plan_repeats(scale, REPEATED_PROMPTS, REPEATS)
    repeated = draw_requests(Wish(model=arguments.model), repeats, _pictures(arguments, "_repeated"))
    learned = arguments.training_phantoms
    vae = resolve_source(arguments.model) / "vae"
    training = open_phantoms(learned) if learned else None
    return set_figures(drawn, repeated, Compared(judge, vae, open_phantoms(arguments.phantoms), training))


def scale_for(card: ModelCard, judge: Judge, reference: ToneReference | None = None) -> Scale:
    """What model and judge both know. A card without words knows everything; tones are the steps of the Monk
    scale if model and reference know them all.

    Raises:
        ModelMissingError: they have nothing in common.
    """
    words, known = load_vocabulary(), judge.config
    steps = tuple(key for key in words.monk_tones if card.knows("tone", key))
    monk = len(steps) == len(words.monk_tones) and reference is not None and reference.scale(steps) == steps
    scale = Scale(
        tuple(key for key in known.rashes if card.knows("rash", key)),
        tuple(key for key in known.sites if card.knows("site", key)),
        steps if monk else tuple(key for key in words.tones if card.knows("tone", key)),
        tuple(key for key in known.severities if card.knows("severity", key)),
        tuple(key for key in known.views if card.knows("view", key)),
        card.true_sites,
    )
    if not (scale.rashes and scale.sites and scale.tones):
        raise ModelMissingError(f"The judge knows nothing that {card.label} was taught; train one for it.")
    return scale


def _opened(drawn: Sequence[Drawn]) -> Iterator[tuple[Image.Image, Attributes]]:
    for one in drawn:
        with Image.open(one.path) as image:
            yield image.convert("RGB"), one.request.attributes


def _ceiling(arguments: Namespace, judge: Judge, reference: ToneReference) -> dict[str, Any]:
    """The judge's report on held-out phantoms; its released one where none are given."""
    if arguments.phantoms is None:
        path = arguments.judge / REPORT_NAME
        if not path.is_file():
            raise ModelMissingError(f"{path} is missing: give held-out phantoms by --phantoms.")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    phantoms = open_phantoms(arguments.phantoms)
    pictures = phantom_pictures(phantoms, np.arange(len(phantoms)))
    return ceiling_report(judge, list(judge_pictures(judge, reference, pictures)))


if __name__ == "__main__":
    sys.exit(main())
