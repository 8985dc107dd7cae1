"""What a cell draws with: a text encoder fine-tuned, a LoRA trained, both or neither, each made once."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.drawing.composing import STOCK_ENCODER
from core.language.captions import compose_caption
from training.clip_tuning.captioned import open_captioned
from training.clip_tuning.config import FinetuneConfig
from training.clip_tuning.report import REPORT_NAME
from training.clip_tuning.run import Place, finetune
from training.loop.processes import Processes
from training.lora.config import UNetLoraConfig
from training.lora.run import finetune_unet
from training.study.data import captioned_data
from training.study.plan import (
    ANCHORED,
    BOTH,
    DISTILLED,
    ENCODER_ARMS,
    KNOWN,
    LORA,
    STOCK,
    SWAP,
    Cell,
    StudyPlan,
)
from training.words.triples import all_triples

TEXT_ENCODER = "text_encoder"


@dataclass(frozen=True, slots=True)
class TunedParts:
    """Sources as recipes name them, and what their runs report."""

    text_encoder: str = STOCK_ENCODER
    lora: str | None = None
    reports: dict[str, Any] = field(default_factory=dict)


def tuned_parts(plan: StudyPlan, cell: Cell) -> TunedParts:
    """Trains what the cell needs and is not there yet; an interrupted run goes on.

    Raises:
        TrainingError: a training can't go on.
    """
    if cell.arm == STOCK:
        return TunedParts()
    reports, encoder, lora = dict[str, Any](), STOCK_ENCODER, None
    if cell.arm in (*ENCODER_ARMS, BOTH):
        run, reports["clip"] = tuned_clip(plan, cell)
        encoder = str(run / TEXT_ENCODER)
    if cell.arm in (LORA, BOTH):
        lora, reports["lora"] = _trained_lora(plan, cell, encoder)
    return TunedParts(encoder, lora, reports)


def tuned_clip(plan: StudyPlan, cell: Cell) -> tuple[Path, dict[str, Any]]:
    """The run of ``training.finetune_clip`` and its report; the arm of both takes the distilled arm's."""
    trained = replace(cell, arm=DISTILLED if cell.arm == BOTH else cell.arm, weight=None)
    run = plan.folder("runs") / f"clip-{trained.name}"
    if (report := _report(run)) is None:
        place = Place(Processes(), plan.folder("cache") / "clip", keep_clip=False)
        report = finetune(run, clip_config(plan, trained), plan.clip_rate, place)
    return run, report


def _report(run: Path) -> dict[str, Any] | None:
    """What a finished run says, wherever the study was moved to; None for one that is not finished."""
    path = run / REPORT_NAME
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def clip_config(plan: StudyPlan, cell: Cell) -> FinetuneConfig:
    """As many steps whatever the size, so that sizes differ in their pictures alone."""
    data = captioned_data(plan, cell)
    learned = len(open_captioned(data).training)
    batch = min(plan.clip_batch, learned)
    epochs = max(1, round((cell.steps or plan.clip_steps) / (learned // batch)))
    config = FinetuneConfig(data, str(plan.clip), batch=batch, epochs=epochs, seed=cell.seed)
    asked = 0.0 if cell.arm == SWAP else cell.distillation
    distilled = config if asked is None else replace(config, distillation=asked)
    if cell.arm == ANCHORED:
        distilled = replace(distilled, anchors=known_captions(plan))
    return replace(distilled, layers=plan.clip_layers, measured=plan.measured)


def known_captions(plan: StudyPlan) -> tuple[str, ...]:
    """All that the base was taught."""
    return tuple(compose_caption(a) for a in all_triples(KNOWN, plan.sites, plan.tones))


def _trained_lora(plan: StudyPlan, cell: Cell, encoder: str) -> tuple[str, dict[str, Any]]:
    run = plan.folder("runs") / f"unet-{cell.name}"
    if (report := _report(run)) is not None:
        return str(run), report
    config = UNetLoraConfig(
        captioned_data(plan, cell),
        str(plan.model),
        encoder,
        batch=plan.lora_batch,
        steps=cell.steps or plan.lora_steps,
        previews=0,
        measured=plan.measured,
        seed=cell.seed,
    )
    return str(run), finetune_unet(run, config, plan.lora_rate, Place(Processes(), run / "cache"))
