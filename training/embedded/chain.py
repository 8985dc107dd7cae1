"""The stages that make an embedded model, in order, and how much each of them is given."""

from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import InputError
from core.measuring.training_index import INDEX_NAME
from core.settings import JUDGE
from training.embedded.redrawn import RECORD_NAME
from training.embedded.starting_points import starting_points
from training.loop.stages import Stage
from training.words.taught_words import ALL, FIRST, TaughtWords


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything. The standard takes about five hours of two processor cores."""

    work: Path
    models: Path
    seed: int = 11
    words: TaughtWords = FIRST
    init: Path | None = None
    size: int = 256
    hold_out: float = 0.1
    autoencoder: tuple[str, ...] = ("--minutes", "20")
    keep_autoencoder: bool = False
    """The one of ``init`` serves: the latents stay what its UNet learned, only the decoder learns on."""
    keep_judge: bool = False
    """The one beside ``init`` serves: it knows the words already."""
    clip: tuple[str, ...] = ("--minutes", "9")
    judge: tuple[str, ...] = ("--minutes", "12")
    critic: tuple[str, ...] = ("--minutes", "30")
    unet: tuple[str, ...] = ("--minutes", "100")
    own_drawings: int = 6
    redrawn: int = 1200
    decoder: tuple[str, ...] = ("--minutes", "30")
    evaluation: int = 2400
    paraphrased: int = 0

    def __post_init__(self) -> None:
        if self.keep_autoencoder and self.init is None:
            raise InputError("--keep-autoencoder keeps the one of --init; name a model to start from.")
        if self.keep_judge and not (self.init and (self.judge_folder / "config.json").is_file()):
            raise InputError(f"--keep-judge keeps the judge beside --init; there is none beside {self.init}.")

    @property
    def judge_folder(self) -> Path:
        """The judge that the chain ends with: the one beside ``init``, or its own."""
        if self.keep_judge and self.init is not None:
            return self.init.parent / JUDGE
        return self.folder("judge") / "model"

    def folder(self, name: str) -> Path:
        """Where a stage works."""
        return self.work / name


def stages(plan: Plan) -> list[Stage]:
    """The trainings in order; assembly and measurement follow them."""
    phantoms, counts, begin = plan.folder("phantoms"), plan.words.phantoms, starting_points(plan.init)
    autoencoder = _training(plan, "autoencoder", phantoms, (*plan.autoencoder, *begin["autoencoder"]))
    vae = str(plan.init / "vae" if plan.init and plan.keep_autoencoder else autoencoder.result.parent)
    clip = str(plan.folder("clip") / "model")
    seen = ("--vae", vae, "--latents", str(plan.folder("latents")))
    read = ("--critic", str(plan.folder("critic") / "model"), "--own-drawings", str(plan.own_drawings))
    judged = (*plan.judge, "--vae", vae, *begin["judge"])
    judge = _training(plan, "judge", plan.folder("phantoms_judge"), judged)
    often = ("--often", *plan.words.often) if plan.words.often else ()
    return [
        _drawing(plan, "phantoms", counts[0], 0, "--hold-out", str(plan.hold_out)),
        *([] if plan.keep_judge else [_drawing(plan, "phantoms_judge", counts[1], 1)]),
        _drawing(plan, "phantoms_held_out", counts[2], 2),
        *([] if plan.keep_autoencoder else [autoencoder]),
        _training(plan, "clip", phantoms, (*plan.clip, *begin["clip"])),
        *([] if plan.keep_judge else [judge]),
        _training(plan, "critic", phantoms, (*seen, *plan.critic)),
        _training(plan, "unet", phantoms, (*seen, "--clip", clip, *read, *plan.unet, *often, *begin["unet"])),
        _redrawing(plan, phantoms, (*seen, "--clip", clip)),
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


def indexing(plan: Plan, model: Path, judge: Path) -> Stage:
    """The training phantoms' features, by which the app tells pictures too near to one of them."""
    places = ("--phantoms", str(plan.folder("phantoms")), "--model", str(model), "--judge", str(judge))
    return Stage("training index", "index_training", places, model / INDEX_NAME)


def evaluation(plan: Plan, model: Path, judge: Path) -> Stage:
    """The model's measurement, against phantoms that neither it nor the judge learned from."""
    report, held_out = plan.work / "evaluation.json", plan.folder("phantoms_held_out")
    learned = ("--training-phantoms", str(plan.folder("phantoms")))
    places = ("--model", str(model), "--judge", str(judge), "--phantoms", str(held_out), *learned)
    count = ("--count", str(plan.evaluation), "--output", str(report))
    more = ("--count-paraphrases", str(plan.paraphrased)) if plan.paraphrased else ()
    return Stage("evaluation", "evaluate", (*places, *count, *more), report)


def tiny_plan(
    work: Path, models: Path, seed: int, words: TaughtWords = FIRST, init: Path | None = None
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
        critic=(*steps, "--batch", "4"),
        unet=(*steps, "--batch", "4", "--size", "tiny", "--paraphrases", "1"),
        own_drawings=2,
        redrawn=4,
        decoder=(*steps, "--batch", "2"),
        evaluation=2,
        paraphrased=2 if words is ALL else 0,
    )
