"""What a CLIP can do and how far it went: recall both ways and loss on held-out pictures, drift of states."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.weights.drift import attribute_step, known_prompts, measure_drift
from core.weights.model_cards import load_card
from training.clip_tuning.config import FinetuneConfig
from training.clip_tuning.data import Rows
from training.clip_tuning.metrics import recalls
from training.clip_tuning.step import Towers, contrast
from training.words.anchors import names_words

AT_ONCE = 64


@torch.inference_mode()
def held_out_figures(towers: Towers, config: FinetuneConfig) -> dict[str, float]:
    """``validation_loss`` with its two parts, and recall@1/5/10 between pictures and their distinct captions.

    The contrast is one of all measured pictures at once, so its loss compares within a run, not with that of
    a training batch.
    """
    pictures = towers.data.measured(config.measured)
    captions = towers.data.distinct_captions(pictures)
    images = torch.cat([towers.look(part) for part in _parts(pictures)])
    texts = torch.cat([towers.read(part) for part in _parts(captions)])
    positives = towers.data.positives(pictures, captions)
    contrasted = contrast(towers, torch.from_numpy(positives).to(towers.device))(images, texts)
    distance = mean_distance(towers, towers.data.held_captions(captions))
    return {
        "validation_loss": float(contrasted) + config.distillation * distance,
        "validation_contrastive_loss": float(contrasted),
        "validation_distillation_loss": distance,
        **recalls((images @ texts.T).cpu().numpy(), positives),
    }


@torch.inference_mode()
def mean_distance(towers: Towers, captions: Rows) -> float:
    """Distance of captions to the original, and of the empty prompt, each one half."""
    distances: Tensor = torch.cat([towers.read_whole(part)[1] for part in _parts(captions)])
    return float(distances.mean() + towers.empty_distance()) / 2


def drift_figures(towers: Towers, clip: str) -> dict[str, object]:
    """Drift by set of prompts, in float32, and the attribute step that the gate measures it by; on the words
    of the model's card too where ``clip`` lies beside one."""
    student, model = towers.student, Path(clip).parent
    known = known_prompts(load_card(model)) if names_words(model) else ()
    found = measure_drift(student.teacher, student.clip.text_model, student.tokenizer, known)
    step = attribute_step(student.teacher, student.tokenizer)
    return {"attribute_step": step, **{name: drift.to_dict() for name, drift in found.items()}}


def _parts(rows: Rows) -> list[Rows]:
    return [rows[i : i + AT_ONCE] for i in range(0, len(rows), AT_ONCE)] or [np.zeros(0, np.int64)]
