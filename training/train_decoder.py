"""Trains an autoencoder's decoder on what a UNet makes, against an adversary.

training.train_autoencoder teaches the decoder to undo the encoder; what a UNet draws differs from that, and a
plain loss fades what it is unsure of. Here half of each batch are latents that the UNet drew anew
(training.redraw_latents) beside the phantom they began as, and an adversary asks for pictures that could be
real. The encoder never moves: the UNet's latents keep their meaning. RUN/model is the whole autoencoder. The
same command on the same run folder goes on where it stopped.
"""

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from torch import Tensor

from core.errors import Script2SkinError
from core.weights.autoencoders import encode
from training.clip_tuning.losses import clip_gradients
from training.embedded.adversary import CELL, Adversary, ask, telling_loss
from training.embedded.datasets import Crops, PhantomSet, open_phantoms
from training.embedded.previews import to_pictures, write_grid
from training.embedded.reconstruction import PictureLoss, lesion_weights
from training.embedded.redrawn import RedrawnSet, crop_redrawn, open_redrawn
from training.loop.averages import MovingAverage
from training.loop.devices import choose_device, half_pays, half_precision
from training.loop.pace import Pace
from training.loop.runs import Rhythm, Run, Training, follow, open_run, step_generator
from training.train_autoencoder import measure, to_pixels

CROP = 96
"""Pixels of a crop along one side, a multiple of the adversary's and the latents' cells."""

BETAS = (0.5, 0.99)
"""Of both optimizers: a short memory, since each network's task moves with the other."""


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """All that makes a decoder; saved with the run."""

    phantoms: str
    redrawn: str
    init: str
    pace: Pace
    seed: int = 0
    crop: int = CROP
    batch: int = 4
    lesion_weight: float = 5.0
    loss: PictureLoss = field(default_factory=PictureLoss)
    fidelity: float = 0.6
    """Weight of the plain loss on redrawn latents: they may differ from the phantom they began as."""
    realism: float = 0.1
    features: float = 1.0
    alone: int = 200
    """Steps in which the adversary learns before the decoder hears of it."""
    adversary_rate: float = 4e-4
    latent_noise: float = 0.05
    weight_decay: float = 1e-4
    clip: float = 1.0
    average: float = 0.998
    half: bool = field(default_factory=half_pays)
    """bfloat16 where it is the faster; see ``training.loop.devices``."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One step's pictures and lesion weights, the latents to decode, and how much the plain loss counts."""

    original: Tensor
    weights: Tensor
    latents: Tensor
    fidelity: Tensor


