"""A fine-tuning of CLIP from data to run folder: what ``training.finetune_clip`` and the sweep call."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from training.clip_tuning.captioned import CaptionedSet, open_captioned
from training.clip_tuning.config import LEARNING_RATES, FinetuneConfig
from training.clip_tuning.data import PairedData, pair
from training.clip_tuning.figures import drift_figures, held_out_figures
from training.clip_tuning.model import Student, load_student, save_student
from training.clip_tuning.pictures_once import embed_pictures, pack_pictures
from training.clip_tuning.report import (
    REPORT_NAME,
    epochs_of,
    readme,
    write_curves,
    write_environment,
    write_report,
)
from training.clip_tuning.step import FinetuneStepper, Towers, graph_bytes, original_states
from training.loop.devices import computes_in_bf16
from training.loop.micro_batches import fitted_micro_batch
from training.loop.pace import Pace, Rhythm, warming_up
from training.loop.processes import Processes, share_run
from training.loop.runs import Run, Training, follow, open_run

BEST_NAME, BEST_WEIGHTS, BEFORE_NAME = "best.json", "best.safetensors", "before.json"


@dataclass(frozen=True, slots=True)
class Place:
    """What a run needs of its machine and leaves on it; decides no gradient."""

    processes: Processes
    cache: Path
    micro_batch: int = 0
    """0: as many as fit into the memory found."""
    download: bool = False
    keep_clip: bool = True


def finetune(folder: Path, config: FinetuneConfig, rate: float | None, place: Place) -> dict[str, Any]:
    """Trains to the run's end, saves the best epoch's weights and returns the report.

    Raises:
        TrainingError: data, settings or memory do not allow it; or the folder holds another run.
        ModelError: the CLIP can't be loaded.
    """
    source = open_captioned(config.data)
    student = load_student(config, place.download)
    data = pair(source, student.tokenizer, config.anchors or ())
    steps = data.steps_per_epoch(config.batch)
    pace = pace_of(config, steps, rate)
    with place.processes.first_alone():
        run = share_run(open_run(folder, config, pace, Rhythm(log_steps=1)), place.processes)
    towers = build_towers(student, source, data, config, place)
    epochs = Epochs(run, make_stepper(towers, config, pace, place), steps)
    epochs.note_before()
    training = Training(epochs.parts(), epochs.stepper.optimizer)
    run.restore(training)
    follow(run, training, epochs)
    return _finish(run, epochs, source, place)


def pace_of(config: FinetuneConfig, steps_per_epoch: int, rate: float | None) -> Pace:
    """Warm-up over the first tenth, then a cosine, over all epochs."""
    return warming_up(
        config.epochs * steps_per_epoch, LEARNING_RATES[config.method] if rate is None else rate
    )


def build_towers(
    student: Student, source: CaptionedSet, data: PairedData, config: FinetuneConfig, place: Place
) -> Towers:
    """Puts the networks on their device and every picture into memory, once."""
    device = place.processes.device
    student.clip.to(device)
    student.teacher.to(device)
    make_ready = pack_pictures if config.train_vision else embed_pictures
    vision = make_ready(student, source, place.cache, place.processes)
    bf16 = computes_in_bf16(config.precision, device, student.clip.num_parameters())
    return Towers(student, data, vision, device, bf16, original_states(student, data, device, bf16))


def make_stepper(towers: Towers, config: FinetuneConfig, pace: Pace, place: Place) -> FinetuneStepper:
    """Optimizer and micro-batch."""
    weights = list(towers.student.trained().values())
    groups = [
        {"params": [p for p in weights if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in weights if p.ndim < 2], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    optimizer = torch.optim.AdamW(groups, pace.learning_rate, betas=(0.9, 0.98))
    micro = place.micro_batch or fitted_micro_batch(
        graph_bytes(towers, config), config.batch, towers.device, place.processes
    )
    return FinetuneStepper(towers, optimizer, config, place.processes, micro)


class TrainedWeights:
    """The moving weights as one part of a checkpoint; what is frozen is not written again and again."""

    def __init__(self, student: Student) -> None:
        self.weights = student.trained()

    def state_dict(self) -> dict[str, Any]:
        """By name."""
        return {name: weight.detach() for name, weight in self.weights.items()}

    @torch.no_grad()
    def load_state_dict(self, state_dict: dict[str, Any], /) -> None:
        """Takes up ``state_dict``'s output."""
        for name, weight in self.weights.items():
            weight.copy_(state_dict[name])


