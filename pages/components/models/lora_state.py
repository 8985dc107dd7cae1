"""How a model's LoRAs stand: what they were made from, and what their pictures were compared to."""

from dataclasses import dataclass
from typing import Any

from core.errors import StorageError
from core.settings import Settings
from core.weights.checkpoints import model_hash
from core.weights.lora_checks import LoraReport, lora_check, read_lora_report
from core.weights.loras import Lora, loras_on_offer
from core.weights.model_cards import ModelCard
from core.weights.model_folders import resolve_source
from core.weights.picture_checks import CheckState, PictureCheck


@dataclass(frozen=True, slots=True)
class LoraStanding:
    """One LoRA that fits a model. ``own``: it was trained on this very model. ``report`` is that of the files
    as they are now; ``changed``: there is one of other files. ``trouble`` is what the latest comparison ended
    with, where it failed."""

    lora: Lora
    own: bool
    check: PictureCheck
    state: CheckState
    report: LoraReport | None = None
    changed: bool = False
    trouble: str = ""


def lora_standings(settings: Settings, card: ModelCard) -> list[LoraStanding]:
    """The LoRAs that fit a model, by name.

    Raises:
        ModelError: the model can't be read.
    """
    fitting = loras_on_offer(settings, card.source).fitting
    model = model_hash(resolve_source(card.source), settings.library / "cache") if fitting else ""
    return [_standing(settings, card, lora, model) for lora in fitting]


def _standing(settings: Settings, card: ModelCard, lora: Lora, model: str) -> LoraStanding:
    check = lora_check(settings.library, lora, card.source)
    own = lora.origin.model_hash in ("", model)
    try:
        state, report = check.state, read_lora_report(check)
        trouble = check.said if state is CheckState.FAILED else ""
    except StorageError as error:
        return LoraStanding(lora, own, check, CheckState.FAILED, trouble=str(error))
    now = report is not None and (report.lora_hash, report.model_hash) == (lora.hash, model)
    return LoraStanding(
        lora, own, check, state, report if now else None, report is not None and not now, trouble
    )


def judged_of(standing: LoraStanding) -> dict[str, Any]:
    """The judge's figures without and with it, by arm; empty where there are none."""
    return {} if standing.report is None else standing.report.pictures


def origin_words(lora: Lora) -> str:
    """ "Trained by training.finetune_unet from embedded on clinic"; empty where nothing is recorded."""
    origin = lora.origin
    parts = (("Trained by", origin.made_by), ("from", origin.model), ("on", origin.data))
    words = [f"{word} {value}" for word, value in parts if value]
    tuned = origin.text_encoder not in ("", "stock")
    return " ".join([*words, f"beside {origin.text_encoder}"] if tuned else words)
