"""Trains the autoencoder of the embedded model on random crops of phantoms.

RUN/model becomes a diffusers AutoencoderKL whose latents have unit variance (scaling_factor 1). The same
command on the same run folder goes on where it stopped.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from numpy.typing import NDArray
from torch import Tensor

from core.errors import Script2SkinError
from training.averages import MovingAverage
from training.datasets import LESION, Bytes, Crops, PhantomSet, open_phantoms
from training.devices import choose_device, half_precision
from training.losses import clip_gradients
from training.previews import to_pictures, write_grid
from training.reconstruction import kl_to_normal, lesion_weights, psnr, reconstruction_loss
from training.runs import Pace, Rhythm, Run, Training, follow, open_run, step_generator
from training.whitening import fold_whitening, latent_statistics

QUIET_LOG_VARIANCE = -8.0
"""Log variance of the latents' noise at the start."""


@dataclass(frozen=True, slots=True)
class AutoencoderConfig:
    """All that makes an autoencoder; saved with the run."""

    phantoms: str
    pace: Pace
    seed: int = 0
    init: str | None = None
    channels: tuple[int, ...] = (16, 16, 48, 96, 128)
    latent_channels: int = 12
    norm_groups: int = 8
    crop: int = 128
    batch: int = 8
    lesion_weight: float = 7.0
    edges: float = 1.0
    kl: float = 1e-6
    weight_decay: float = 1e-4
    clip: float = 1.0
    average: float = 0.998
    half: bool = True


@dataclass(frozen=True, slots=True)
class Learner:
    """Network, optimizer and average, with the step that moves them."""

    vae: AutoencoderKL
    optimizer: torch.optim.Optimizer
    average: MovingAverage
    crops: Crops
    config: AutoencoderConfig
    rows: NDArray[np.int64] = field(repr=False)

    def take_step(self, step: int) -> dict[str, float]:
        """Moves the weights once and returns the losses and the gradients' norm before clipping."""
        original, weights, generator = self._batch(step)
        with half_precision(original.device, self.config.half):
            posterior = self.vae.encode(original).latent_dist
            picture = self.vae.decode(posterior.sample(generator)).sample
        divergence = kl_to_normal(posterior.mean.float(), posterior.logvar.float())
        error = reconstruction_loss(picture.float(), original, weights, self.config.edges)
        loss = error + self.config.kl * divergence
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = clip_gradients(list(self.vae.parameters()), self.config.clip)
        self.optimizer.step()
        self.average.update()
        losses = {"loss": float(loss.detach()), "kl": float(divergence.detach()), "gradient_norm": norm}
        return {**losses, "samples": self.config.batch}

    def _batch(self, step: int) -> tuple[Tensor, Tensor, torch.Generator]:
        device = self.vae.device
        rng = np.random.default_rng((self.config.seed, step))
        rows = rng.choice(self.rows, self.config.batch)
        pictures, lesions = self.crops.draw(rows, rng)
        weights = lesion_weights(torch.from_numpy(lesions).to(device), self.config.lesion_weight)
        return to_pixels(pictures, device), weights, step_generator(self.config.seed, step, device)


def to_pixels(pictures: Bytes, device: torch.device) -> Tensor:
    """(batch, height, width, 3) bytes to (batch, 3, height, width) in -1..1."""
    tensor = torch.from_numpy(np.ascontiguousarray(pictures)).to(device)
    return tensor.permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1


def build_autoencoder(config: AutoencoderConfig, size: int) -> AutoencoderKL:
    """A new network, or the one in ``config.init``; ``size`` is the pictures' side in pixels."""
    if config.init:
        return AutoencoderKL.from_pretrained(config.init, torch_dtype=torch.float32)
    torch.manual_seed(config.seed)
    blocks = len(config.channels)
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * blocks,
        up_block_types=("UpDecoderBlock2D",) * blocks,
        block_out_channels=config.channels,
        layers_per_block=1,
        latent_channels=config.latent_channels,
        norm_num_groups=config.norm_groups,
        mid_block_add_attention=False,
        sample_size=size,
        scaling_factor=1.0,
    )
    start_calmly(vae)
    return vae


@torch.no_grad()
def start_calmly(vae: AutoencoderKL) -> None:
    """Starts with nearly noiseless latents.

    As built, latents carry noise of deviation 1 beside a signal of a tenth of it; the signal then grows in
    one direction, brightness, to a hundred times the noise, and colour and detail are never learned.
    """
    channels = vae.config.latent_channels
    vae.quant_conv.weight[channels:] = 0
    vae.quant_conv.bias[channels:] = QUIET_LOG_VARIANCE


