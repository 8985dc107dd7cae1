"""Trains the judge on phantoms that no generator has learned from, and the colours that tones are told by.

    python -m training.train_judge --phantoms DIR --output RUN --minutes 8

Writes RUN/model: config.json, model.safetensors, tone_reference.json and report.json with the judge's own
accuracy on held-out phantoms. A run that was interrupted goes on where it stopped when the same command is
given again.
"""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from core.errors import Script2SkinError
from core.language.attributes import KINDS, Attributes
from core.language.vocabulary import load_vocabulary
from core.measuring.judge import load_judge, save_judge
from core.measuring.judge_network import PATCH, JudgeConfig, JudgeNetwork
from training.clip_tuning.losses import area_loss, clip_gradients, rash_map_loss
from training.embedded.areas import area_classes
from training.embedded.augmentation import Disturbance, disturb_colours, disturb_views
from training.embedded.datasets import Bytes, PhantomSet, open_phantoms
from training.embedded.reconstructed import reconstruct_phantoms
from training.evaluation.judge_report import judge_report, tone_reference
from training.evaluation.judge_start import start_from
from training.loop.devices import choose_device, half_precision
from training.loop.pace import Pace
from training.loop.runs import Run, Training, follow, open_run

LESION_SHARE = 0.2
"""A square of the area map is lesion from this share on: 4x4 pixels with at least four of them."""

FURTHER_WEIGHT = 0.7
"""Of severity and of view, where the phantoms have them, beside rash and site."""

AREA_WEIGHTS = (1.0, 1.0, 2.0)
"""Background, skin, lesion: lesions are small."""


@dataclass(frozen=True, slots=True)
class JudgeRunConfig:
    """What decides a judge's run; saved in it as config.json."""

    phantoms: Path
    held_out: Path | None = None
    init: Path | None = None
    """A judge to start from; words that it doesn't know begin anew."""
    vae: Path | None = None
    """An autoencoder that hands on a share of the phantoms: whatever a generator draws has passed one."""
    handed_on: float = 0.5
    seed: int = 0
    batch: int = 16
    weight_decay: float = 0.05
    gradient_limit: float = 5.0
    area_weight: float = 1.0
    square_weight: float = 0.5
    """Weight of the rash told by each lesion square by itself."""
    smoothing: float = 0.02
    bf16: bool = field(default_factory=torch.cuda.is_available)
    """Half precision pays on a GPU; on two cores this small network is faster without (measured)."""
    disturbance: Disturbance = field(default_factory=Disturbance)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    config = JudgeRunConfig(
        arguments.phantoms,
        arguments.held_out,
        arguments.init,
        arguments.vae,
        seed=arguments.seed,
        batch=arguments.batch,
    )
    try:
        pace = Pace(arguments.minutes, arguments.steps, arguments.learning_rate)
        run = open_run(arguments.output, config, pace)
        figures = train_judge(run, config, choose_device(arguments.device))
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(figures, indent=2))
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--phantoms", type=Path, required=True, help="folder of training.render_phantoms")
    parser.add_argument(
        "--held-out", type=Path, help="phantoms of a further seed to measure on (default: every tenth of DIR)"
    )
    parser.add_argument("--output", type=Path, required=True, help="run folder")
    parser.add_argument("--init", type=Path, help="judge to start from instead of random weights")
    parser.add_argument("--vae", type=Path, help="autoencoder through which it sees every other phantom")
    parser.add_argument("--minutes", type=float, help="how long to train")
    parser.add_argument("--steps", type=int, help="how many steps to train, if fewer")
    parser.add_argument("--batch", type=int, default=16, help="pictures a step (default 16)")
    parser.add_argument("--learning-rate", type=float, default=2e-3, help="highest (default 0.002)")
    parser.add_argument("--seed", type=int, default=0, help="of weights and batches")
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto (default)")
    return parser


def train_judge(run: Run, config: JudgeRunConfig, device: torch.device) -> dict[str, object]:
    """Trains to the run's end, saves the judge with its tone table and returns its figures."""
    phantoms = open_phantoms(config.phantoms)
    torch.manual_seed(config.seed)
    wanted = config_for(phantoms)
    network = (start_from(config.init, wanted) if config.init else JudgeNetwork(wanted)).to(device)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=config.weight_decay)
    training = Training({"judge": network, "optimizer": optimizer}, optimizer)
    run.restore(training)
    train_rows, held_out_rows = split_rows(len(phantoms), config.held_out is not None)
    handed_on = _handed_on(phantoms, config, run.folder / "handed_on", device) if config.vae else None
    follow(run, training, JudgeStepper(network, optimizer, phantoms, train_rows, config, device, handed_on))
    save_judge(network, run.model)
    judge = load_judge(run.model)
    reference = tone_reference(judge, phantoms, train_rows, run.model)
    measured = open_phantoms(config.held_out) if config.held_out else phantoms
    rows = np.arange(len(measured)) if config.held_out else held_out_rows
    return judge_report(judge, reference, measured, rows, run.model)


