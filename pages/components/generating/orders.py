"""Orders: what one press of a button asks the worker to draw, and which orders this session shows."""

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from core.drawing.comparisons import MARK, Comparison, comparison_recipes
from core.drawing.composing import Wish, across_tones, compose, series
from core.drawing.starts import StartPicture, with_start
from core.errors import InputError
from core.jobs import Job, JobState
from core.language.attributes import Attributes
from core.recipes import STOCK_ENCODER, Recipe
from pages.components.generating.settings_panel import DrawingChoices, new_seed
from pages.components.generating.start_form import StartChoice
from pages.components.generating.start_view import in_own_tone, starts_at_hand
from pages.components.resources import Resources
from pages.components.wording import encoder_name, now

SHOWN, SHOWN_FOR, NOTES = "orders_shown", "orders_shown_for", "orders_notes"
RECENT = timedelta(hours=12)
KEPT = 6
"""Orders kept in view; older ones are in History."""

ACTIVE = (JobState.QUEUED, JobState.RUNNING)
ONE_PHOTOGRAPH = "All of these start from the same photograph: a low strength keeps the tone that it shows."


def wish_for(attributes: Attributes | None, prompt: str, model: str, choices: DrawingChoices) -> Wish:
    """What the form says, as core reads it."""
    return Wish(
        attributes=attributes,
        prompt=prompt,
        seed=choices.seed,
        model=model,
        text_encoder=choices.encoder.text_encoder,
        text_encoder_weight=choices.encoder.weight,
        negative_prompt=choices.negative_prompt,
        num_inference_steps=choices.num_inference_steps,
        guidance_scale=choices.guidance_scale,
        scheduler=choices.scheduler,
        lora=choices.lora.source,
        lora_strength=choices.lora.strength,
    )


def order_pictures(
    resources: Resources, user: str, wish: Wish, count: int, start: StartChoice | None = None
) -> str:
    """Submits ``count`` pictures that differ by seed; returns the request's id.

    Raises:
        InputError, ModelError: the wish can't be drawn; nothing was submitted.
    """
    composition = compose(wish)
    recipe, pictures = composition.recipe, []
    if start is not None:
        pictures = [start.needed()]
        recipe = with_start(recipe, pictures[0], start.strength)
    request_id = submit(resources, user, series(recipe, count), pictures)
    st.session_state.setdefault(NOTES, {})[request_id] = composition.notes
    return request_id


def order_new_seed(resources: Resources, user: str, recipe: Recipe) -> str:
    """Submits the same recipe with another seed, from the same start picture.

    Raises:
        InputError: the photograph it starts from was not kept and is not in the form.
    """
    return submit(resources, user, (recipe.with_seed(new_seed()),), starts_at_hand((recipe,)))


def order_across_tones(resources: Resources, user: str, recipe: Recipe) -> str:
    """Submits the same recipe and seed in each tone of its scale; from a phantom, that of each tone.

    Raises:
        VocabularyError: the recipe names neither rash nor site, so there is nothing to hold still.
        InputError: the photograph it starts from was not kept and is not in the form, or the text encoder
            is no longer what drew the recipe.
    """
    recipes = tuple(in_own_tone(one, recipe) for one in across_tones(wish_of(recipe)))
    _check_same_encoder(recipe, recipes[0])
    request_id = submit(resources, user, recipes, starts_at_hand(recipes))
    if recipe.start_hash is not None and len({one.start_hash for one in recipes}) == 1:
        st.session_state.setdefault(NOTES, {})[request_id] = (ONE_PHOTOGRAPH,)
    return request_id


def _check_same_encoder(drawn: Recipe, now: Recipe) -> None:
    """A tuned encoder was checked as it was; the model's own follows the model."""
    if drawn.text_encoder != STOCK_ENCODER and drawn.text_encoder_hash not in ("", now.text_encoder_hash):
        raise InputError(
            f"The text encoder “{encoder_name(drawn.text_encoder)}” has changed since this picture was "
            "drawn. Check it on the page Models, then draw anew."
        )


def order_again(resources: Resources, user: str, job: Job) -> None:
    """Queues a failed or cancelled job again.

    Raises:
        InputError: the photograph it starts from was not kept and is not in the form.
    """
    resources.repository.jobs.retry(job.id, user, starts_at_hand((job.recipe,)))
    resources.worker.wake()


def order_comparison(resources: Resources, user: str, comparison: Comparison, wish: Wish) -> str:
    """Submits the pictures of a table, row by row; they are shown on Compare, not among Generate's results.

    Raises:
        InputError, ModelError: a picture can't be drawn as wished; nothing was submitted.
    """
    recipes = comparison_recipes(comparison, wish)
    jobs = resources.repository.jobs.submit(user, recipes, comparison.purpose)
    resources.worker.wake()
    return jobs[0].request_id


def wish_of(recipe: Recipe) -> Wish:
    """A recipe as a wish: everything is held but the weights' hashes."""
    named = recipe.rash is not None or bool(recipe.sites)
    return Wish(
        attributes=recipe.attributes if named else None,
        prompt=recipe.prompt,
        seed=recipe.seed,
        model=recipe.model,
        text_encoder=recipe.text_encoder,
        text_encoder_weight=recipe.text_encoder_weight,
        negative_prompt=recipe.negative_prompt,
        num_inference_steps=recipe.num_inference_steps,
        guidance_scale=recipe.guidance_scale,
        scheduler=recipe.scheduler,
        height=recipe.height,
        width=recipe.width,
        strength=recipe.strength,
        start_hash=recipe.start_hash,
        lora=recipe.lora,
        lora_strength=recipe.lora_strength,
    )


def submit(
    resources: Resources, user: str, recipes: Sequence[Recipe], starts: Sequence[StartPicture] = ()
) -> str:
    """Stores one job for each recipe and puts the request first in view."""
    shown = shown_requests(resources, user)
    jobs = resources.repository.jobs.submit(user, list(recipes), start_pictures=starts)
    request_id = jobs[0].request_id
    st.session_state[SHOWN] = [request_id, *shown][:KEPT]
    resources.worker.wake()
    return request_id


def shown_requests(resources: Resources, user: str) -> list[str]:
    """Requests in view, newest first; a new session or person starts with the recent ones of that person."""
    if st.session_state.get(SHOWN_FOR) != user:
        st.session_state[SHOWN_FOR] = user
        jobs = resources.repository.jobs.recent(user, limit=24, besides=MARK)
        recent = [job for job in jobs if now() - job.created_at < RECENT]
        st.session_state[SHOWN] = list(dict.fromkeys(job.request_id for job in recent))[:KEPT]
    return list(st.session_state[SHOWN])


def put_away(request_id: str) -> None:
    """Takes a request out of view; its pictures stay in History."""
    st.session_state[SHOWN] = [shown for shown in st.session_state[SHOWN] if shown != request_id]


def is_across_tones(jobs: Sequence[Job]) -> bool:
    """True if the jobs differ by tone alone."""
    seeds, tones = {job.recipe.seed for job in jobs}, {job.recipe.tone for job in jobs}
    return len(jobs) > 1 and len(seeds) == 1 and len(tones) == len(jobs)