@dataclass(frozen=True, slots=True)
class Learner:
    """Decoder and adversary with their optimizers, and the step that moves both."""

    vae: AutoencoderTiny
    optimizer: torch.optim.Optimizer
    adversary: Adversary
    adversary_optimizer: torch.optim.Optimizer
    average: MovingAverage
    phantoms: PhantomSet
    redrawn: RedrawnSet
    config: DecoderConfig
    rows: NDArray[np.int64] = field(repr=False)

    def take_step(self, step: int) -> dict[str, float]:
        """Moves the adversary, then the decoder, once."""
        lesson = self.lesson(step)
        with self._precision():
            picture = self.vae.decode(lesson.latents).sample.float()
        told = self._move_adversary(lesson, picture)
        loss = self.config.loss(picture, lesson.original, lesson.weights * lesson.fidelity)
        asked = loss if step < self.config.alone else loss + self._asked(lesson, picture)
        self.optimizer.zero_grad(set_to_none=True)
        asked.backward()
        norm = clip_gradients(list(self.vae.decoder.parameters()), self.config.clip)
        self.optimizer.step()
        self.average.update()
        found = {"loss": float(loss.detach()), "adversary": told, "gradient_norm": norm}
        return {**found, "samples": self.config.batch}

    def _move_adversary(self, lesson: Lesson, picture: Tensor) -> float:
        with self._precision():
            loss = telling_loss(self.adversary, lesson.original, picture, lesson.weights)
        self.adversary_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.adversary_optimizer.step()
        return float(loss.detach())

    def _asked(self, lesson: Lesson, picture: Tensor) -> Tensor:
        with self._precision():
            verdict = ask(self.adversary, lesson.original, picture, lesson.weights)
        return self.config.realism * verdict.realism + self.config.features * verdict.features

    def _precision(self) -> torch.autocast:
        return half_precision(self.vae.device, self.config.half)

    def lesson(self, step: int) -> Lesson:
        """The pictures of one step, the same whenever it is taken: half encoded, half redrawn."""
        config, device = self.config, self.vae.device
        rng = np.random.default_rng((config.seed, step))
        redrawn = crop_redrawn(self.redrawn, self.phantoms, config.batch // 2, config.crop, rng)
        rows = rng.choice(self.rows, config.batch - len(redrawn.latents))
        pictures, lesions = Crops(self.phantoms, config.crop).draw(rows, rng)
        own = self._encoded(to_pixels(pictures, device), step)
        drawn = torch.from_numpy(redrawn.latents).float().to(device) / self.vae.config.scaling_factor
        seen = torch.from_numpy(np.concatenate([lesions, redrawn.lesions])).to(device)
        fidelity = torch.tensor([1.0] * len(own) + [config.fidelity] * len(drawn), device=device)
        return Lesson(
            to_pixels(np.concatenate([pictures, redrawn.pictures]), device),
            lesion_weights(seen, config.lesion_weight),
            torch.cat([own, drawn]),
            fidelity[:, None, None, None],
        )

    @torch.no_grad()
    def _encoded(self, original: Tensor, step: int) -> Tensor:
        latents = encode(self.vae, original).float()
        generator = step_generator(self.config.seed, step, latents.device)
        noise = torch.randn(latents.shape, generator=generator, device=latents.device)
        return latents + self.config.latent_noise * latents.std() * noise


def make_learner(
    config: DecoderConfig, phantoms: PhantomSet, redrawn: RedrawnSet, device: torch.device
) -> Learner:
    """A learner at step 0, the decoder as it is in ``config.init``."""
    torch.manual_seed(config.seed)
    vae = AutoencoderTiny.from_pretrained(config.init, torch_dtype=torch.float32).to(device).train()
    vae.encoder.requires_grad_(False)
    vae.decoder.to(memory_format=torch.channels_last)
    adversary = Adversary().to(device)
    decay = config.weight_decay
    optimizer = torch.optim.AdamW(
        vae.decoder.parameters(), config.pace.learning_rate, BETAS, weight_decay=decay
    )
    other = torch.optim.AdamW(adversary.parameters(), config.adversary_rate, BETAS, weight_decay=decay)
    average = MovingAverage(vae, config.average)
    rows = phantoms.training_rows()
    return Learner(vae, optimizer, adversary, other, average, phantoms, redrawn, config, rows)


def write_preview(run: Run, learner: Learner, step: int, count: int = 8) -> None:
    """Phantoms above what the decoder makes of their redrawn latents."""
    vae = learner.vae
    latents = torch.from_numpy(np.array(learner.redrawn.latents[:count])).float().to(vae.device)
    with learner.average.applied(), torch.no_grad():
        made = to_pictures(vae.decode(latents / vae.config.scaling_factor).sample)
    originals = learner.phantoms.images[learner.redrawn.rows[:count]]
    write_grid(run.folder / "previews" / f"{step:06d}.png", [*originals, *made], len(made))


def train(folder: Path, config: DecoderConfig, device: torch.device, rhythm: Rhythm | None = None) -> None:
    """Runs one training to its end in ``folder``."""
    phantoms = open_phantoms(Path(config.phantoms))
    redrawn = open_redrawn(Path(config.redrawn), phantoms)
    run = open_run(folder, config, config.pace, rhythm)
    learner = make_learner(config, phantoms, redrawn, device)
    parts = {
        "model": learner.vae,
        "optimizer": learner.optimizer,
        "average": learner.average,
        "adversary": learner.adversary,
        "adversary_optimizer": learner.adversary_optimizer,
    }
    training = Training(parts, learner.optimizer)
    run.restore(training)
    follow(run, training, learner.take_step, lambda step: write_preview(run, learner, step))
    write_preview(run, learner, training.step)
    learner.average.copy_to(learner.vae.eval())
    figures = measure(learner.vae, phantoms)
    run.log(step=training.step, seconds=training.seconds, **figures)
    learner.vae.save_pretrained(run.model)
    print(", ".join(f"{name} {value:.2f}" for name, value in figures.items()), flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Trains, or goes on training, and saves the autoencoder; 1 with a sentence when it can't."""
    arguments = parse_arguments(argv)
    try:
        train(arguments.output, read_config(arguments), choose_device(arguments.device))
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def read_config(arguments: Namespace) -> DecoderConfig:
    """The configuration that the flags ask for; crops are whole cells of the adversary."""
    size = open_phantoms(arguments.phantoms).size
    return DecoderConfig(
        phantoms=str(arguments.phantoms),
        redrawn=str(arguments.redrawn),
        init=str(arguments.init),
        pace=Pace(arguments.minutes, arguments.steps, arguments.learning_rate),
        seed=arguments.seed,
        crop=min(CROP, size // CELL * CELL),
        batch=arguments.batch,
    )


def parse_arguments(argv: Sequence[str] | None) -> Namespace:
    """The command's flags; everything else stands in DecoderConfig."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--phantoms", type=Path, required=True, help="folder of training.render_phantoms")
    parser.add_argument("--redrawn", type=Path, required=True, help="folder of training.redraw_latents")
    parser.add_argument("--init", type=Path, required=True, help="folder of the autoencoder to start from")
    parser.add_argument("--output", type=Path, required=True, help="run folder, made or gone on with")
    parser.add_argument("--minutes", type=float, help="how long to train")
    parser.add_argument("--steps", type=int, help="how many steps to train, at most")
    parser.add_argument("--batch", type=int, default=4, help="crops a step; at least 2")
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
