"""Drawing: one recipe, one pipeline call, one picture.

The same recipe on the same machine gives the same bytes: one generator on the CPU seeded by the recipe, one
scheduler of its own, one picture per call, whatever else is asked for. Measurements, which want hundreds,
draw several recipes in one call: the same pictures but for the rounding of arithmetic.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionImg2ImgPipeline, StableDiffusionPipeline
from PIL import Image

from core.drawing.loading import Pipeline, load_pipeline
from core.drawing.memory import out_of_memory_message, ran_out_of_memory
from core.drawing.schedulers import last_timesteps, make_scheduler, predicted_image_latents
from core.drawing.starts import check_start
from core.errors import Cancelled, GenerationError, RecipeError, Script2SkinError
from core.language.prompts import check_prompt
from core.recipes import STOCK_ENCODER, Recipe
from core.weights.checkpoints import check_size
from core.weights.lora_fitting import fit_lora

__all__ = ["Pipeline", "Step", "draw", "draw_together", "load_for", "load_pipeline"]

PREVIEW_SECONDS = 0.5
BLACK = 2
"""Brightest value (of 255) of a picture that counts as black: failed arithmetic, never a photograph."""


@dataclass(frozen=True, slots=True)
class Step:
    """One finished step, counted from 1. ``preview`` is None where the last one is too recent."""

    number: int
    total: int
    seconds_per_step: float
    preview: Image.Image | None


OnStep = Callable[[Step], None]


def load_for(recipe: Recipe) -> Pipeline:
    """Loads what draws a recipe: its model, with its text encoder in it.

    Raises:
        ModelError, GenerationError: as ``load_pipeline``.
    """
    encoder = None if recipe.text_encoder == STOCK_ENCODER else recipe.text_encoder
    return load_pipeline(recipe.model, encoder, text_encoder_weight=recipe.text_encoder_weight)


def draw(
    pipeline: Pipeline,
    recipe: Recipe,
    on_step: OnStep | None = None,
    cancelled: Callable[[], bool] | None = None,
    preview_seconds: float = PREVIEW_SECONDS,
    start: Image.Image | None = None,
) -> Image.Image:
    """Draws a recipe: RGB of recipe.width by recipe.height. Waits while another drawing uses the pipeline.

    ``on_step`` is called after every step, with a preview at most every ``preview_seconds``; ``cancelled`` is
    asked after every step. ``start`` is the picture that ``recipe.start_hash`` names.

    Raises:
        InputError: ``start`` is not the picture that the recipe starts from.
        PromptError: empty, or longer than the text encoder reads.
        RecipeError: a size that the autoencoder can't make.
        ModelError: the LoRA is missing, has changed, or does not fit.
        Cancelled: ``cancelled`` said so; no picture is made.
        GenerationError: memory ran out, or the arithmetic failed.
    """
    _check(pipeline, recipe, start)
    with _at_work(pipeline, recipe):
        return _draw(pipeline, [recipe], _Watch(pipeline, on_step, cancelled, preview_seconds), start)[0]


def draw_together(pipeline: Pipeline, recipes: Sequence[Recipe]) -> list[Image.Image]:
    """Draws recipes that differ in their prompts and seeds alone, from noise, in one call: a processor takes
    some two thirds of the time. Each has a generator of its own, so that the pictures are those of ``draw``
    but for the rounding of arithmetic.

    Raises:
        RecipeError: their settings differ, or a size that the autoencoder can't make.
        InputError, PromptError, ModelError, GenerationError: as ``draw``.
    """
    if len({_settings(recipe) for recipe in recipes}) > 1:
        raise RecipeError("Recipes that are drawn together may differ in their prompts and seeds alone.")
    for recipe in recipes:
        _check(pipeline, recipe, None)
    if not recipes:
        return []
    with _at_work(pipeline, recipes[0]):
        return _draw(pipeline, recipes, _Watch(pipeline, None, None, PREVIEW_SECONDS), None)


def _settings(recipe: Recipe) -> Recipe:
    """The recipe without what is asked for."""
    asked = {"prompt": "", "negative_prompt": "", "seed": 0, "caption": None, "rash": None, "sites": ()}
    return replace(recipe, **asked, tone=None, severity=None, view=None)  # type: ignore[arg-type]


def _check(pipeline: Pipeline, recipe: Recipe, start: Image.Image | None) -> None:
    check_prompt(pipeline.tokenizer, recipe.prompt, recipe.negative_prompt)
    check_size(recipe, pipeline.folder)
    check_start(recipe, start)


@contextmanager
def _at_work(pipeline: Pipeline, recipe: Recipe) -> Iterator[None]:
    """The pipeline alone, with the recipe's LoRA; what goes wrong is said in the app's own errors."""
    with pipeline.lock:
        try:
            fit_lora(pipeline, recipe)
            yield
        except Script2SkinError:
            raise
        except Exception as error:
            if ran_out_of_memory(error):
                raise GenerationError(out_of_memory_message("draw the picture")) from error
            raise GenerationError(f"Drawing failed ({type(error).__name__}: {error}).") from error


def _draw(
    pipeline: Pipeline, recipes: Sequence[Recipe], watch: "_Watch", start: Image.Image | None
) -> list[Image.Image]:
    recipe = recipes[0]
    scheduler = make_scheduler(recipe.scheduler, pipeline.parts.scheduler.config)
    watch.follow(scheduler)
    caller = _with_scheduler(pipeline, scheduler, StableDiffusionPipeline if start is None else _FromPicture)
    pixels = caller(
        prompt=[one.prompt for one in recipes],
        negative_prompt=[one.negative_prompt for one in recipes],
        **_beginning(recipe, start),
        num_inference_steps=recipe.num_inference_steps,
        guidance_scale=recipe.guidance_scale,
        generator=[torch.Generator("cpu").manual_seed(one.seed) for one in recipes],
        callback_on_step_end=watch,
        output_type="np",
    ).images
    return [_checked_image(one) for one in pixels]


def _beginning(recipe: Recipe, start: Image.Image | None) -> dict[str, Any]:
    """What the first latents are made of: noise alone, or the start picture's latents and noise."""
    if start is None:
        return {"height": recipe.height, "width": recipe.width}
    return {"image": start.convert("RGB"), "strength": recipe.strength}


