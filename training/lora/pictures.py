"""Pictures that a LoRA's run draws: the model's own to be held to, and what it draws before and after.

RUN/prior/00000.png, ...          drawn by the model as it came, its own text encoder in it
RUN/previews/before/00.png, ...   drawn with the chosen text encoder, without the LoRA
RUN/previews/after/00.png, ...    the same captions and seeds with the LoRA, by the way the app draws
RUN/previews.png                  both side by side

Every one carries its recipe.
"""

import itertools
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.drawing.composing import STOCK_ENCODER, Wish, compose_recipe
from core.drawing.loading import Pipeline, load_pipeline
from core.drawing.pipeline import draw
from core.drawing.sheets import Sheet, encode_sheet
from core.files import write_files
from core.images import write_png
from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.language.vocabulary import load_vocabulary
from core.recipes import Recipe
from core.weights.loras import Lora
from core.weights.model_cards import ModelCard, load_card
from training.clip_tuning.captioned import CaptionedSet
from training.loop.processes import Processes
from training.lora.config import UNetLoraConfig
from training.lora.lessons import PriorPicture
from training.words.triples import all_triples

CLEAR = "clear"
"""What is asked of a model without a card: nothing is known of which rashes it draws."""


@dataclass(frozen=True, slots=True)
class Previews:
    """Pictures drawn for people to look at, with their recipes."""

    recipes: tuple[Recipe, ...] = ()
    paths: tuple[Path, ...] = ()


def class_captions(config: UNetLoraConfig, source: CaptionedSet) -> list[str]:
    """Captions of the prior, one for each of its pictures: those of the configuration, else what the model
    knows and the data do not teach (everything it knows, where they teach all of it)."""
    taught = {_named(row.attributes) for row in source.rows}
    known = config.class_captions or _known_captions(load_card(config.model), taught)
    order = np.random.default_rng(config.seed).permutation(len(known))
    return [known[i] for i in itertools.islice(itertools.cycle(order), config.prior)]


def _known_captions(card: ModelCard, taught: set[Attributes]) -> tuple[str, ...]:
    words = load_vocabulary()
    of_card = card.rashes or (CLEAR,), card.sites or tuple(words.sites), card.tones or tuple(words.tones)
    every = all_triples(*of_card, card.true_sites)
    others = [one for one in every if _named(one) not in taught]
    return tuple(compose_caption(one, words) for one in others or every)


def _named(attributes: Attributes) -> Attributes:
    """In the named tones: a data set that teaches brown skin teaches its Monk steps."""
    return replace(attributes, tone=load_vocabulary().named_tone_key(attributes.tone))


def draw_prior(
    folder: Path, config: UNetLoraConfig, source: CaptionedSet, size: int, processes: Processes
) -> list[PriorPicture]:
    """Draws what is not there yet, each process its share.

    Raises:
        ModelError, GenerationError: the model can't be loaded, or can't draw.
    """
    captions = class_captions(config, source)
    pictures = [PriorPicture(folder / f"{i:05}.png", caption) for i, caption in enumerate(captions)]
    mine = list(enumerate(pictures))[processes.share(len(pictures))]
    if missing := [(i, picture) for i, picture in mine if not picture.image.is_file()]:
        folder.mkdir(parents=True, exist_ok=True)
        pipeline = load_pipeline(config.model, device=str(processes.device))
        for done, (i, picture) in enumerate(missing, 1):
            recipe = compose_recipe(_wish(config, picture.caption, i, size, STOCK_ENCODER))
            write_png(picture.image, draw(pipeline, recipe), recipe)
            print(f"Drew {done} of {len(missing)} pictures of the model's own.", flush=True)
    processes.meet()
    return pictures


def preview_recipes(config: UNetLoraConfig, source: CaptionedSet, size: int) -> tuple[Recipe, ...]:
    """Recipes without the LoRA, of distinct captions spread over the set."""
    captions = list(dict.fromkeys(row.caption for row in source.rows))
    spread = np.linspace(0, len(captions) - 1, min(config.previews, len(captions))).astype(int)
    chosen = (_wish(config, captions[place], i, size, config.text_encoder) for i, place in enumerate(spread))
    return tuple(compose_recipe(wish) for wish in chosen)


def draw_previews(pipeline: Pipeline, recipes: tuple[Recipe, ...], folder: Path) -> Previews:
    """Draws what is not there yet; files by number."""
    paths = tuple(folder / f"{i:02}.png" for i in range(len(recipes)))
    for path, recipe in zip(paths, recipes, strict=True):
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_png(path, draw(pipeline, recipe), recipe)
    return Previews(recipes, paths)


def with_lora(recipes: tuple[Recipe, ...], lora: Lora) -> tuple[Recipe, ...]:
    """The recipes drawn with a LoRA as it was trained."""
    return tuple(
        replace(recipe, lora=lora.source, lora_hash=lora.hash, lora_strength=1.0) for recipe in recipes
    )


def write_preview_sheet(path: Path, title: str, before: Previews, after: Previews) -> None:
    """Both rows of previews as one picture; a caption heads each column."""
    sheet = Sheet(
        title,
        "Same caption and seed in each column: without the LoRA, and with it at strength 1",
        ("Before", "After"),
        tuple(recipe.prompt for recipe in before.recipes),
        (*before.paths, *after.paths),
    )
    write_files({path: encode_sheet(sheet)})


def _wish(config: UNetLoraConfig, caption: str, number: int, size: int, encoder: str) -> Wish:
    return Wish(
        prompt=caption,
        seed=config.seed + number,
        model=config.model,
        text_encoder=encoder,
        height=size,
        width=size,
    )
