"""Draws fixed-seed pictures without and with a LoRA, and has the judge compare them.

    python -m training.check_lora --lora RUN --model data/models/embedded --pictures 24

Prints JSON: what was examined (lora_hash, model_hash), the judge's figures of both, and for each attribute
whether fewer pictures are as asked beyond chance; the grid of all pictures stands in --output. --lora may
name a run. Exit code 0 if nothing is lost beyond chance, else 1.
"""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.drawing.composing import Wish
from core.errors import InputError, ModelError, Script2SkinError
from core.files import write_files
from core.recipes import LORA_STRENGTH_MAX
from core.settings import EMBEDDED_MODEL
from core.weights.checkpoints import check_model_folder, model_hash
from core.weights.lora_checks import ARMS
from core.weights.loras import Lora, check_lora
from core.weights.model_folders import resolve_source
from core.weights.picture_checks import PICTURES_DEFAULT


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    asked = _parser().parse_args(argv)
    try:
        report = compare(asked)
        text = json.dumps(report, indent=2)
        if asked.report is not None:
            write_files({asked.report: f"{text}\n".encode()})
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(text)
    return 0 if all(check["passed"] for check in report["checks"]) else 1


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--lora", required=True, help="folder of the LoRA or of its run, or the run's name")
    parser.add_argument("--model", default=EMBEDDED_MODEL, help="released model's name or diffusers folder")
    parser.add_argument("--strength", type=float, default=1.0, help="of the LoRA (default: 1, as trained)")
    parser.add_argument("--pictures", type=int, default=PICTURES_DEFAULT, help="pictures to draw in each way")
    parser.add_argument("--judge", type=Path, help="folder of the judge (default: the released one, if any)")
    parser.add_argument("--output", type=Path, help="where pictures go (default: LORA-check)")
    parser.add_argument("--report", type=Path, help="file to write the JSON to, besides printing it")
    return parser


def compare(asked: Namespace) -> dict[str, Any]:
    """What was examined and found.

    Raises:
        InputError: fewer pictures than 1, or a strength that recipes don't allow.
        ModelError: model, judge or LoRA can't be used, don't fit, or were changed meanwhile.
    """
    if asked.pictures < 1:
        raise InputError(f"pictures is {asked.pictures}; at least 1 is needed to compare.")
    if not 0 < asked.strength <= LORA_STRENGTH_MAX:
        raise InputError(
            f"strength is {asked.strength:g}; it must be above 0 and at most {LORA_STRENGTH_MAX}."
        )
    model = resolve_source(asked.model)
    check_model_folder(model)
    lora = check_lora(asked.lora, model)
    hashes = {"lora_hash": lora.hash, "model_hash": model_hash(model)}
    figures, checks = _compare(asked, lora, model)
    if hashes != {"lora_hash": check_lora(asked.lora, model).hash, "model_hash": model_hash(model)}:
        raise ModelError(f"{lora.folder} or {model} was changed while it was being checked. Check it again.")
    return {**hashes, "strength": asked.strength, "checks": checks, "pictures": figures}


def _compare(asked: Namespace, lora: Lora, model: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    from training.evaluation.picture_tests import PictureTest, compare_pictures, released_judge

    drawn_with = Wish(lora=str(lora.folder), lora_strength=asked.strength)
    test = PictureTest(
        title=f"LoRA {lora.name} in {model.name}",
        note=f"the LoRA has strength {asked.strength:g}",
        way_out="draw without it, or with less strength",
        model=model,
        arms=dict(zip(ARMS, (Wish(), drawn_with), strict=True)),
        judge=asked.judge or released_judge(),
        count=asked.pictures,
        folder=asked.output or lora.folder.with_name(f"{lora.folder.name}-check"),
    )
    with redirect_stdout(sys.stderr):  # progress; standard output is JSON alone
        figures, checks = compare_pictures(test)
    return figures, [asdict(check) for check in checks]


if __name__ == "__main__":
    sys.exit(main())