def make_learner(config: AutoencoderConfig, phantoms: PhantomSet, device: torch.device) -> Learner:
    """A learner at step 0."""
    vae = build_autoencoder(config, phantoms.size).to(device).train()
    optimizer = torch.optim.AdamW(
        vae.parameters(), config.pace.learning_rate, (0.9, 0.99), weight_decay=config.weight_decay
    )
    average = MovingAverage(vae, config.average)
    crops = Crops(phantoms, min(config.crop, phantoms.size))
    return Learner(vae, optimizer, average, crops, config, phantoms.training_rows())


@torch.no_grad()
def reconstruct(vae: AutoencoderKL, pictures: Bytes, half: bool = True) -> Tensor:
    """Encodes and decodes whole pictures, (batch, height, width, 3) bytes to float pixels."""
    with half_precision(vae.device, half):
        return vae.decode(vae.encode(to_pixels(pictures, vae.device)).latent_dist.mode()).sample.float()


@torch.no_grad()
def measure(vae: AutoencoderKL, phantoms: PhantomSet, most: int = 64) -> dict[str, float]:
    """PSNR in dB on pictures kept from training: everywhere, and on lesions alone."""
    rows = phantoms.validation_rows(most)
    original = to_pixels(phantoms.images[rows], vae.device)
    chunks = [reconstruct(vae, phantoms.images[part]) for part in np.array_split(rows, -(-len(rows) // 8))]
    picture = torch.cat(chunks)
    lesions = torch.from_numpy(phantoms.masks[rows] == LESION).to(vae.device)
    figures = {"psnr": psnr(picture, original)}
    return {**figures, "psnr_lesions": psnr(picture, original, lesions)} if lesions.any() else figures


def make_preview(run: Run, learner: Learner, phantoms: PhantomSet) -> Callable[[int], None]:
    """A function that writes originals above reconstructions and logs PSNR."""
    rows = phantoms.validation_rows(8)
    originals = phantoms.images[rows]

    def preview(step: int) -> None:
        with learner.average.applied() as vae:
            pictures = to_pictures(reconstruct(vae, originals))
            run.log(step=step, **measure(vae, phantoms, 24))
        write_grid(run.folder / "previews" / f"{step:06d}.png", [*originals, *pictures], len(rows))

    return preview


@torch.no_grad()
def finish(run: Run, learner: Learner, phantoms: PhantomSet) -> dict[str, float]:
    """Takes the average, folds the whitening in, measures, and saves RUN/model."""
    vae = learner.vae.eval()
    learner.average.copy_to(vae)
    rows = learner.rows[:: max(1, len(learner.rows) // 512)]
    batches = (
        to_pixels(phantoms.images[part], vae.device) for part in np.array_split(rows, -(-len(rows) // 8))
    )
    fold_whitening(vae, *latent_statistics(vae.encode(batch).latent_dist.mode() for batch in batches))
    figures = measure(vae, phantoms)
    vae.save_pretrained(run.model)
    return figures


def main(argv: Sequence[str] | None = None) -> int:
    """Trains, or goes on training, and saves the autoencoder; 1 with a sentence when it can't."""
    arguments = parse_arguments(argv)
    try:
        train(arguments.output, read_config(arguments), choose_device(arguments.device))
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def read_config(arguments: Namespace) -> AutoencoderConfig:
    """The configuration that the flags ask for."""
    return AutoencoderConfig(
        phantoms=str(arguments.phantoms),
        pace=Pace(arguments.minutes, arguments.steps, arguments.learning_rate),
        seed=arguments.seed,
        init=arguments.init,
        channels=tuple(arguments.channels),
        batch=arguments.batch,
    )


def train(
    folder: Path, config: AutoencoderConfig, device: torch.device, rhythm: Rhythm | None = None
) -> None:
    """Runs one training to its end in ``folder``."""
    phantoms = open_phantoms(Path(config.phantoms))
    run = open_run(folder, config, config.pace, rhythm)
    learner = make_learner(config, phantoms, device)
    parts = {"model": learner.vae, "optimizer": learner.optimizer, "average": learner.average}
    training = Training(parts, learner.optimizer)
    run.restore(training)
    follow(run, training, learner.take_step, make_preview(run, learner, phantoms))
    figures = finish(run, learner, phantoms)
    run.log(step=training.step, seconds=training.seconds, **figures)
    print(", ".join(f"{name} {value:.2f}" for name, value in figures.items()), flush=True)


def parse_arguments(argv: Sequence[str] | None) -> Namespace:
    """The command's flags; everything else stands in AutoencoderConfig."""
    standard = AutoencoderConfig("", Pace(steps=1))
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--phantoms", type=Path, required=True, help="folder of training.render_phantoms")
    parser.add_argument("--output", type=Path, required=True, help="run folder, made or gone on with")
    parser.add_argument("--minutes", type=float, help="how long to train")
    parser.add_argument("--steps", type=int, help="how many steps to train, at most")
    parser.add_argument("--batch", type=int, default=standard.batch)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--channels", type=int, nargs="+", default=standard.channels)
    parser.add_argument("--init", help="folder of an autoencoder to start from")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
