"""LoRAs on the page Models: what is there, for which model, on whose photographs, and how each is used."""

from typing import Any

import streamlit as st

from core.candidates import Kind
from core.checkpoints import model_hash
from core.loras import Lora, list_loras, loras_on_offer
from core.model_cards import ModelCard
from core.model_folders import resolve_source
from core.settings import Settings
from pages.components.people import link_to
from pages.components.wording import plain

LOSS = "validation_loss"
ON_OFFER, ELSEWHERE = "On offer", "Other model's"


def lora_rows(settings: Settings, card: ModelCard, unknown: str, not_measured: str) -> list[dict[str, str]]:
    """A row for each LoRA that fits a model; what a record does not say reads ``unknown``."""
    fitting = loras_on_offer(settings, card.source).fitting
    own = model_hash(resolve_source(card.source), settings.library / "cache") if fitting else ""
    return [_row(lora, card, own, unknown, not_measured) for lora in fitting]


def _row(lora: Lora, card: ModelCard, own: str, unknown: str, not_measured: str) -> dict[str, str]:
    origin = lora.origin
    return {
        "Name": lora.source,
        "Kind": Kind.LORA,
        "For": card.label,
        "State": ON_OFFER if origin.model_hash in ("", own) else ELSEWHERE,
        "Held-out loss": loss_words(origin.figures) or not_measured,
        "Hash": lora.hash,
        "Licence": origin.licence or unknown,
        "Consent": origin.consent or unknown,
        "Origin": origin_words(lora) or unknown,
    }


def origin_words(lora: Lora) -> str:
    """ "Trained by training.finetune_unet from embedded on clinic"; empty where nothing is recorded."""
    origin = lora.origin
    parts = (("Trained by", origin.made_by), ("from", origin.model), ("on", origin.data))
    words = [f"{word} {value}" for word, value in parts if value]
    tuned = origin.text_encoder not in ("", "stock")
    return " ".join([*words, f"beside {origin.text_encoder}"] if tuned else words)


def loss_words(figures: dict[str, Any]) -> str:
    """The loss of held-out photographs without and with it: "0.412 → 0.398"; empty if it is not known."""
    try:
        return f"{figures['before'][LOSS]:.3g} → {figures['after'][LOSS]:.3g}"
    except (KeyError, TypeError, ValueError):
        return ""


def show_loras(settings: Settings) -> None:
    """How LoRAs are used, and what is wrong with those that can't be."""
    found = list_loras(settings)
    usable = sum(not lora.trouble for lora in found)
    st.caption(
        "A LoRA is not activated: it is chosen for each picture on Generate and Compare, under Advanced "
        "settings, with a strength from 0 to 1.5, beside any text encoder. What fits the chosen model is on "
        "offer there."
        + ("" if usable else f" There is none yet: train one, or put its folder into `{settings.runs}`.")
    )
    for lora in found:
        if lora.trouble:
            st.warning(plain(lora.trouble), icon=":material/warning:")
    with st.container(horizontal=True):
        link_to("pages/training.py", "Train a LoRA")
        if usable:
            link_to("pages/generate.py", "Draw with one")
