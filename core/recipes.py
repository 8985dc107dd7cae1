"""A recipe is all that makes a picture: the same recipe on the same machine gives the same bytes."""

import json
import math
import re
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from core.errors import RecipeError
from core.language.attributes import Attributes

SEED_MAX = 2**32 - 1
STEPS_MAX = 200
GUIDANCE_MAX = 30.0
SIZE_MAX = 1024
COUNT_MAX = 8
STRENGTH_DEFAULT = 0.6
STOCK_ENCODER = "stock"
"""What ``Recipe.text_encoder`` says of the model's own text encoder."""
LORA_STRENGTH_MAX = 1.5
"""1 is what was trained. The layers' part grows with the strength; beyond half as much again, the weights are
far from any that were ever trained, and pictures fall apart."""

SCHEDULERS: dict[str, str] = {
    "ddim": "DDIMScheduler",
    "dpmsolver++": "DPMSolverMultistepScheduler",
    "euler": "EulerDiscreteScheduler",
    "euler_a": "EulerAncestralDiscreteScheduler",
    "pndm": "PNDMScheduler",
    "unipc": "UniPCMultistepScheduler",
}
"""Names offered to users, and the diffusers class behind each."""

LATER = (
    *("severity", "view", "text_encoder_weight", "strength", "start_hash"),
    *("lora", "lora_hash", "lora_strength"),
)
"""Settings left out of a recipe's text where they are None: recipes from before them keep their text."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that determines a generation, with diffusers' names for the settings.

    ``rash``, ``sites``, ``tone``, ``severity`` and ``view`` are the attributes read from the prompt, as
    vocabulary keys. ``caption`` is the template sentence when dropdowns composed it, else None; ``prompt``
    is what the text encoder reads.
    Hashes identify weights by content, so a recipe stays true when a folder is renamed.

    ``text_encoder_weight`` mixes the model's own text encoder (0) with the one named by ``text_encoder`` (1);
    None is the latter alone, and so is 1, which is kept as None. ``text_encoder_hash`` is of what they make.

    ``strength`` and ``start_hash`` are both None, or both given: the picture then starts from another one,
    the start picture, whose pixels (already in this recipe's size) have that SHA-256; a strength near 0 keeps
    it, 1 draws it anew.

    ``lora`` is the name of a run or a folder (``core.weights.loras``), drawn with at ``lora_strength``: 0
    draws as if there were none, 1 as it was trained.
    """

    prompt: str
    seed: int
    model: str
    num_inference_steps: int
    guidance_scale: float
    scheduler: str
    height: int
    width: int
    negative_prompt: str = ""
    caption: str | None = None
    rash: str | None = None
    sites: tuple[str, ...] = ()
    tone: str | None = None
    severity: str | None = None
    view: str | None = None
    model_hash: str = ""
    text_encoder: str = STOCK_ENCODER
    text_encoder_weight: float | None = None
    text_encoder_hash: str = ""
    strength: float | None = None
    start_hash: str | None = None
    lora: str | None = None
    lora_hash: str | None = None
    lora_strength: float | None = None
    versions: dict[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        validate(self)
        if (weight := self.text_encoder_weight) is not None:
            object.__setattr__(self, "text_encoder_weight", None if weight == 1 else float(weight))

    @property
    def attributes(self) -> Attributes:
        """What the prompt was read as."""
        return Attributes(self.rash, self.sites, self.tone, self.severity, self.view)

    @property
    def steps_drawn(self) -> int:
        """Steps that are drawn: all, or from a start picture the last int(steps * strength) of them."""
        steps = self.num_inference_steps
        return steps if self.strength is None else min(int(steps * self.strength), steps)

    def with_seed(self, seed: int) -> "Recipe":
        """The same recipe with another seed."""
        return replace(self, seed=seed)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, in field order; nothing is said of what came ``LATER`` and is not used."""
        values = {**asdict(self), "sites": list(self.sites)}
        return {name: value for name, value in values.items() if value is not None or name not in LATER}

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces, so that equal recipes are equal text."""
        return json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Recipe":
        """Reads ``to_dict``'s output. Unknown keys are an error: a newer version wrote them.

        Raises:
            RecipeError: a key is unknown, missing, or a value is out of range.
        """
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise RecipeError(f"The recipe holds settings this version does not know: {', '.join(unknown)}.")
        try:
            return cls(**{**values, "sites": tuple(values.get("sites", ()))})
        except TypeError as error:
            raise RecipeError(f"The recipe is incomplete: {error}.") from error

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Reads ``to_json``'s output.

        Raises:
            RecipeError: the text is not a recipe.
        """
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise RecipeError(f"The recipe is not valid JSON: {error}.") from error
        if not isinstance(values, dict):
            raise RecipeError("The recipe is not a JSON object.")
        return cls.from_dict(values)


def validate(recipe: Recipe) -> None:
    """Checks every setting once, in one place.

    Raises:
        RecipeError: naming the setting, its value and its range.
    """
    _in_range("seed", recipe.seed, 0, SEED_MAX)
    _in_range("num_inference_steps", recipe.num_inference_steps, 1, STEPS_MAX)
    _in_range("guidance_scale", recipe.guidance_scale, 1.0, GUIDANCE_MAX)
    for name, value in (("height", recipe.height), ("width", recipe.width)):
        _in_range(name, value, 8, SIZE_MAX)
        if value % 8:
            raise RecipeError(f"{name} is {value}; it must be a multiple of 8.")
    if recipe.scheduler not in SCHEDULERS:
        raise RecipeError(f"Unknown scheduler '{recipe.scheduler}'; choose one of {', '.join(SCHEDULERS)}.")
    _check_encoder_weight(recipe)
    _check_start(recipe)
    _check_lora(recipe)


def _check_encoder_weight(recipe: Recipe) -> None:
    weight = recipe.text_encoder_weight
    if weight is None:
        return
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
        raise RecipeError(f"text_encoder_weight is {weight!r}; it goes from 0 (stock) to 1 (tuned).")
    if recipe.text_encoder == STOCK_ENCODER:
        raise RecipeError(
            f"text_encoder_weight is {weight:g}, but no tuned text encoder is named to mix with the stock "
            "one. Name one, or leave the weight out."
        )


def _check_start(recipe: Recipe) -> None:
    strength, start_hash, steps = recipe.strength, recipe.start_hash, recipe.num_inference_steps
    if (strength is None) != (start_hash is None):
        raise RecipeError(
            f"strength is {strength!r} and start_hash is {start_hash!r}; a start picture needs both, and "
            "without one both are left out."
        )
    if strength is None or start_hash is None:
        return
    if isinstance(strength, bool) or not isinstance(strength, int | float) or not 0 < strength <= 1:
        raise RecipeError(f"strength is {strength!r}; it must be above 0 and at most 1.")
    _check_sha256("start_hash", start_hash)
    if not recipe.steps_drawn:
        raise RecipeError(
            f"strength is {strength:g}: of {steps} steps none would be drawn. Choose a strength of at least "
            f"{math.ceil(100 / steps) / 100:g}, or more steps."
        )


def _check_lora(recipe: Recipe) -> None:
    lora, digest, strength = recipe.lora, recipe.lora_hash, recipe.lora_strength
    if lora is None and digest is None and strength is None:
        return
    if not lora or strength is None:
        raise RecipeError(
            f"lora is {lora!r} and lora_strength is {strength!r}; a LoRA needs both, and without one both "
            "are left out."
        )
    _in_range("lora_strength", strength, 0, LORA_STRENGTH_MAX)
    if digest is not None:
        _check_sha256("lora_hash", digest)


def _check_sha256(name: str, digest: str) -> None:
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise RecipeError(f"{name} is {digest!r}; it must be a SHA-256 in 64 hexadecimal digits.")


def validate_count(count: int) -> int:
    """Returns the number of pictures asked for.

    Raises:
        RecipeError: fewer than 1 or more than COUNT_MAX.
    """
    _in_range("count", count, 1, COUNT_MAX)
    return count


def _in_range(name: str, value: float, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise RecipeError(f"{name} is {value!r}; it must be between {low:g} and {high:g}.")
