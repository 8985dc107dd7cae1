"""What tuning does to the encoders themselves: drift, retrieval, how near a new name comes to a known one.

Needs no pictures and no UNet, so it is known in minutes.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from transformers import CLIPTokenizer

from core.files import write_files
from core.language.captions import compose_caption
from core.weights.drift import attribute_step, drift_between, hidden_states, measure_drift
from core.weights.interpolation import interpolate_encoders
from core.weights.text_encoders import load_text_encoder
from training.study.names import new_caption
from training.study.parts import TEXT_ENCODER, known_captions, tuned_clip
from training.study.plan import ENCODER_ARMS, KNOWN, NEW_NAMES, Cell, StudyPlan
from training.words.triples import all_triples

RECALL = "image_to_text_recall_1"


def encoder_cells(plan: StudyPlan) -> Iterator[Cell]:
    """Cells whose encoder differs from every other's."""
    return (cell for cell in plan.cells() if cell.arm in ENCODER_ARMS)


def measure_encoder(plan: StudyPlan, cell: Cell) -> dict[str, Any]:
    """Tunes the cell's encoder where that is not done yet, and measures it, once."""
    path = plan.folder("encoders") / f"{cell.name}.json"
    if path.is_file():
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    run, report = tuned_clip(plan, cell)
    stock, tuned = load_text_encoder(plan.clip), load_text_encoder(run / TEXT_ENCODER)
    if cell.weight is not None:
        tuned = interpolate_encoders(stock, tuned, cell.weight)
    tokenizer = CLIPTokenizer.from_pretrained(plan.clip, local_files_only=True)
    recall = {when: report[when][RECALL] for when in ("before", "after")}
    found = {"cell": asdict(cell), "drift": drift_of(plan, stock, tuned, tokenizer), "recall": recall}
    write_files({path: f"{json.dumps(found)}\n".encode()})
    return found


def measured_encoders(plan: StudyPlan) -> dict[str, list[dict[str, Any]]]:
    """What is measured so far, by the cell's name without its seed."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for cell in encoder_cells(plan):
        if (plan.folder("encoders") / f"{cell.name}.json").is_file():
            found = {**measure_encoder(plan, cell), "cell": cell}
            groups.setdefault(replace(cell, seed=0).name, []).append(found)
    return groups


def drift_of(plan: StudyPlan, stock: Any, tuned: Any, tokenizer: Any) -> dict[str, float]:
    """Relative distances from the base's own encoder: of the gate's sets of prompts, and of ``known``, the
    captions that the base knows. ``to_known_word`` is how far a new name's caption, as the tuned encoder
    reads it, lies from the known word's, as the base reads it. ``attribute_step`` is the gate's unit."""
    known = all_triples(KNOWN, plan.sites, plan.tones)
    renamed = [attributes for attributes in known if attributes.rash in NEW_NAMES]

    def between(old: list[str], new: list[str]) -> float:
        states = hidden_states(stock, tokenizer, old), hidden_states(tuned, tokenizer, new)
        return drift_between(*states).relative_distance

    old_words, captions = [compose_caption(a) for a in renamed], list(known_captions(plan))
    gate = measure_drift(stock, tuned, tokenizer)
    return {
        "attribute_step": attribute_step(stock, tokenizer),
        **{name: drift.relative_distance for name, drift in gate.items()},
        "known": between(captions, captions),
        "to_known_word": between(old_words, [new_caption(a) for a in renamed]),
    }
