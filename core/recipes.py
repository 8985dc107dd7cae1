"""A recipe is all that makes a picture: the same recipe on the same machine gives the same bytes."""

import json
import math
import re
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from core.attributes import Attributes
from core.errors import RecipeError

SEED_MAX = 2**32 - 1
STEPS_MAX = 200
GUIDANCE_MAX = 30.0
SIZE_MAX = 1024
COUNT_MAX = 8
STRENGTH_DEFAULT = 0.6

SCHEDULERS: dict[str, str] = {
    "ddim": "DDIMScheduler",
    "dpmsolver++": "DPMSolverMultistepScheduler",
    "euler": "EulerDiscreteScheduler",
    "euler_a": "EulerAncestralDiscreteScheduler",
    "pndm": "PNDMScheduler",
    "unipc": "UniPCMultistepScheduler",
}
"""Names offered to users, and the diffusers class behind each."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that determines a generation, with diffusers' names for the settings.

    ``rash``, ``sites``, ``tone``, ``severity`` and ``view`` are the attributes read from the prompt, as
    vocabulary keys. ``caption`` is the template sentence when dropdowns composed it, else None; ``prompt``
    is what the text encoder reads.
    Hashes identify weights by content, so a recipe stays true when a folder is renamed.

    ``strength`` and ``start_hash`` are both None, or both given: the picture then starts from another one,
    the start picture, whose pixels (already in this recipe's size) have that SHA-256; a strength near 0 keeps
    it, 1 draws it anew.
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
    text_encoder: str = "stock"
    text_encoder_hash: str = ""
    strength: float | None = None
    start_hash: str | None = None
    versions: dict[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        validate(self)

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
        """Plain JSON types, in field order; of start picture, severity and view only what is there."""
        values = asdict(self)
        values["sites"] = list(self.sites)
        for name in ("severity", "view"):
            if values[name] is None:
                del values[name]
        if self.start_hash is None:
            del values["strength"], values["start_hash"]
        return values

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
    _check_start(recipe)


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
    if not re.fullmatch("[0-9a-f]{64}", start_hash):
        raise RecipeError(f"start_hash is {start_hash!r}; it must be a SHA-256 in 64 hexadecimal digits.")
    if not recipe.steps_drawn:
        raise RecipeError(
            f"strength is {strength:g}: of {steps} steps none would be drawn. Choose a strength of at least "
            f"{math.ceil(100 / steps) / 100:g}, or more steps."
        )


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
