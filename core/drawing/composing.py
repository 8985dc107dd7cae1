"""From a wish (attributes or a prompt, and a few settings) to the recipe that draws it. Needs no torch."""

import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from core.errors import PromptError, VocabularyError
from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.language.occurrence import occurrence_notes
from core.language.prompts import check_not_empty, check_prompt, tokenizer_of
from core.language.reading import read_prompt
from core.language.vocabulary import Vocabulary, load_vocabulary
from core.recipes import SEED_MAX, STOCK_ENCODER, Recipe, validate_count
from core.settings import EMBEDDED_MODEL, Settings
from core.versions import drawing_versions
from core.weights.checkpoints import check_size, drawn_encoder_hash, model_hash
from core.weights.loras import check_lora, lora_notes
from core.weights.model_cards import ModelCard, load_card
from core.weights.model_folders import resolve_source

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user asked for. None means: as the model's card says (a seed: a fresh one).

    ``attributes`` alone are drawn by their template caption. A ``prompt`` is drawn as it stands and its
    attributes are read back from it; given beside ``attributes`` it is their edited caption.
    """

    attributes: Attributes | None = None
    prompt: str | None = None
    seed: int | None = None
    model: str = EMBEDDED_MODEL
    text_encoder: str = STOCK_ENCODER
    text_encoder_weight: float | None = None
    negative_prompt: str = ""
    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    scheduler: str | None = None
    height: int | None = None
    width: int | None = None
    strength: float | None = None
    start_hash: str | None = None
    lora: str | None = None
    lora_strength: float | None = None


@dataclass(frozen=True, slots=True)
class Composition:
    """A recipe, whole sentences for the user about how it was read, and words nothing was made of."""

    recipe: Recipe
    notes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def compose_recipe(wish: Wish) -> Recipe:
    """The recipe of ``compose`` alone, with its errors."""
    return compose(wish).recipe


def compose(wish: Wish) -> Composition:
    """Checks a wish against vocabulary, model card and tokenizer, and completes it.

    Raises:
        VocabularyError: chosen attributes hold an entry that the vocabulary or the model does not know.
        PromptError: nothing to draw, or the prompt is longer than the text encoder reads.
        RecipeError: a setting is out of range.
        ModelError: the model folder is missing or unsafe, or the LoRA does not fit it.
    """
    folder, card = resolve_source(wish.model), load_card(wish.model)
    asked = _read_wish(wish, card)
    recipe = _fill(wish, card, asked)
    check_prompt(tokenizer_of(folder), recipe.prompt, recipe.negative_prompt)
    check_size(recipe, folder)
    recipe = _identify(recipe, folder)
    recipe, notes = _with_lora(recipe, folder)
    return Composition(recipe, (*asked.notes, *notes), asked.ignored)


def series(recipe: Recipe, count: int) -> tuple[Recipe, ...]:
    """``count`` recipes that differ by seed alone: seed, seed + 1, ...

    Raises:
        RecipeError: too few or too many, or the last seed is out of range.
    """
    return tuple(recipe.with_seed(recipe.seed + i) for i in range(validate_count(count)))


def across_tones(wish: Wish) -> tuple[Recipe, ...]:
    """One recipe for each tone the model knows, of the asked tone's scale, from light to dark: same caption,
    settings and seed.

    Raises:
        VocabularyError: the wish has no attributes to vary.
    """
    if wish.attributes is None:
        raise VocabularyError("Across skin tones needs a chosen rash and site, not only a written prompt.")
    card, words = load_card(wish.model), load_vocabulary()
    scale = words.tone_scale(wish.attributes.tone)
    tones = [tone for tone in scale if card.knows("tone", tone)] or list(card.offered("tone"))
    seed = secrets.randbelow(SEED_MAX + 1) if wish.seed is None else wish.seed
    wishes = (replace(wish.attributes, tone=tone) for tone in tones)
    return tuple(compose_recipe(replace(wish, attributes=a, prompt=None, seed=seed)) for a in wishes)


@dataclass(frozen=True, slots=True)
class _Asked:
    prompt: str
    caption: str | None
    attributes: Attributes
    notes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def _read_wish(wish: Wish, card: ModelCard) -> _Asked:
    if wish.attributes is None and wish.prompt is None:
        raise PromptError("Nothing to draw: choose a rash and a site, or write a prompt.")
    caption = None
    if wish.attributes is not None:
        _check_known(wish.attributes, card)
        caption = compose_caption(wish.attributes)
        if wish.prompt is None or wish.prompt == caption:
            return _Asked(caption, caption, wish.attributes, occurrence_notes(wish.attributes, card))
    prompt = wish.prompt or ""
    check_not_empty(prompt)
    reading = read_prompt(prompt, monk=card.knows_monk)
    read = reading.attributes
    notes = (*reading.notes, *_unknown_notes(read, card), *occurrence_notes(read, card))
    return _Asked(prompt, caption, reading.attributes, notes, reading.ignored)


def _check_known(attributes: Attributes, card: ModelCard) -> None:
    """The vocabulary first (a typing slip), then the card (a true entry this model never saw)."""
    vocabulary = load_vocabulary()
    for kind, key in attributes.named():
        getattr(vocabulary, kind)(key)
    for kind, key in card.unknown(attributes):
        raise VocabularyError(_unknown_sentence(kind, key, card, vocabulary))


def _unknown_notes(attributes: Attributes, card: ModelCard) -> tuple[str, ...]:
    vocabulary = load_vocabulary()
    return tuple(_unknown_sentence(kind, key, card, vocabulary) for kind, key in card.unknown(attributes))


def _unknown_sentence(kind: str, key: str, card: ModelCard, vocabulary: Vocabulary) -> str:
    label, known = getattr(vocabulary, kind)(key).label, ", ".join(card.words(kind))
    knows = f"It knows: {known}." if known else f"It knows no {kind}."
    return f"{card.label} was not taught the {kind} '{key}' ({label}). {knows}"


def _fill(wish: Wish, card: ModelCard, asked: _Asked) -> Recipe:
    defaults = card.defaults
    return Recipe(
        prompt=asked.prompt,
        seed=secrets.randbelow(SEED_MAX + 1) if wish.seed is None else wish.seed,
        model=wish.model,
        num_inference_steps=_chosen(wish.num_inference_steps, defaults.num_inference_steps),
        guidance_scale=_chosen(wish.guidance_scale, defaults.guidance_scale),
        scheduler=_chosen(wish.scheduler, defaults.scheduler),
        height=_chosen(wish.height, defaults.height),
        width=_chosen(wish.width, defaults.width),
        negative_prompt=wish.negative_prompt,
        caption=asked.caption,
        rash=asked.attributes.rash,
        sites=asked.attributes.sites,
        tone=asked.attributes.tone,
        severity=asked.attributes.severity,
        view=asked.attributes.view,
        text_encoder=wish.text_encoder,
        text_encoder_weight=wish.text_encoder_weight,
        strength=wish.strength,
        start_hash=wish.start_hash,
        lora=wish.lora,
        lora_strength=1.0 if wish.lora and wish.lora_strength is None else wish.lora_strength,
        versions=drawing_versions(wish.lora is not None),
    )


def _chosen(value: T | None, default: T) -> T:
    return default if value is None else value


def _identify(recipe: Recipe, folder: Path) -> Recipe:
    """Adds the hashes of what will draw. Digests of large files are remembered in the library."""
    cache = Settings.from_environment().library / "cache"
    encoder = drawn_encoder_hash(folder, recipe.text_encoder, recipe.text_encoder_weight, cache)
    return replace(recipe, model_hash=model_hash(folder, cache), text_encoder_hash=encoder)


def _with_lora(recipe: Recipe, folder: Path) -> tuple[Recipe, tuple[str, ...]]:
    """Checks the LoRA by its header alone; says what it was trained with, where that is something else."""
    if recipe.lora is None:
        return recipe, ()
    lora = check_lora(recipe.lora, folder, Settings.from_environment().library / "cache")
    return replace(recipe, lora_hash=lora.hash), lora_notes(lora, recipe)
