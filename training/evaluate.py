"""Measures a model: draws a balanced list of pictures, has the judge read them, counts what came as asked.

    python -m training.evaluate --model DIR --judge DIR --count N --output FILE.json --phantoms DIR

FILE.json holds a flat "figures" object (accuracies 0 to 1, each with NAME_interval, the 95 % Wilson
interval), the tables behind it and a line for every picture; FILE.png shows pictures with what was asked and
seen. Pictures are kept in FILE_pictures: an interrupted measurement goes on where it stopped. NAME_ceiling is
the judge's own accuracy on the phantoms of --phantoms, or without them on those it was released with.
"""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.attributes import Attributes
from core.checkpoints import check_model_folder
from core.errors import InputError, ModelMissingError, Script2SkinError
from core.judge import Judge, load_judge
from core.model_cards import ModelCard, load_card
from core.settings import EMBEDDED_MODEL, Settings
from core.tone import ToneReference, load_reference
from core.versions import drawing_versions
from core.vocabulary import load_vocabulary
from training.contact_sheet import write_contact_sheet
from training.datasets import open_phantoms
from training.evaluation_drawing import Drawn, draw_requests
from training.evaluation_plan import plan_requests
from training.judge_report import REPORT_NAME, ceiling_report, phantom_pictures, scale_of
from training.judged_figures import Scale, accuracies, flat, tables
from training.judging import Judged, judge_pictures

NOTE = (
    "Trained on drawn phantoms, not on patients; not for diagnosis. The judge is a network trained on"
    " phantoms of other seeds; its own accuracy on held-out phantoms is each figure's ceiling."
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was drawn and what was seen, in the same order."""

    drawn: list[Drawn]
    judged: list[Judged]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    command = ["python", "-m", "training.evaluate", *(sys.argv[1:] if argv is None else argv)]
    try:
        report = evaluate(arguments) | {"command": " ".join(command)}
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    arguments.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report["figures"], indent=2))
    return 0


def _parser() -> ArgumentParser:
    models = Settings.from_environment().models
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=EMBEDDED_MODEL, help="released model's name or diffusers folder")
    parser.add_argument("--judge", type=Path, default=models / "judge", help="folder of the judge")
    parser.add_argument("--count", type=int, default=300, help="how many pictures to draw (default 300)")
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--phantoms", type=Path, help="held-out phantoms to measure the judge itself on")
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
    requests = plan_requests(scale_for(load_card(arguments.model), judge), arguments.count)
    pictures = arguments.output.with_name(arguments.output.stem + "_pictures")
    drawn = draw_requests(arguments.model, requests, pictures)
    judged = list(judge_pictures(judge, reference, _opened(drawn)))
    sheet = [(d.path, j) for d, j in zip(drawn, judged, strict=True)]
    write_contact_sheet(arguments.output.with_suffix(".png"), sheet)
    return report(Measurement(drawn, judged), scale_of(judge), ceiling) | {"judge": str(arguments.judge)}


def scale_for(card: ModelCard, judge: Judge) -> Scale:
    """What model and judge both know. A card without words knows everything.

    Raises:
        ModelMissingError: they have nothing in common.
    """
    scale = Scale(
        tuple(key for key in judge.config.rashes if card.knows("rash", key)),
        tuple(key for key in judge.config.sites if card.knows("site", key)),
        tuple(key for key in load_vocabulary().tones if card.knows("tone", key)),
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


def report(measured: Measurement, scale: Scale, ceiling: dict[str, Any]) -> dict[str, Any]:
    """The whole report but for where it came from."""
    seconds = [one.seconds for one in measured.drawn]
    recipe = measured.drawn[0].recipe
    names = ("num_inference_steps", "guidance_scale", "scheduler", "height", "width", "negative_prompt")
    figures = {
        **flat(accuracies(measured.judged, scale)),
        **_as_ceiling(ceiling["figures"]),
        "seconds_per_image": float(np.mean(seconds)),
    }
    return {
        "note": NOTE,
        "count": len(measured.drawn),
        "figures": figures,
        "tables": tables(measured.judged, scale),
        "ceiling_tables": ceiling["tables"],
        "model": recipe.model,
        "model_hash": recipe.model_hash,
        "settings": {name: getattr(recipe, name) for name in names},
        "versions": drawing_versions(),
        "pictures": [_line(d, j) for d, j in zip(measured.drawn, measured.judged, strict=True)],
    }


def _as_ceiling(figures: dict[str, Any]) -> dict[str, Any]:
    """Renames "rash_interval" to "rash_ceiling_interval" and so on."""
    ends = {name: name.removesuffix("_interval") for name in figures}
    return {
        f"{base}_ceiling{'_interval' if base != name else ''}": figures[name] for name, base in ends.items()
    }


def _line(drawn: Drawn, judged: Judged) -> dict[str, Any]:
    found = {"index": drawn.request.index, "file": drawn.path.name, "seed": drawn.recipe.seed}
    return {**found, "prompt": drawn.recipe.prompt, "seconds": drawn.seconds, **judged.to_dict()}


if __name__ == "__main__":
    sys.exit(main())
