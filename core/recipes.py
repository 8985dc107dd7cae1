"""A recipe is all that makes a picture: the same recipe on the same machine gives the same bytes."""

import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from core.errors import RecipeError

SEED_MAX = 2**32 - 1
STEPS_MAX = 200
GUIDANCE_MAX = 30.0
SIZE_MAX = 1024
COUNT_MAX = 8

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

    ``rash``, ``sites`` and ``tone`` are the attributes read from the prompt (vocabulary keys). ``caption`` is
    the template sentence when dropdowns composed it, else None; ``prompt`` is what the text encoder reads.
    Hashes identify weights by content, so a recipe stays true when a folder is renamed.
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
    model_hash: str = ""
    text_encoder: str = "stock"
    text_encoder_hash: str = ""
    versions: dict[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        validate(self)

    def with_seed(self, seed: int) -> "Recipe":
        """The same recipe with another seed."""
        return replace(self, seed=seed)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, in field order."""
        values = asdict(self)
        values["sites"] = list(self.sites)
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
