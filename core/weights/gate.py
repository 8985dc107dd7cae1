"""The gate before a swap: is a tuned text encoder fit to stand in a model? App and command ask the same.

Files first (safetensors, tokenizer, sizes, layers, dtype), then the recorded origin, then drift; what an
earlier check makes meaningless is not asked. Nothing is drawn here.

Thresholds of drift are shares of the model's own ``attribute_step`` (``core.weights.drift``), so that they
mean the same in every model. Which of them hold depends on what the model's card says.

A card that names the model's words (every model made here): what it draws by them must stay, other prompts it
never read. docs/encoder-study.md tuned a small model's encoder in 26 ways and had a judge look at
what was drawn by the old words:

    known    0.75   up to 0.81 nothing was lost beyond chance; from 0.86 to 0.97 three of eight ways lost 7 to
                    11 points of rash, site and tone together; at 1.9 the rash alone lost 6, at 3.5 it lost 26
    empty    1.0    up to 1.65 nothing was lost that "known" would not tell; from 2.4 much was

No such card (an ordinary Stable Diffusion, which may be asked for anything): nothing was measured there, so
the limits are close ones, by what a step means:

    derm     0.75   a tuned caption may move, but by less than the way to the next rash, site or tone
    generic  0.5    nearer to itself than to any neighbour: beyond the middle, another prompt is read
    empty    0.25   guidance multiplies what the empty prompt says, so it has to stay closest to home

On the embedded model, whose step is 0.60, a half-precision copy lies 0.000 away, noise of 10 % of each
weight's spread 0.09 (0.15 steps), of 30 % 0.27 (0.45 steps), the same states in a turned space 1.46 (2.4
steps; unrelated states of equal length lie sqrt(2) apart).
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import ModelError
from core.weights.encoders import Difference, differences
from core.weights.model_cards import load_card
from core.weights.model_folders import PICKLED, tensor_shapes
from core.weights.origins import encoder_fingerprint, read_origin

LARGEST_DRIFT = {"derm": 0.75, "generic": 0.5, "empty": 0.25}
"""Relative distance in attribute steps, by set of prompts, where no card says what a model knows."""

LARGEST_DRIFT_OF_KNOWN = {"known": 0.75, "empty": 1.0}
"""The same for a model whose card names its words; see the module's text."""

PROMPT_WORDS = {
    "known": "captions of the words that the model knows",
    "derm": "skin captions",
    "generic": "everyday prompts",
    "empty": "the empty prompt",
}

NOT_LIMITED = "the model's card names the words it knows"