class _FromPicture(StableDiffusionImg2ImgPipeline):
    """diffusers' img2img, with the time steps that each scheduler needs when it begins in the middle."""

    def get_timesteps(self, num_inference_steps: int, strength: float, device: Any) -> tuple[Any, int]:
        timesteps, count = super().get_timesteps(num_inference_steps, strength, device)
        return last_timesteps(self.scheduler, timesteps, count), count


def _with_scheduler(pipeline: Pipeline, scheduler: Any, kind: Any = StableDiffusionPipeline) -> Any:
    """A pipeline object over the same networks, so that no two drawings share a trajectory."""
    parts = {**pipeline.parts.components, "scheduler": scheduler}
    caller = kind(**parts, requires_safety_checker=False)
    caller.set_progress_bar_config(disable=True)
    return caller


def _checked_image(pixels: np.ndarray) -> Image.Image:
    """Turns (height, width, 3) in 0..1 into a picture.

    Raises:
        GenerationError: a value is not a number, or all is black.
    """
    if not np.isfinite(pixels).all():
        raise GenerationError("The arithmetic failed (NaN in the picture). Try another scheduler or seed.")
    values = (pixels * 255).round().astype(np.uint8)
    if values.max() <= BLACK:
        raise GenerationError("The picture came out black. Try another seed or a lower guidance_scale.")
    return Image.fromarray(values)


class _Watch:
    """Called by diffusers after each step: asks for cancelling, reports, makes previews."""

    def __init__(
        self,
        pipeline: Pipeline,
        on_step: OnStep | None,
        cancelled: Callable[[], bool] | None,
        preview_seconds: float,
    ) -> None:
        self._projection = pipeline.projection
        self._on_step, self._cancelled, self._preview_seconds = on_step, cancelled, preview_seconds
        self._scheduler: Any = None
        self._last: tuple[Any, ...] = ()
        self._started = time.perf_counter()
        self._previewed = float("-inf")

    def follow(self, scheduler: Any) -> None:
        """Keeps the model's last output: the callback is only shown the noisy latents."""
        step = scheduler.step

        @wraps(step)
        def noted(model_output: Any, timestep: Any, sample: Any, *args: Any, **kwargs: Any) -> Any:
            self._last = (model_output, timestep, sample)
            return step(model_output, timestep, sample, *args, **kwargs)

        scheduler.step = noted
        self._scheduler = scheduler

    def __call__(self, caller: Any, index: int, _: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("Cancelled as asked; no picture was made.")
        if not torch.isfinite(tensors["latents"]).all():
            raise GenerationError(
                "The arithmetic failed (NaN). Try another scheduler or a lower guidance_scale."
            )
        if self._on_step is not None:
            seconds = (time.perf_counter() - self._started) / (index + 1)
            self._on_step(Step(index + 1, caller.num_timesteps, seconds, self._preview()))
        return {}

    def _preview(self) -> Image.Image | None:
        now = time.perf_counter()
        if now - self._previewed < self._preview_seconds:
            return None
        self._previewed = now
        return self._projection.image(predicted_image_latents(self._scheduler, *self._last))
