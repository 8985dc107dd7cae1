"""Says whether a tuned text encoder may stand in a model: exit code 0 if nothing speaks against it, else 1.

    python -m training.check_encoder --encoder RUN/text_encoder --model data/models/embedded

Prints JSON: each check with its figure, its limit and a sentence. Asked are the files, tokenizer, sizes,
layers, dtype, the recorded origin, and drift on derm, generic and empty prompts (core/gate.py says where the
limits come from). With --pictures N also draws N fixed-seed pictures by the stock encoder, the tuned one and
the one half way, writes them as a grid, and has the judge compare stock and tuned.
"""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from core.checkpoints import check_model_folder
from core.errors import InputError, Script2SkinError
from core.gate import Verdict, examine_encoder
from core.model_folders import resolve_source
from core.settings import EMBEDDED_MODEL, Settings


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    try:
        verdict, pictures = check(_parser().parse_args(argv))
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({**verdict.to_dict(), **({"pictures": pictures} if pictures else {})}, indent=2))
    return 0 if verdict.passed else 1


def _parser() -> ArgumentParser:
    models = Settings.from_environment().models
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the tuned text encoder")
    parser.add_argument("--model", default=EMBEDDED_MODEL, help="released model's name or diffusers folder")
    parser.add_argument("--pictures", type=int, default=0, help="pictures to draw by each encoder")
    parser.add_argument("--judge", type=Path, default=models / "judge", help="folder of the judge")
    parser.add_argument("--output", type=Path, help="where pictures go (default: ENCODER-check)")
    return parser


def check(asked: Namespace) -> tuple[Verdict, dict[str, Any]]:
    """The verdict, and the judge's figures where pictures were asked for.

    Pictures are drawn only where nothing else speaks against the encoder.

    Raises:
        InputError: a negative number of pictures.
        ModelError: model or judge can't be used.
    """
    if asked.pictures < 0:
        raise InputError(f"pictures is {asked.pictures}; it can't be negative.")
    model = resolve_source(asked.model)
    check_model_folder(model)
    verdict = examine_encoder(asked.encoder, model)
    if not asked.pictures or not verdict.passed:
        return verdict, {}
    from training.encoder_pictures import PictureTest, compare_pictures

    folder = asked.output or asked.encoder.with_name(f"{asked.encoder.name}-check")
    test = PictureTest(asked.encoder, model, asked.judge, asked.pictures, folder)
    with redirect_stdout(sys.stderr):  # progress; standard output is JSON alone
        figures, checks = compare_pictures(test)
    return Verdict(verdict.encoder, verdict.model, (*verdict.checks, *checks)), figures


if __name__ == "__main__":
    sys.exit(main())
