"""Builds the embedded model: phantoms, autoencoder, CLIP, judge, UNet, decoder, model folder, training index,
measurement.

    python -m training.build_embedded --work DIR

Every stage keeps its result in DIR and is skipped when it is there; an interrupted stage goes on where it
stopped. The model folder is written to data/models/embedded, the judge to data/models/judge.

--words all teaches all 23 disease groups and clear skin at 24 sites, only where they occur, in ten Monk steps
(and the six tones that name them), three severities and three views. --init starts autoencoder, CLIP and UNet
from a model made by this command, as far as their shapes fit each other.
"""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from core.errors import Script2SkinError, TrainingError
from core.measuring.training_index import INDEX_NAME
from core.settings import EMBEDDED_MODEL, JUDGE, Settings
from training.embedded.assembly import Parts, assemble, check_drawing, copy_judge, record_figures
from training.embedded.redrawn import RECORD_NAME
from training.embedded.starting_points import starting_points
from training.words.taught_words import ALL, RELEASED, WORDS, TaughtWords


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything. The standard takes about three and a half hours of two processor cores."""

    work: Path
    models: Path
    seed: int = 11
    words: TaughtWords = RELEASED
    init: Path | None = None
    size: int = 256
    hold_out: float = 0.1
    autoencoder: tuple[str, ...] = ("--minutes", "20")
    clip: tuple[str, ...] = ("--minutes", "9")
    judge: tuple[str, ...] = ("--minutes", "12")
    unet: tuple[str, ...] = ("--minutes", "100")
    redrawn: int = 1200
    decoder: tuple[str, ...] = ("--minutes", "30")
    evaluation: int = 336
    paraphrased: int = 0

    def folder(self, name: str) -> Path:
        """Where a stage works."""
        return self.work / name


@dataclass(frozen=True, slots=True)
class Stage:
    """One command of the chain and the file that says it is done."""

    name: str
    command: str
    arguments: tuple[str, ...]
    result: Path


def stages(plan: Plan) -> list[Stage]:
    """The trainings in order; assembly and measurement follow them."""
    phantoms = plan.folder("phantoms")
    vae, clip = (str(plan.folder(name) / "model") for name in ("autoencoder", "clip"))
    places = ("--vae", vae, "--clip", clip, "--latents", str(plan.folder("latents")))
    counts, begin = plan.words.phantoms, starting_points(plan.init)
    return [
        _drawing(plan, "phantoms", counts[0], 0, "--hold-out", str(plan.hold_out)),
        _drawing(plan, "phantoms_judge", counts[1], 1),
        _drawing(plan, "phantoms_held_out", counts[2], 2),
        _training(plan, "autoencoder", phantoms, (*plan.autoencoder, *begin["autoencoder"])),
        _training(plan, "clip", phantoms, (*plan.clip, *begin["clip"])),
        _training(plan, "judge", plan.folder("phantoms_judge"), plan.judge),
        _training(plan, "unet", phantoms, (*places, *plan.unet, *begin["unet"])),
        _redrawing(plan, phantoms, places),
        _decoding(plan, phantoms, vae),
    ]


def _drawing(plan: Plan, name: str, count: int, offset: int, *more: str) -> Stage:
    """Phantoms of another seed for each purpose: the judge sees none that the generator learned from."""
    folder = plan.folder(name)
    numbers = ("--count", str(count), "--seed", str(plan.seed + offset), "--size", str(plan.size))
    arguments = (*numbers, *more, "--output", str(folder), *plan.words.flags())
    return Stage(name, "render_phantoms", arguments, folder / "metadata.jsonl")


def _training(plan: Plan, name: str, phantoms: Path, arguments: tuple[str, ...]) -> Stage:
    """A command named after its stage."""
    folder = plan.folder(name)
    places = ("--phantoms", str(phantoms), "--output", str(folder), "--seed", str(plan.seed))
    return Stage(name, f"train_{name}", (*places, *arguments), folder / "model" / "config.json")


def _redrawing(plan: Plan, phantoms: Path, places: tuple[str, ...]) -> Stage:
    """Phantoms drawn anew by the UNet, for its decoder."""
    folder = plan.folder("redrawn")
    unet = ("--unet", str(plan.folder("unet") / "model"), "--count", str(plan.redrawn))
    arguments = (
        "--phantoms",
        str(phantoms),
        *places,
        *unet,
        "--output",
        str(folder),
        "--seed",
        str(plan.seed),
    )
    return Stage("redrawn", "redraw_latents", arguments, folder / RECORD_NAME)


def _decoding(plan: Plan, phantoms: Path, vae: str) -> Stage:
    """The autoencoder again, its decoder taught what this UNet makes."""
    sources = ("--init", vae, "--redrawn", str(plan.folder("redrawn")))
    return _training(plan, "decoder", phantoms, (*sources, *plan.decoder))


def run_stage(stage: Stage) -> None:
    """Runs one command unless its result is there.

    Raises:
        TrainingError: the command failed; it has said why.
    """
    if stage.result.is_file():
        print(f"{stage.name}: already there", flush=True)
        return
    print(f"{stage.name}: python -m training.{stage.command} {' '.join(stage.arguments)}", flush=True)
    command: Callable[[Sequence[str]], int] = import_module(f"training.{stage.command}").main
    if command(stage.arguments) != 0:
        raise TrainingError(f"The stage '{stage.name}' failed; the same command goes on from there.")


def build(plan: Plan) -> None:
    """Runs the whole chain."""
    for stage in stages(plan):
        run_stage(stage)
    model, judge = plan.models / EMBEDDED_MODEL, plan.models / JUDGE
    parts = Parts(*(plan.folder(name) / "model" for name in ("unet", "decoder", "clip")))
    assemble(parts, plan.folder("phantoms"), model)
    copy_judge(plan.folder("judge") / "model", judge)
    check_drawing(model, plan.size)
    run_stage(_indexing(plan, model, judge))
    run_stage(_evaluation(plan, model, judge))
    record_figures(model, json.loads((plan.work / "evaluation.json").read_text(encoding="utf-8")))
    print(f"Written to {model} and {judge}.", flush=True)


def _indexing(plan: Plan, model: Path, judge: Path) -> Stage:
    """The training phantoms' features, by which the app tells pictures too near to one of them."""
    places = ("--phantoms", str(plan.folder("phantoms")), "--model", str(model), "--judge", str(judge))
    return Stage("training index", "index_training", places, model / INDEX_NAME)


