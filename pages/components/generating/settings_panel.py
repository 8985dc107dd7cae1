"""Advanced settings, with diffusers' names and a sentence on what each does."""

import secrets
from dataclasses import dataclass

import streamlit as st

from core.recipes import COUNT_MAX, GUIDANCE_MAX, SCHEDULERS, SEED_MAX, STEPS_MAX, Recipe
from core.weights.model_cards import ModelCard
from pages.components.generating.encoder_choice import (
    EncoderChoice,
    ask_encoder,
    follow_active,
    prefill_encoder,
)
from pages.components.generating.lora_picker import (
    LORA,
    LORA_STRENGTH,
    NO_LORA,
    LoraChoice,
    ask_lora,
    prefill_lora,
)
from pages.components.keeping import carry_over
from pages.components.resources import Resources

FIXED, SEED = "settings_fixed", "settings_seed"
STEPS, GUIDANCE, SCHEDULER = "settings_steps", "settings_guidance", "settings_scheduler"
NEGATIVE, MODEL, DEFAULTS_OF = "settings_negative", "settings_model", "settings_defaults_of"


@dataclass(frozen=True, slots=True)
class DrawingChoices:
    """The settings as chosen; ``seed`` is drawn anew at each Generate unless it is fixed."""

    seed: int
    num_inference_steps: int
    guidance_scale: float
    scheduler: str
    negative_prompt: str
    encoder: EncoderChoice
    lora: LoraChoice


def new_seed() -> int:
    """A fresh seed that leaves room for the following pictures."""
    return secrets.randbelow(SEED_MAX - COUNT_MAX)


def ask_settings(resources: Resources, card: ModelCard) -> DrawingChoices:
    """Draws the settings; another model brings its own defaults."""
    encoder = ask_encoder(resources, card)
    if st.session_state.get(DEFAULTS_OF) != card.source:
        use_defaults(card)
    carry_over(FIXED, SEED, STEPS, GUIDANCE, SCHEDULER, NEGATIVE, LORA, LORA_STRENGTH)
    left, right = st.columns(2)
    with left:
        seed = _ask_seed()
        negative = st.text_input(
            "Negative prompt (negative_prompt)",
            key=NEGATIVE,
            help="What the picture should not show, for example: blurry, text.",
            persist_state="session",
        )
    with right:
        _ask_sampling()
    lora = ask_lora(card)
    st.button(
        "Back to the model's defaults",
        icon=":material/restart_alt:",
        type="tertiary",
        on_click=_reset,
        args=(card,),
        key="settings_reset",
    )
    state = st.session_state
    return DrawingChoices(seed, state[STEPS], state[GUIDANCE], state[SCHEDULER], negative, encoder, lora)


def _ask_seed() -> int:
    """Fixed seeds repeat a picture; new ones are drawn when the job is made."""
    fixed = st.toggle(
        "Keep the seed fixed",
        key=FIXED,
        help="The same seed with the same settings draws the same picture, byte for byte.",
        persist_state="session",
    )
    if not fixed:
        return new_seed()
    seed = st.number_input(
        "Seed",
        0,
        SEED_MAX,
        key=SEED,
        step=1,
        help="On Generate, several pictures use this seed, the next one, and so on. A comparison uses it "
        "for all of its pictures.",
        persist_state="session",
    )
    return int(seed)


def _ask_sampling() -> None:
    st.slider(
        "Steps (num_inference_steps)",
        1,
        STEPS_MAX,
        key=STEPS,
        help="How often the picture is refined. More steps take longer and change little beyond the default.",
        persist_state="session",
    )
    st.slider(
        "Guidance (guidance_scale)",
        1.0,
        GUIDANCE_MAX,
        step=0.5,
        format="%.1f",
        key=GUIDANCE,
        help="How strictly the picture follows the caption. Too high looks harsh and oversaturated.",
        persist_state="session",
    )
    st.selectbox(
        "Scheduler",
        list(SCHEDULERS),
        key=SCHEDULER,
        format_func=lambda name: f"{name} ({SCHEDULERS[name]})",
        help="The method that turns noise into a picture. The default suits the model.",
        persist_state="session",
    )


def _reset(card: ModelCard) -> None:
    """The model as its card has it: with its own settings, the encoder in use, and nothing added to it."""
    use_defaults(card)
    follow_active()
    st.session_state[LORA] = NO_LORA


def use_defaults(card: ModelCard) -> None:
    """Sets what the model's card recommends; the seed is left as it is."""
    state, defaults = st.session_state, card.defaults
    state[DEFAULTS_OF] = card.source
    state[STEPS], state[GUIDANCE] = defaults.num_inference_steps, float(defaults.guidance_scale)
    state[SCHEDULER] = defaults.scheduler
    state[NEGATIVE] = state.get(NEGATIVE, "")
    state[SEED] = state.get(SEED, 0)


def prefill_settings(recipe: Recipe) -> None:
    """Puts a recipe's settings into the panel, its seed fixed."""
    state = st.session_state
    state[MODEL] = state[DEFAULTS_OF] = recipe.model
    state[FIXED], state[SEED] = True, recipe.seed
    state[STEPS], state[GUIDANCE] = recipe.num_inference_steps, float(recipe.guidance_scale)
    state[SCHEDULER], state[NEGATIVE] = recipe.scheduler, recipe.negative_prompt
    prefill_encoder(recipe)
    prefill_lora(recipe)