@dataclass(slots=True)
class Epochs:
    """Steps one after another; the end of each epoch is measured, and the best epoch's weights are kept."""

    run: Run
    stepper: FinetuneStepper
    steps: int

    def __call__(self, step: int) -> dict[str, float]:
        """One step; the last of an epoch also returns the held-out figures."""
        line = {**self.stepper(step), "epoch": (step + 1) / self.steps}
        if (step + 1) % self.steps == 0:
            found = held_out_figures(self.stepper.towers, self.stepper.config)
            self._keep_if_best((step + 1) // self.steps, found["validation_loss"])
            line |= found
        return line

    def parts(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        weights = TrainedWeights(self.stepper.towers.student)
        return {"weights": weights, "optimizer": self.stepper.optimizer}

    def note_before(self) -> None:
        """Measures before the first step, once."""
        path = self.run.folder / BEFORE_NAME
        if not path.is_file() and self.stepper.processes.writes:
            found = held_out_figures(self.stepper.towers, self.stepper.config)
            path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")

    def _keep_if_best(self, epoch: int, loss: float) -> None:
        if not self.stepper.processes.writes:
            return
        folder = self.run.folder
        path, waiting = folder / BEST_NAME, folder / f"{BEST_WEIGHTS}.tmp"
        best = json.loads(path.read_text(encoding="utf-8"))["loss"] if path.is_file() else float("inf")
        if loss < best:
            trained = self.stepper.towers.student.trained()
            save_file({name: w.detach().cpu().contiguous() for name, w in trained.items()}, waiting)
            waiting.replace(folder / BEST_WEIGHTS)
            path.write_text(json.dumps({"epoch": epoch, "loss": loss}) + "\n", encoding="utf-8")


def _finish(run: Run, epochs: Epochs, source: CaptionedSet, place: Place) -> dict[str, Any]:
    """Measures the best epoch's weights and, in the process that writes, saves everything."""
    if not place.processes.writes:
        return {"after": {}, "drift": {}}
    towers, config = epochs.stepper.towers, epochs.stepper.config
    TrainedWeights(towers.student).load_state_dict(load_file(run.folder / BEST_WEIGHTS))
    report = _report(run, towers, config)
    details = {"data": source.digest, "config": json.loads(json.dumps(asdict(config), default=str))}
    details |= asdict(source.terms)
    encoder, clip = run.folder / "text_encoder", run.folder / "clip" if place.keep_clip else None
    save_student(towers.student, details, encoder, clip)
    write_environment(run.folder, place.processes, epochs.stepper.micro, towers.bf16)
    write_curves(run.folder, {run.folder.name: epochs_of(run.folder, epochs.steps)})
    write_report(run.folder, report, readme(run.folder.name, report))
    print(f"Written to {run.folder}; {REPORT_NAME} holds the figures.", flush=True)
    return report


def _report(run: Run, towers: Towers, config: FinetuneConfig) -> dict[str, Any]:
    best = json.loads((run.folder / BEST_NAME).read_text(encoding="utf-8"))
    return {
        "config": json.loads((run.folder / "config.json").read_text(encoding="utf-8")),
        "before": json.loads((run.folder / BEFORE_NAME).read_text(encoding="utf-8")),
        "after": held_out_figures(towers, config),
        "drift": drift_figures(towers, config.clip),
        "best_epoch": best["epoch"],
        "training_pictures": len(towers.data.training),
        "held_out_pictures": len(towers.data.measured(config.measured)),
        "distinct_captions": len(towers.data.captions.texts),
        "next": f"python -m training.check_encoder --encoder {run.folder / 'text_encoder'} --model MODEL",
    }