def _evaluation(plan: Plan, model: Path, judge: Path) -> Stage:
    report, held_out = plan.work / "evaluation.json", plan.folder("phantoms_held_out")
    learned = ("--training-phantoms", str(plan.folder("phantoms")))
    places = ("--model", str(model), "--judge", str(judge), "--phantoms", str(held_out), *learned)
    count = ("--count", str(plan.evaluation), "--output", str(report))
    more = ("--count-paraphrases", str(plan.paraphrased)) if plan.paraphrased else ()
    return Stage("evaluation", "evaluate", (*places, *count, *more), report)


def tiny_plan(
    work: Path, models: Path, seed: int, words: TaughtWords = RELEASED, init: Path | None = None
) -> Plan:
    """Microscopic sizes: shows in less than a minute that the chain holds together, and draws nothing."""
    steps = ("--steps", "3")
    return Plan(
        work,
        models,
        seed,
        words=replace(words, sites=("face", "foot"), phantoms=(48, 48, 48)),
        init=init,
        size=64,
        autoencoder=(*steps, "--size", "tiny"),
        clip=(*steps, "--batch", "8"),
        judge=(*steps, "--batch", "8"),
        unet=(*steps, "--batch", "4", "--size", "tiny", "--paraphrases", "1"),
        redrawn=4,
        decoder=(*steps, "--batch", "2"),
        evaluation=2,
        paraphrased=2 if words is ALL else 0,
    )


def read_plan(arguments: Namespace) -> Plan:
    """The plan that the flags ask for."""
    words = WORDS[arguments.words]
    if arguments.tiny:
        return tiny_plan(arguments.work, arguments.models, arguments.seed, words, arguments.init)
    return Plan(
        arguments.work,
        arguments.models,
        arguments.seed,
        words.but(arguments.sites, arguments.phantoms),
        arguments.init,
        hold_out=arguments.hold_out,
        autoencoder=("--minutes", str(arguments.minutes_autoencoder)),
        clip=("--minutes", str(arguments.minutes_clip)),
        judge=("--minutes", str(arguments.minutes_judge)),
        unet=("--minutes", str(arguments.minutes_unet)),
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
    parser.add_argument("--words", choices=WORDS, default="released", help="what the model is taught")
    parser.add_argument(
        "--phantoms", type=int, help="how many pictures to learn from (default 6720, all 24000)"
    )
    parser.add_argument("--sites", nargs="+", help="the model's sites (default: fourteen, with all 28)")
    parser.add_argument(
        "--init", type=Path, help="model folder to start from, for example data/models/embedded"
    )
    parser.add_argument("--hold-out", type=float, default=0.1, help="share of combinations never to learn")
    parser.add_argument("--minutes-autoencoder", type=float, default=20)
    parser.add_argument("--minutes-clip", type=float, default=9)
    parser.add_argument("--minutes-judge", type=float, default=12)
    parser.add_argument("--minutes-unet", type=float, default=100)
    parser.add_argument("--minutes-decoder", type=float, default=30)
    parser.add_argument("--seed", type=int, default=11, help="first of three seeds of phantoms; of weights")
    parser.add_argument("--tiny", action="store_true", help="microscopic sizes, to try the chain itself")
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
