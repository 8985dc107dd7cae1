"""A LoRA of a UNet from data to run folder: what ``training.finetune_unet`` calls."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from transformers import CLIPTokenizer

from core.drawing.composing import STOCK_ENCODER
from core.drawing.loading import Pipeline, count_parameters, load_pipeline
from core.drawing.schedulers import make_scheduler
from core.errors import TrainingError
from core.weights.checkpoints import check_model_folder, encoder_hash, model_hash
from core.weights.encoders import check_text_encoder
from core.weights.loras import RESULT
from core.weights.model_folders import resolve_source
from training.clip_tuning.captioned import CaptionedSet, open_captioned
from training.clip_tuning.data import check_lengths
from training.clip_tuning.report import REPORT_NAME, write_environment
from training.clip_tuning.run import BEFORE_NAME, Place
from training.loop.devices import computes_in_bf16
from training.loop.micro_batches import fitted_micro_batch
from training.loop.pace import Rhythm, warming_up
from training.loop.processes import SharedRun, share_run
from training.loop.runs import Training, follow, open_run
from training.lora.config import LEARNING_RATE, UNetLoraConfig
from training.lora.lessons import prepare_lessons, side_of
from training.lora.picture_latents import forget_latents
from training.lora.pictures import Previews, draw_previews, draw_prior, preview_recipes, with_lora
from training.lora.report import write_run
from training.lora.saving import origin_of, save_lora
from training.lora.step import LoraStepper

MEASURES = 20
"""How often held-out pictures are measured on in a run, at most; never within an epoch."""


def finetune_unet(folder: Path, config: UNetLoraConfig, rate: float | None, place: Place) -> dict[str, Any]:
    """Trains to the run's end, saves the averaged layers and returns the report; a finished run's is read.

    Raises:
        TrainingError: data, settings or memory do not allow it; or the folder holds another run.
        ModelError: model or text encoder can't be loaded, or do not fit each other.
    """
    source = open_captioned(config.data)
    config = _identified(config, source, place)
    pace = warming_up(config.total_steps(len(source.training)), _highest(rate))
    with place.processes.first_alone():
        run = share_run(open_run(folder, config, pace, Rhythm(log_steps=1)), place.processes)
    if (folder / REPORT_NAME).is_file():
        return _read(folder / REPORT_NAME)
    pipeline, stepper, before = prepare(run, config, source, place)
    steps = Steps(run, stepper, config.steps_per_epoch(len(source.training)))
    steps.note_before()
    training = Training(steps.parts(), stepper.optimizer)
    run.restore(training)
    follow(run, training, steps)
    return _finish(steps, pipeline, source, before, place)


def _highest(rate: float | None) -> float:
    if rate is not None and not rate > 0:
        raise TrainingError(f"learning_rate is {rate:g}; it must be above 0.")
    return LEARNING_RATE if rate is None else rate


def _identified(config: UNetLoraConfig, source: CaptionedSet, place: Place) -> UNetLoraConfig:
    """Adds what the names stand for now; what can't work is refused before anything is drawn or written."""
    folder = resolve_source(config.model, place.download)
    check_model_folder(folder)
    encoder = folder if config.text_encoder == STOCK_ENCODER else Path(config.text_encoder)
    if encoder is not folder:
        check_text_encoder(encoder, folder)
    check_lengths([row.caption for row in source.rows], CLIPTokenizer.from_pretrained(folder / "tokenizer"))
    return replace(
        config,
        model_hash=model_hash(folder),
        text_encoder_hash=encoder_hash(encoder),
        data_digest=source.digest,
    )


