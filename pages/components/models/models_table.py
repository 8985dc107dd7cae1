"""Everything that can draw, side by side: base models, text encoders and LoRAs."""

from typing import Any

import pandas as pd
import streamlit as st

from core.errors import ModelError
from core.weights.candidates import Kind
from core.weights.checkpoints import encoder_hash, model_hash
from core.weights.encoder_checks import ARMS as ENCODER_ARMS
from core.weights.lora_checks import ARMS as LORA_ARMS
from core.weights.model_cards import ModelCard
from core.weights.model_folders import resolve_source
from core.weights.picture_checks import CheckState
from pages.components.models.candidate_state import Standing, standings
from pages.components.models.lora_state import LoraStanding, judged_of, lora_standings, origin_words
from pages.components.models.model_facts import figure_rows
from pages.components.resources import Resources

KIND_WORDS = {Kind.ENCODER: "Text encoder", Kind.LORA: "LoRA"}
FIGURES = {"rash_all": "Rash", "site": "Body site", "tone_within_one": "Skin tone"}
NOT_MEASURED, NOT_RECORDED = "Not measured", "Not recorded"
LOSS, HELD_OUT = "Held-out loss", "validation_loss"
WIDTHS = {"State": 120, "Licence": 130, "Consent": 130, "Origin": 220, "Hash": 120}


def show_models_table(resources: Resources, cards: list[ModelCard]) -> None:
    """One row for each; a cell holds the whole of what it shows in part, to be copied."""
    with st.spinner("Reading the models' files …"):
        rows = [row for card in cards for row in model_rows(resources, card)]
    frame = pd.DataFrame(rows)
    if len(cards) == 1:
        frame = frame.drop(columns="For")
    columns: dict[str, Any] = {name: st.column_config.Column(width=width) for name, width in WIDTHS.items()}
    st.dataframe(frame, hide_index=True, column_config=columns, key="models_table")
    st.caption(
        "Rash, body site and skin tone (within one step): shares of fixed-seed pictures that the judge finds "
        "as asked. For a candidate, by the model's own text encoder first, then by the candidate; for a "
        "LoRA, without it and with it; both drew the same prompts and seeds. Held-out loss, of a LoRA: the "
        "error on photographs that it did not learn from, without it and with it; less is better, on one "
        "dataset. A cell is copied whole, a hash with all of its digits."
    )


def model_rows(resources: Resources, card: ModelCard) -> list[dict[str, str]]:
    """A base model, its own text encoder, every candidate for that, and the LoRAs that fit."""
    known = standings(resources, card.source)
    encoders = [_candidate_row(card, one) for one in known]
    try:
        loras = [_lora_row(card, one) for one in lora_standings(resources.settings, card)]
    except ModelError:
        loras = []
    return [*_base_rows(resources, card, any(one.in_use for one in known)), *encoders, *loras]


def _lora_row(card: ModelCard, standing: LoraStanding) -> dict[str, str]:
    lora, origin = standing.lora, standing.lora.origin
    state = "On offer" if standing.own else "Other model's"
    return {
        "Name": lora.source,
        "Kind": KIND_WORDS[Kind.LORA],
        "For": card.label,
        "State": "Being compared" if standing.state is CheckState.RUNNING else state,
        **{name: _before_and_after(judged_of(standing), LORA_ARMS, key) for key, name in FIGURES.items()},
        LOSS: loss_words(origin.figures) or NOT_MEASURED,
        "Hash": lora.hash,
        "Licence": origin.licence or NOT_RECORDED,
        "Consent": origin.consent or NOT_RECORDED,
        "Origin": origin_words(lora) or NOT_RECORDED,
    }


def loss_words(figures: dict[str, Any]) -> str:
    """The loss of held-out photographs without and with it: "0.412 → 0.398"; empty if it is not known."""
    try:
        return f"{figures['before'][HELD_OUT]:.3g} → {figures['after'][HELD_OUT]:.3g}"
    except (KeyError, TypeError, ValueError):
        return ""


def _base_rows(resources: Resources, card: ModelCard, encoder_replaced: bool) -> list[dict[str, str]]:
    cache = resources.settings.library / "cache"
    try:
        folder = resolve_source(card.source)
        whole, encoder, state = model_hash(folder, cache), encoder_hash(folder, cache), "Installed"
    except ModelError:
        whole, encoder, state = "", "", "Can't be used"
    shares = {name: _share(card.figures, key) or NOT_MEASURED for key, name in FIGURES.items()}
    facts = {
        "Licence": card.licence or NOT_RECORDED,
        "Consent": NOT_RECORDED,
        "Origin": card.origin or NOT_RECORDED,
    }
    base = {
        "Name": card.label,
        "Kind": "Base model",
        "For": "",
        "State": state,
        **shares,
        LOSS: "",
        "Hash": whole,
        **facts,
    }
    used = "" if state != "Installed" or encoder_replaced else "In use"
    stock = {**base, "Name": "Stock", "Kind": KIND_WORDS[Kind.ENCODER], "For": card.label, "State": used}
    stock |= {"Origin": f"Part of {card.label}", "Hash": encoder}
    return [base, stock | dict.fromkeys(FIGURES.values(), "As its model")]


def _candidate_row(card: ModelCard, standing: Standing) -> dict[str, str]:
    candidate = standing.candidate
    pictures = candidate.result.pictures if candidate.result else {}
    return {
        "Name": candidate.label,
        "Kind": KIND_WORDS[candidate.kind],
        "For": card.label,
        "State": standing.word,
        **{name: _before_and_after(pictures, ENCODER_ARMS, key) for key, name in FIGURES.items()},
        LOSS: "",
        "Hash": "" if standing.now is None else standing.now.sha256,
        "Licence": candidate.provenance.licence or NOT_RECORDED,
        "Consent": candidate.provenance.consent or NOT_RECORDED,
        "Origin": candidate.provenance.origin or NOT_RECORDED,
    }


def _before_and_after(pictures: dict[str, Any], arms: tuple[str, ...], name: str) -> str:
    """Shares of the first two arms: "91.7 % → 92.1 %"."""
    shares = [_share(pictures.get(arm, {}), name) for arm in arms[:2]]
    return f"{shares[0]} → {shares[1]}" if all(shares) else NOT_MEASURED


def _share(figures: dict[str, Any], name: str) -> str:
    found = figure_rows({name: figures[name]}) if name in figures else []
    return found[0]["Value"] if found else ""
