"""A cell's pictures: drawn by the app's own pipeline in batches, and read by the judge.

The app draws one picture a call, since a batch of another size differs in the last bits; here every batch is
part of the plan, so that the same cell gives the same pictures, in a third of the time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image

from core.drawing.composing import STOCK_ENCODER, Wish, compose_recipe
from core.drawing.loading import Pipeline, load_pipeline
from core.drawing.schedulers import make_scheduler
from core.images import write_png
from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.measuring.judge import load_judge
from core.measuring.tone import load_reference
from core.recipes import Recipe
from core.weights.lora_fitting import fit_lora
from training.evaluation.judged_figures import Scale
from training.evaluation.judging import judge_pictures
from training.evaluation.plan import plan_requests
from training.study.names import new_caption
from training.study.parts import TunedParts
from training.study.plan import KNOWN, OLD, STOCK, SUBJECTS, TASKS, Cell, StudyPlan

AT_ONCE = 24
SEEDS_APART = 10_000
"""Between the pictures of one study seed and the next."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One picture: of which set, what it should show, in which words, from which seed."""

    set: str
    attributes: Attributes
    prompt: str
    seed: int

    @property
    def file(self) -> str:
        """Its name in the cell's folder."""
        return f"{self.set}-{self.seed}.png"


def asked_of(plan: StudyPlan, cell: Cell) -> list[Asked]:
    """What a cell draws: its task by the new names, and what the base knows by the old ones. The stock arm
    draws both tasks. Every arm draws the same prompts from the same noise."""
    tasks = TASKS if cell.arm == STOCK else (cell.task,)
    return [asked for name in (*tasks, OLD) for asked in _set(plan, name, cell.seed)]


def _set(plan: StudyPlan, name: str, seed: int) -> Iterator[Asked]:
    rashes = KNOWN if name == OLD else SUBJECTS[name]
    words = compose_caption if name == OLD else new_caption
    for request in plan_requests(Scale(rashes, plan.sites, plan.tones), plan.pictures, seed):
        shown = request.attributes
        yield Asked(name, shown, words(shown), request.seed + SEEDS_APART * seed)


def draw_cell(
    plan: StudyPlan, cell: Cell, parts: TunedParts, pipeline: Pipeline, folder: Path
) -> list[Asked]:
    """Draws what is not in ``folder`` yet."""
    asked = asked_of(plan, cell)
    batches = [asked[i : i + AT_ONCE] for i in range(0, len(asked), AT_ONCE)]
    folder.mkdir(parents=True, exist_ok=True)
    for batch in batches:
        if not all((folder / one.file).is_file() for one in batch):
            recipes = _recipes(plan, cell, parts, batch)
            for one, recipe, image in zip(batch, recipes, draw_batch(pipeline, recipes), strict=True):
                write_png(folder / one.file, image, recipe)
    return asked


def open_pipeline(plan: StudyPlan, cell: Cell, parts: TunedParts) -> Pipeline:
    """The base with the cell's text encoder in it."""
    encoder = None if parts.text_encoder == STOCK_ENCODER else parts.text_encoder
    return load_pipeline(plan.model, encoder, text_encoder_weight=cell.weight)


def _recipes(plan: StudyPlan, cell: Cell, parts: TunedParts, batch: list[Asked]) -> list[Recipe]:
    """Recipes differ by prompt and seed alone, so the weights are hashed once."""
    wish = Wish(
        prompt=batch[0].prompt,
        seed=batch[0].seed,
        model=str(plan.model),
        text_encoder=parts.text_encoder,
        text_encoder_weight=cell.weight,
        lora=parts.lora,
    )
    first = compose_recipe(wish)
    return [replace(first, prompt=one.prompt, seed=one.seed, **_said(one.attributes)) for one in batch]


def _said(attributes: Attributes) -> dict[str, Any]:
    return {"rash": attributes.rash, "sites": attributes.sites, "tone": attributes.tone}


def draw_batch(pipeline: Pipeline, recipes: list[Recipe]) -> list[Image.Image]:
    """Draws recipes that differ by prompt and seed alone in one call."""
    first = recipes[0]
    fit_lora(pipeline, first)
    scheduler = make_scheduler(first.scheduler, pipeline.parts.scheduler.config)
    components = {**pipeline.parts.components, "scheduler": scheduler}
    caller = StableDiffusionPipeline(**components, requires_safety_checker=False)
    caller.set_progress_bar_config(disable=True)
    pixels = caller(
        prompt=[recipe.prompt for recipe in recipes],
        generator=[torch.Generator().manual_seed(recipe.seed) for recipe in recipes],
        num_inference_steps=first.num_inference_steps,
        guidance_scale=first.guidance_scale,
        height=first.height,
        width=first.width,
        output_type="np",
    ).images
    return [Image.fromarray(np.asarray(picture * 255).round().astype(np.uint8)) for picture in pixels]


def judge_cell(plan: StudyPlan, asked: list[Asked], folder: Path) -> list[dict[str, Any]]:
    """One record a picture: what was asked, and what the judge saw."""
    judge, reference = load_judge(plan.judge), load_reference(plan.judge)
    pictures = ((_opened(folder / one.file), one.attributes) for one in asked)
    found = judge_pictures(judge, reference, pictures)
    return [
        {"set": one.set, "file": one.file, "prompt": one.prompt, **judged.to_dict()}
        for one, judged in zip(asked, found, strict=True)
    ]


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")