def prepare(
    run: SharedRun, config: UNetLoraConfig, source: CaptionedSet, place: Place
) -> tuple[Pipeline, LoraStepper, Previews]:
    """Draws what is drawn before training, loads the model and encodes the data."""
    processes, folder = place.processes, resolve_source(config.model)
    size, before = side_of(folder, config), Previews()
    prior = draw_prior(run.folder / "prior", config, source, size, processes)
    bf16 = computes_in_bf16(config.precision, processes.device, count_parameters(folder / "unet"))
    encoder = None if config.text_encoder == STOCK_ENCODER else config.text_encoder
    dtype = torch.bfloat16 if bf16 else torch.float32
    pipeline = load_pipeline(config.model, encoder, str(processes.device), dtype)
    if processes.writes:
        recipes = preview_recipes(config, source, size)
        before = draw_previews(pipeline, recipes, run.folder / "previews" / "before")
    lessons = prepare_lessons(pipeline, source, prior, config, place.cache, processes)
    scheduler = make_scheduler("ddim", pipeline.parts.scheduler.config)
    stepper = LoraStepper.make(pipeline.parts.unet, scheduler, lessons, config, processes)
    stepper.bf16, stepper.micro = bf16, place.micro_batch or fitted(stepper)
    return pipeline, stepper, before


def fitted(stepper: LoraStepper) -> int:
    """Pictures whose graphs fit into memory at once.

    Raises:
        TrainingError: not even one does.
    """
    config = stepper.config
    both = 2 * config.batch if len(stepper.lessons.prior) else config.batch
    if both == 1:
        return 1
    return fitted_micro_batch(stepper.graph_bytes(), both, stepper.unet.device, stepper.processes)


@dataclass(slots=True)
class Steps:
    """Steps one after another; at the end of some epochs, held-out pictures are measured on."""

    run: SharedRun
    stepper: LoraStepper
    epoch: int

    def __call__(self, step: int) -> dict[str, float]:
        """One step; now and then the held-out loss with it."""
        line = {**self.stepper(step), "epoch": (step + 1) / self.epoch}
        if self._measures(step + 1):
            line["validation_loss"] = self.stepper.held_out_loss()
        return line

    def _measures(self, done: int) -> bool:
        """At the first end of an epoch in each twentieth of the run, and at the run's end."""
        total = self.run.pace.steps or done
        sections = [MEASURES * max(0, at) // total for at in (done, done - self.epoch)]
        return done == total or (done % self.epoch == 0 and sections[0] > sections[1])

    def parts(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        stepper = self.stepper
        return {"weights": stepper.weights, "optimizer": stepper.optimizer, "average": stepper.average}

    def note_before(self) -> None:
        """Measures before the first step, once."""
        path = self.run.folder / BEFORE_NAME
        found = {"validation_loss": self.stepper.held_out_loss()} if not path.is_file() else {}
        if found and self.stepper.processes.writes:
            path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _finish(
    steps: Steps, pipeline: Pipeline, source: CaptionedSet, before: Previews, place: Place
) -> dict[str, Any]:
    """Measures and, in the process that writes, saves everything; the photographs' latents are removed."""
    stepper, run = steps.stepper, steps.run
    loss = stepper.held_out_loss()
    if not place.processes.writes:
        return {"after": {}}
    report = _report(run, stepper, source, loss)
    lora = save_lora(run.folder / RESULT, stepper, origin_of(stepper.config, source, report))
    pipeline.parts.unet.eval().unload_lora()
    after = draw_previews(pipeline, with_lora(before.recipes, lora), run.folder / "previews" / "after")
    forget_latents(place.cache)
    write_environment(run.folder, place.processes, stepper.micro, stepper.bf16)
    write_run(run.folder, report, (before, after), min(steps.epoch, run.pace.steps or steps.epoch))
    print(f"Written to {run.folder}; {REPORT_NAME} holds the figures.", flush=True)
    return report


def _report(run: SharedRun, stepper: LoraStepper, source: CaptionedSet, loss: float) -> dict[str, Any]:
    terms, weights = source.terms, sum(weight.numel() for weight in stepper.weights)
    return {
        "config": _read(run.folder / "config.json"),
        "before": _read(run.folder / BEFORE_NAME),
        "after": {"validation_loss": loss},
        "steps": run.pace.steps,
        "training_pictures": len(source.training),
        "held_out_pictures": len(source.held_out),
        "prior_pictures": len(stepper.lessons.prior),
        "distinct_captions": len({row.caption for row in source.rows}),
        "trained_weights": weights,
        "licence": terms.licence,
        "consent": terms.consent,
        "next": f"python -m core.generate --lora {run.folder} --model {stepper.config.model} "
        f"--encoder {stepper.config.text_encoder} --prompt PROMPT --output out.png",
    }


def _read(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values
