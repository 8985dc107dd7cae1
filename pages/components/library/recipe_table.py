"""A recipe as a person reads it: attributes first, settings with diffusers' names, identities last."""

import streamlit as st

from core.measuring.readings import Reading
from core.recipes import SCHEDULERS, Recipe
from db.records import Generation
from pages.components.generating.start_view import start_words
from pages.components.library.measured import measured_rows
from pages.components.wording import (
    duration,
    encoder_name,
    moment_line,
    plain,
    rash_label,
    severity_label,
    site_label,
    size,
    tone_label,
    view_label,
)


def asked_rows(recipe: Recipe) -> list[tuple[str, str]]:
    """What was asked for."""
    rows = [
        ("Rash", rash_label(recipe.rash)),
        ("Body site", ", ".join(site_label(site) for site in recipe.sites) or "Site not named"),
        ("Skin tone", tone_label(recipe.tone)),
    ]
    rows += [("Severity", severity_label(recipe.severity))] if recipe.severity else []
    rows += [("View", view_label(recipe.view))] if recipe.view else []
    return rows


def settings_rows(recipe: Recipe) -> list[tuple[str, str]]:
    """With which settings it was drawn."""
    steps = recipe.num_inference_steps
    drawn = str(steps) if recipe.strength is None else f"the last {recipe.steps_drawn} of {steps}"
    return [
        ("Seed", str(recipe.seed)),
        *start_rows(recipe),
        ("Steps", drawn),
        ("Guidance scale", f"{recipe.guidance_scale:g}"),
        ("Negative prompt", recipe.negative_prompt or "None"),
        ("Scheduler", SCHEDULERS[recipe.scheduler]),
        ("Size", f"{recipe.width} × {recipe.height} pixels"),
        ("Model", f"{recipe.model} {_hash(recipe.model_hash)}"),
        *encoder_rows(recipe),
        *lora_rows(recipe),
    ]


def encoder_rows(recipe: Recipe) -> list[tuple[str, str]]:
    """What read the prompt: its name and hash, and how it was mixed where it was."""
    rows = [("Text encoder", f"{encoder_name(recipe.text_encoder)} {_hash(recipe.text_encoder_hash)}")]
    if recipe.text_encoder_weight is not None:
        rows += [("Text encoder's weight", f"{recipe.text_encoder_weight:g} (0 is stock, 1 the tuned one)")]
    return rows


def start_rows(recipe: Recipe) -> list[tuple[str, str]]:
    """What it started from, and how much was drawn anew; nothing where it started from noise."""
    if recipe.strength is None:
        return []
    return [("Start picture", start_words(recipe)), ("Strength", f"{recipe.strength:g}")]


def lora_rows(recipe: Recipe) -> list[tuple[str, str]]:
    """The LoRA it was drawn with, and how strongly; nothing where there was none."""
    if recipe.lora is None:
        return []
    named = f"{recipe.lora} {_hash(recipe.lora_hash or '')}"
    return [("LoRA", named), ("LoRA strength", f"{recipe.lora_strength:g}")]


def origin_rows(generation: Generation) -> list[tuple[str, str]]:
    """Who drew it, when, and what it takes on disk."""
    return [
        ("Drawn by", generation.owner),
        ("Drawn on", moment_line(generation.created_at)),
        ("Time taken", duration(generation.seconds)),
        ("File", size(generation.bytes)),
    ]


def show_rows(rows: list[tuple[str, str]]) -> None:
    """Draws name and value side by side; values are shown as they are, never read as Markdown."""
    st.table({name: plain(value) for name, value in rows}, border="horizontal", hide_header=True)


def show_recipe(generation: Generation, reading: Reading | None) -> None:
    """The readable table, and the exact recipe for who needs it, folded."""
    recipe = generation.recipe
    asked = [*asked_rows(recipe), *measured_rows(reading)]
    show_rows([*asked, *settings_rows(recipe), *origin_rows(generation)])
    with st.expander("Exact recipe (JSON)", icon=":material/data_object:"):
        st.json(recipe.to_dict(), expanded=True)


def _hash(digest: str) -> str:
    return f"({digest[:8]})" if digest else ""
