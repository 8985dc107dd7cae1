"""What a training was asked for, in a line, and what it reached: figures and pictures, before and after."""

import json
from typing import Any

import streamlit as st

from core.errors import StorageError
from core.recipes import STOCK_ENCODER
from core.trainings.runs import TrainingRun
from core.weights.candidates import Kind
from core.weights.encoder_runs import REPORT
from pages.components.trainings.settings import METHOD_WORDS
from pages.components.wording import encoder_name

PREVIEWS = "previews.png"
FIGURES = {
    "validation_loss": "Held-out loss",
    "image_to_text_recall_1": "Caption found first for a photograph",
    "image_to_text_recall_5": "… among the first five",
    "text_to_image_recall_1": "Photograph found first for a caption",
    "text_to_image_recall_5": "… among the first five",
}
CAUTION = (
    "A LoRA can repeat what it learned from, all the more the fewer photographs there were and the longer it "
    "trained: licence and consent of the photographs hold for it, and for what is drawn with it."
)


def wish_line(run: TrainingRun) -> str:
    """Dataset, epochs, batch, and what moved: "clinic, 10 epochs, batch 8, the last layers"."""
    asked = run.asked
    words = [run.data.name, f"{asked.get('epochs', '?')} epochs", f"batch {asked.get('batch', '?')}"]
    if run.kind is Kind.ENCODER:
        method = METHOD_WORDS.get(str(asked.get("method")), str(asked.get("method")))
        return ", ".join([*words, method[:1].lower() + method[1:]])
    encoder = encoder_name(str(asked.get("text_encoder", asked.get("encoder", STOCK_ENCODER))))
    beside = "the model's own text encoder" if encoder == STOCK_ENCODER else f"the text encoder {encoder}"
    return ", ".join([*words, f"rank {asked.get('rank', '?')}", f"beside {beside}"])


def show_result(run: TrainingRun) -> None:
    """Figures before and after; of a LoRA also the pictures, and what to beware of."""
    report = _read_report(run)
    before, after = report.get("before", {}), report.get("after", {})
    rows = [
        {"Figure": words, "Before": f"{before[name]:.3g}", "After": f"{after[name]:.3g}"}
        for name, words in FIGURES.items()
        if name in before and name in after
    ]
    if rows:
        st.table(rows, border="horizontal", hide_index=True)
    if run.kind is Kind.LORA:
        if (run.folder / PREVIEWS).is_file():
            st.image(
                run.folder / PREVIEWS, alt="Pictures of the same captions before and after", width="stretch"
            )
        st.caption(CAUTION)
    st.caption(f"All of it, settings included, is in `{run.folder / 'README.md'}`.")


def _read_report(run: TrainingRun) -> dict[str, Any]:
    try:
        values = json.loads((run.folder / REPORT).read_text(encoding="utf-8"))
        return values if isinstance(values, dict) else {}
    except (OSError, ValueError) as error:
        raise StorageError(f"{run.folder / REPORT} can't be read ({error!r}).") from error
