"""Builds the embedded model: phantoms, autoencoder, CLIP, judge, critic, UNet, decoder, model folder,
training index, measurement.

    python -m training.build_embedded --work DIR

Every stage keeps its result in DIR and is skipped when it is there; an interrupted stage goes on where it
stopped. The model folder is written to data/models/embedded, the judge to data/models/judge.

--words first teaches acne, eczema, tinea and clear skin at fourteen sites in six tones. --words groups
teaches all 23 disease groups there and on the scalp, only where they occur, in ten Monk steps (and the six
tones that name them); --words twelve, before it, the eleven that are told most surely from one another, and
clear skin. --words all adds nine sites, three severities and three views. Each goes on from the one before
by --init, which starts autoencoder, CLIP, judge and UNet from a model made by this command, as far as shapes
fit.
"""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from core.errors import Script2SkinError
from core.settings import EMBEDDED_MODEL, JUDGE, Settings
from training.embedded.assembly import Parts, assemble, check_drawing, copy_judge, record_figures
from training.embedded.chain import Plan, evaluation, indexing, stages, tiny_plan
from training.loop.stages import run_stage
from training.words.taught_words import ALL, WORDS

FROM_NOTHING, GOING_ON = 1e-3, 3e-4
"""Highest learning rates of a UNet: one that can draw already forgets at the higher."""


def build(plan: Plan) -> None:
    """Runs the whole chain."""
    for stage in stages(plan):
        run_stage(stage)
    model, judge = plan.models / EMBEDDED_MODEL, plan.models / JUDGE
    parts = Parts(*(plan.folder(name) / "model" for name in ("unet", "decoder", "clip")))
    assemble(parts, plan.folder("phantoms"), model)
    copy_judge(plan.judge_folder, judge)
    check_drawing(model, plan.size)
    run_stage(indexing(plan, model, judge))
    run_stage(evaluation(plan, model, judge))
    record_figures(model, json.loads((plan.work / "evaluation.json").read_text(encoding="utf-8")))
    print(f"Written to {model} and {judge}.", flush=True)


def read_plan(arguments: Namespace) -> Plan:
    """The plan that the flags ask for."""
    words = WORDS[arguments.words]
    if arguments.tiny:
        return tiny_plan(arguments.work, arguments.models, arguments.seed, words, arguments.init)
    rate = arguments.learning_rate_unet or (GOING_ON if arguments.init else FROM_NOTHING)
    return Plan(
        arguments.work,
        arguments.models,
        arguments.seed,
        words.but(arguments.sites, arguments.phantoms),
        arguments.init,
        hold_out=arguments.hold_out,
        autoencoder=("--minutes", str(arguments.minutes_autoencoder)),
        keep_autoencoder=arguments.keep_autoencoder,
        keep_judge=arguments.keep_judge,
        clip=("--minutes", str(arguments.minutes_clip), "--sentences", str(arguments.sentences)),
        judge=("--minutes", str(arguments.minutes_judge)),
        critic=("--minutes", str(arguments.minutes_critic)),
        unet=("--minutes", str(arguments.minutes_unet), "--learning-rate", str(rate)),
        own_drawings=arguments.own_drawings,
        decoder=("--minutes", str(arguments.minutes_decoder)),
        paraphrased=168 if words is ALL else 0,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Builds the model; 1 with a sentence when a stage can't go on."""
    arguments = parse_arguments(argv)
    try:
        build(read_plan(arguments))
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def parse_arguments(argv: Sequence[str] | None) -> Namespace:
    """The command's flags."""
    models = Settings.from_environment().models
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder of all intermediate results")
    parser.add_argument("--models", type=Path, default=models, help="where the finished folders go")
    parser.add_argument("--words", choices=WORDS, default="first", help="what the model is taught")
    parser.add_argument(
        "--phantoms", type=int, help="how many pictures to learn from (default: what --words says)"
    )
    parser.add_argument("--sites", nargs="+", help="the model's sites (default: what --words says)")
    parser.add_argument(
        "--init", type=Path, help="model folder to start from, for example data/models/embedded"
    )
    parser.add_argument("--hold-out", type=float, default=0.1, help="share of combinations never to learn")
    parser.add_argument("--minutes-autoencoder", type=float, default=20)
    parser.add_argument("--keep-autoencoder", action="store_true", help="take the one of --init as it is")
    parser.add_argument("--keep-judge", action="store_true", help="take the one beside --init as it is")
    parser.add_argument("--sentences", type=int, default=256, help="that CLIP reads further, a step")
    parser.add_argument("--minutes-clip", type=float, default=9)
    parser.add_argument("--minutes-judge", type=float, default=12)
    parser.add_argument("--minutes-critic", type=float, default=30)
    parser.add_argument("--minutes-unet", type=float, default=100)
    parser.add_argument("--own-drawings", type=int, default=6, help="that the critic reads, a step")
    parser.add_argument(
        "--learning-rate-unet", type=float, help="highest (default 0.001; 0.0003 where it begins with --init)"
    )
    parser.add_argument("--minutes-decoder", type=float, default=30)
    parser.add_argument("--seed", type=int, default=11, help="first of three seeds of phantoms; of weights")
    parser.add_argument("--tiny", action="store_true", help="microscopic sizes, to try the chain itself")
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