def _handed_on(phantoms: PhantomSet, config: JudgeRunConfig, folder: Path, device: torch.device) -> Bytes:
    vae = AutoencoderTiny.from_pretrained(config.vae, torch_dtype=torch.float32).to(device).eval()
    return reconstruct_phantoms(vae, phantoms, folder, config.seed)


def config_for(phantoms: PhantomSet) -> JudgeConfig:
    """Heads for everything that the phantoms show, in the vocabulary's order."""
    vocabulary = load_vocabulary()
    seen = [phantom.attributes for phantom in phantoms.phantoms]
    shown = {kind: {key for a in seen for k, key in a.named() if k == kind} for kind in KINDS}
    words = {kind: tuple(key for key in vocabulary.entries(kind) if key in shown[kind]) for kind in KINDS}
    return JudgeConfig(
        words["rash"],
        words["site"],
        size=phantoms.size,
        severities=words["severity"],
        views=words["view"],
    )


def split_rows(count: int, all_train: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to learn from and rows to measure on: every tenth, unless another folder is there for it."""
    rows = np.arange(count)
    if all_train or count < 10:
        return rows, rows
    return rows[rows % 10 != 0], rows[rows % 10 == 0]


def _labels(known: JudgeConfig, attributes: Attributes) -> list[int]:
    """Places in the heads' keys; -1 for what the picture has none of."""
    labels = [known.rashes.index(attributes.rash or ""), known.sites.index(attributes.site or "")]
    further = ((known.severities, attributes.severity), (known.views, attributes.view))
    return labels + [keys.index(key) if key is not None else -1 for keys, key in further if keys]


@dataclass(slots=True)
class JudgeStepper:
    """One step of training after another; the step's number decides its batch."""

    network: JudgeNetwork
    optimizer: torch.optim.Optimizer
    phantoms: PhantomSet
    rows: NDArray[np.int64]
    config: JudgeRunConfig
    device: torch.device
    handed_on: Bytes | None = None
    """The phantoms again, as an autoencoder hands them on."""

    def __call__(self, step: int) -> dict[str, float]:
        """Moves the weights once; returns what to log."""
        rng = np.random.default_rng((self.config.seed, step))
        chosen = np.sort(rng.choice(self.rows, min(self.config.batch, len(self.rows)), replace=False))
        pixels, labels, areas = self._batch(chosen, rng)
        self.network.train()
        with half_precision(self.device, self.config.bf16):
            found = self.network(pixels)
        rash = self._cross_entropy(found.rash, labels[:, 0])
        site = self._cross_entropy(found.site, labels[:, 1])
        area = area_loss(found.areas, areas, torch.tensor(AREA_WEIGHTS))
        square = rash_map_loss(found.rash_map, labels[:, 0], areas)
        further = self._further_losses(found.further, labels[:, 2:])
        loss = rash + site + self.config.area_weight * area + self.config.square_weight * square
        loss = loss + FURTHER_WEIGHT * sum(further.values(), start=torch.zeros_like(loss))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = clip_gradients(list(self.network.parameters()), self.config.gradient_limit)
        self.optimizer.step()
        right = (found.rash.argmax(dim=1) == labels[:, 0]).float().mean()
        parts = {"loss": loss, "rash_loss": rash, "site_loss": site, "area_loss": area, "rash_right": right}
        parts |= further
        logged = {name: float(value.detach()) for name, value in parts.items()}
        return {**logged, "gradient_norm": norm, "samples": len(chosen)}

    def _cross_entropy(self, logits: Tensor, labels: Tensor) -> Tensor:
        return functional.cross_entropy(logits.float(), labels, label_smoothing=self.config.smoothing)

    def _further_losses(self, found: dict[str, Tensor], labels: Tensor) -> dict[str, Tensor]:
        """Of severity and view, over the pictures that have them."""
        losses = {}
        for i, (name, logits) in enumerate(found.items()):
            has = labels[:, i] >= 0
            losses[f"{name}_loss"] = (
                self._cross_entropy(logits[has], labels[has, i]) if has.any() else 0 * logits.float().sum()
            )
        return losses

    def _batch(self, rows: NDArray[np.int64], rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Disturbed pictures in -1..1, (batch, heads) numbers of rash, site and what else the judge tells (-1
        where the picture has none), area classes."""
        how = self.config.disturbance
        images, masks = disturb_views(self._seen(rows, rng), self.phantoms.masks[rows], rng, how)
        images = disturb_colours(images, rng, how)
        pixels = torch.from_numpy(images).to(self.device).permute(0, 3, 1, 2).float() / 127.5 - 1
        areas = area_classes(masks, self.phantoms.size // PATCH, LESION_SHARE)
        labels = [_labels(self.network.config, self.phantoms.phantoms[row].attributes) for row in rows]
        return pixels, torch.tensor(labels).to(self.device), torch.from_numpy(areas).to(self.device)

    def _seen(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Bytes:
        """The phantoms, a share of them as they are handed on."""
        images = self.phantoms.images[rows]
        if self.handed_on is None:
            return images
        through = rng.random(len(rows)) < self.config.handed_on
        return np.where(through[:, None, None, None], self.handed_on[rows], images)


if __name__ == "__main__":
    sys.exit(main())