COMPATIBILITY = {
    "tokenizer": "Its tokenizer is the model's.",
    "sizes": "Its widths are the model's.",
    "layers": "Its architecture, layers and activation are the model's.",
    "dtype": "Its weights are floating-point numbers.",
    "weights": "Every tensor has the model's shape.",
}
"""Checks of the files, and what each says where nothing differs."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question with its answer. ``figure`` and ``limit`` are None where there is nothing to measure."""

    name: str
    passed: bool
    message: str
    figure: Any = None
    limit: Any = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks that were made, in order."""

    encoder: str
    model: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """True if there is nothing against the swap."""
        return all(check.passed for check in self.checks)

    @property
    def reasons(self) -> tuple[str, ...]:
        """What the failed checks say."""
        return tuple(check.message for check in self.checks if not check.passed)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {**asdict(self), "checks": [asdict(check) for check in self.checks], "passed": self.passed}


def examine_encoder(encoder: Path, model: Path) -> Verdict:
    """Asks everything about one encoder's folder and one model's folder.

    Raises:
        ModelError: the model itself can't be used; what is wrong with the encoder is in the verdict.
    """
    stock_weights = encoder_fingerprint(model / "text_encoder")
    checks = list(examine_files(encoder, model))
    if all(check.passed for check in checks):
        checks.append(check_origin(encoder, stock_weights))
        checks += _drift(encoder, model)
    return Verdict(str(encoder), str(model), tuple(checks))


def examine_files(encoder: Path, model: Path) -> Iterator[Check]:
    """What configurations and file headers tell at once: safe and readable first, then each kind of
    difference. Loads no weights."""
    if not encoder.is_dir():
        yield Check("files", False, f"There is no text encoder folder '{encoder}'.")
        return
    if not any(path.suffix in (".safetensors", *PICKLED) for path in encoder.iterdir()):
        yield Check("files", False, f"{encoder} holds no text encoder: there are no weights in it.")
        return
    try:
        dtypes = sorted({dtype for dtype, _ in tensor_shapes(encoder).values()})
        found = differences(encoder, model)
    except ModelError as error:
        yield Check("files", False, str(error))
        return
    yield Check("files", True, "Configuration and safetensors weights are there.", figure=dtypes)
    yield from _compatibility(found)


def _compatibility(found: tuple[Difference, ...]) -> Iterator[Check]:
    for name, agreed in COMPATIBILITY.items():
        of_kind = [str(difference) for difference in found if _kind(difference) == name]
        said = f"Not this model's encoder: {'; '.join(of_kind)}." if of_kind else agreed
        yield Check(name, not of_kind, said, of_kind)


def _kind(difference: Difference) -> str:
    """Which of the compatibility checks a difference belongs to."""
    name = difference.name
    if name.startswith(("tokenizer", "vocabulary", "maximum length")):
        return "tokenizer"
    if name in ("number of layers", "architecture", "activation"):
        return "layers"
    if name == "dtype":
        return "dtype"
    return "weights" if name.startswith("shape of") else "sizes"


def check_origin(encoder: Path, stock_weights: str) -> Check:
    """Whether the encoder descends from the model's own one; an unrecorded origin is said, not refused."""
    try:
        origin = read_origin(encoder)
    except ModelError as error:
        return Check("origin", False, str(error))
    if origin is None:
        unknown = "Where this encoder comes from is not recorded; its drift alone speaks for it."
        return Check("origin", True, unknown, figure="not recorded", limit=stock_weights)
    if stock_weights in origin.ancestors:
        descends = f"Tuned by {origin.made_by} from the model's own text encoder."
        return Check("origin", True, descends, list(origin.ancestors), stock_weights)
    stranger = (
        "This encoder was tuned from another one than the model's own: its states have the same shape and "
        "another meaning. Fine-tune the model's own text encoder."
    )
    return Check("origin", False, stranger, list(origin.ancestors), stock_weights)


def _drift(encoder: Path, model: Path) -> list[Check]:
    """Loads both encoders in float32 and measures."""
    from transformers import CLIPTokenizer

    from core.weights.drift import attribute_step, known_prompts, measure_drift
    from core.weights.text_encoders import load_text_encoder

    stock = load_text_encoder(model / "text_encoder")
    try:
        tuned = load_text_encoder(encoder)
    except ModelError as error:
        return [Check("loading", False, str(error))]
    tokenizer = CLIPTokenizer.from_pretrained(model / "tokenizer", local_files_only=True)
    step = attribute_step(stock, tokenizer)
    known = known_prompts(load_card(model))
    limits = LARGEST_DRIFT_OF_KNOWN if known else LARGEST_DRIFT
    found = measure_drift(stock, tuned, tokenizer, known)
    return [drift_check(name, drift.to_dict(), step, limits.get(name)) for name, drift in found.items()]


def drift_check(name: str, drift: dict[str, float], step: float, limit: float | None) -> Check:
    """Compares one set's relative distance with its share of the attribute step; without a limit it is only
    told."""
    steps = drift["relative_distance"] / step
    figure = {**drift, "attribute_step": step, "steps": steps}
    passed = limit is None or steps <= limit
    message = (
        f"On {PROMPT_WORDS[name]} its states lie {steps:.2f} attribute steps from the stock encoder's "
        f"(cosine {drift['cosine']:.3f}), "
    )
    if limit is None:
        return Check(f"drift_{name}", True, f"{message}which is not limited: {NOT_LIMITED}.", figure)
    message += f"{'within' if passed else 'beyond'} the {limit} that are allowed."
    if not passed:
        message += (
            " Tune more gently (fewer epochs, a lower learning rate, more distillation, the model's known "
            "words as anchors) or mix with stock."
        )
    return Check(f"drift_{name}", passed, message, figure, limit)
