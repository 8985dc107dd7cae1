"""Says whether a tuned text encoder may stand in a model: exit code 0 if nothing speaks against it, else 1.

    python -m training.check_encoder --encoder RUN/text_encoder --model data/models/embedded

Prints JSON: each check with its figure, its limit and a sentence. Asked are the files, tokenizer, sizes,
layers, dtype, the recorded origin, and drift on the captions that the model's card names and on the empty
prompt; without a card on derm, generic and empty prompts (core/weights/gate.py says where the limits come
from). With --pictures N also draws N fixed-seed pictures by the stock encoder, the tuned one and the one half
way, writes them as a grid, and has the judge compare stock and tuned. encoder_hash and model_hash say what
was examined. --encoder may name a run's folder.
"""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from core.drawing.composing import Wish
from core.errors import InputError, ModelError, Script2SkinError
from core.files import write_files
from core.settings import EMBEDDED_MODEL
from core.weights.checkpoints import check_model_folder, encoder_hash, model_hash
from core.weights.encoder_checks import ARMS
from core.weights.encoder_runs import encoder_folder, name_of
from core.weights.gate import Verdict, examine_encoder
from core.weights.model_folders import resolve_source

HALF = 0.5


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    asked = _parser().parse_args(argv)
    try:
        report = check(asked)
        text = json.dumps(report, indent=2)
        if asked.report is not None:
            write_files({asked.report: f"{text}\n".encode()})
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(text)
    return 0 if report["passed"] else 1


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the tuned text encoder")
    parser.add_argument("--model", default=EMBEDDED_MODEL, help="released model's name or diffusers folder")
    parser.add_argument("--pictures", type=int, default=0, help="pictures to draw by each encoder")
    parser.add_argument("--judge", type=Path, help="folder of the judge (default: the released one, if any)")
    parser.add_argument("--output", type=Path, help="where pictures go (default: ENCODER-check)")
    parser.add_argument("--report", type=Path, help="file to write the JSON to, besides printing it")
    return parser


def check(asked: Namespace) -> dict[str, Any]:
    """The verdict, what was examined, and the judge's figures where pictures were asked for.

    Pictures are drawn only where nothing else speaks against the encoder.

    Raises:
        InputError: a negative number of pictures.
        ModelError: model or judge can't be used, or one of the folders changed meanwhile.
    """
    if asked.pictures < 0:
        raise InputError(f"pictures is {asked.pictures}; it can't be negative.")
    model, encoder = resolve_source(asked.model), encoder_folder(asked.encoder)
    check_model_folder(model)
    hashes = _hashes(encoder, model)
    verdict, pictures = examine_encoder(encoder, model), dict[str, Any]()
    if asked.pictures and verdict.passed:
        verdict, pictures = _with_pictures(asked, verdict, encoder, model)
    if _hashes(encoder, model) != hashes:
        raise ModelError(f"{encoder} or {model} was changed while it was being checked. Check it again.")
    return {**verdict.to_dict(), **hashes, **({"pictures": pictures} if pictures else {})}


def _hashes(encoder: Path, model: Path) -> dict[str, str]:
    """Identities of what is examined; what the gate can't open has none."""
    try:
        return {"encoder_hash": encoder_hash(encoder), "model_hash": model_hash(model)}
    except ModelError:
        return {"encoder_hash": "", "model_hash": model_hash(model)}


def _with_pictures(
    asked: Namespace, verdict: Verdict, encoder: Path, model: Path
) -> tuple[Verdict, dict[str, Any]]:
    from training.evaluation.picture_tests import PictureTest, compare_pictures, released_judge

    test = PictureTest(
        title=f"Text encoder {name_of(encoder)} in {model.name}",
        note="interpolated is half way",
        way_out="keep the stock encoder, or mix the two",
        model=model,
        arms=dict(zip(ARMS, (Wish(), Wish(text_encoder=str(encoder)), _half_way(encoder)), strict=True)),
        judge=asked.judge or released_judge(),
        count=asked.pictures,
        folder=asked.output or encoder.with_name(f"{encoder.name}-check"),
    )
    with redirect_stdout(sys.stderr):  # progress; standard output is JSON alone
        figures, checks = compare_pictures(test)
    return Verdict(verdict.encoder, verdict.model, (*verdict.checks, *checks)), figures


def _half_way(encoder: Path) -> Wish:
    return Wish(text_encoder=str(encoder), text_encoder_weight=HALF)


if __name__ == "__main__":
    sys.exit(main())
