"""Trains the autoencoder of the embedded model on random crops of phantoms.

RUN/model becomes a diffusers AutoencoderTiny whose encoder is a linear map, the principal components of
patches, and whose decoder learns what lines and squares can't: edges, rings, scale (docs/measurements.md).
The encoder never moves, so a decoder can be trained further (--init) beside or after a UNet on its latents.
The same command on the same run folder goes on where it stopped.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
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
from training.embedded.autoencoder_layout import SIZES, AutoencoderSize, build_autoencoder
from training.embedded.datasets import LESION, Bytes, Crops, PhantomSet, open_phantoms
from training.embedded.linear_start import start_from_components
from training.embedded.previews import to_pictures, write_grid
from training.embedded.reconstruction import PictureLoss, lesion_weights, psnr
from training.loop.averages import MovingAverage
from training.loop.devices import choose_device, half_precision
from training.loop.pace import Pace
from training.loop.runs import Rhythm, Run, Training, follow, open_run, step_generator


@dataclass(frozen=True, slots=True)
class AutoencoderConfig:
    """All that makes an autoencoder; saved with the run."""

    phantoms: str
    pace: Pace
    size: AutoencoderSize = field(default_factory=AutoencoderSize)
    seed: int = 0
    init: str | None = None
    start_pictures: int = 96
    """Pictures whose principal components the weights start from."""
    crop: int = 96
    batch: int = 4
    lesion_weight: float = 5.0
    loss: PictureLoss = field(default_factory=PictureLoss)
    latent_noise: float = 0.05
    """Noise that the decoder sees, as a share of the latents' deviation: a UNet's latents will have some."""
    weight_decay: float = 1e-4
    clip: float = 1.0
    average: float = 0.995
    half: bool = field(default_factory=torch.cuda.is_available)
    """bfloat16 where a GPU is; on a processor without matrix units float32 is faster."""


@dataclass(frozen=True, slots=True)
class Learner:
    """Network, optimizer and average, with the step that moves them."""

    vae: AutoencoderTiny
    optimizer: torch.optim.Optimizer
    average: MovingAverage
    crops: Crops
    config: AutoencoderConfig
    rows: NDArray[np.int64] = field(repr=False)

    def take_step(self, step: int) -> dict[str, float]:
        """Moves the decoder's weights once and returns the loss and the gradients' norm before clipping."""
        original, weights, generator = self._batch(step)
        with half_precision(original.device, self.config.half):
            latents = encode(self.vae, original)
            noise = torch.randn(latents.shape, generator=generator, device=latents.device)
            picture = self.vae.decode(latents + self.config.latent_noise * latents.std() * noise).sample
        loss = self.config.loss(picture.float(), original, weights)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = clip_gradients(list(self.vae.decoder.parameters()), self.config.clip)
        self.optimizer.step()
        self.average.update()
        return {"loss": float(loss.detach()), "gradient_norm": norm, "samples": self.config.batch}

    def _batch(self, step: int) -> tuple[Tensor, Tensor, torch.Generator]:
        device = self.vae.device
        rng = np.random.default_rng((self.config.seed, step))
        rows = rng.choice(self.rows, self.config.batch)
        pictures, lesions = self.crops.draw(rows, rng)
        weights = lesion_weights(torch.from_numpy(lesions).to(device), self.config.lesion_weight)
        return to_pixels(pictures, device), weights, step_generator(self.config.seed, step, device)


def to_pixels(pictures: Bytes, device: torch.device) -> Tensor:
    """(batch, height, width, 3) bytes to (batch, 3, height, width) in -1..1."""
    tensor = torch.from_numpy(np.array(pictures)).to(device)
    return tensor.permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1


def new_autoencoder(config: AutoencoderConfig, phantoms: PhantomSet, fresh: bool) -> AutoencoderTiny:
    """The network in ``config.init``, or a new one that starts from principal components if ``fresh``."""
    if config.init:
        return AutoencoderTiny.from_pretrained(config.init, torch_dtype=torch.float32)
    torch.manual_seed(config.seed)
    vae = build_autoencoder(config.size)
    if fresh:
        rows = phantoms.training_rows()
        chosen = rows[:: max(1, len(rows) // config.start_pictures)][: config.start_pictures]
        pixels = to_pixels(phantoms.images[chosen], torch.device("cpu"))
        start_from_components(vae, pixels, torch.from_numpy(phantoms.masks[chosen] == LESION))
    return vae


def make_learner(
    config: AutoencoderConfig, phantoms: PhantomSet, device: torch.device, fresh: bool = True
) -> Learner:
    """A learner at step 0; not ``fresh`` when a checkpoint will fill in the weights."""
    vae = new_autoencoder(config, phantoms, fresh).to(device).train()
    vae.encoder.requires_grad_(False)
    decoder = vae.decoder.parameters()
    optimizer = torch.optim.AdamW(
        decoder, config.pace.learning_rate, (0.9, 0.99), weight_decay=config.weight_decay, fused=True
    )
    average = MovingAverage(vae, config.average)
    crops = Crops(phantoms, min(config.crop, phantoms.size))
    return Learner(vae, optimizer, average, crops, config, phantoms.training_rows())


@torch.no_grad()
def reconstruct(vae: AutoencoderTiny, pictures: Bytes, half: bool = False) -> Tensor:
    """Encodes and decodes whole pictures, (batch, height, width, 3) bytes to float pixels."""
    with half_precision(vae.device, half):
        return vae.decode(encode(vae, to_pixels(pictures, vae.device))).sample.float()


@torch.no_grad()
def measure(vae: AutoencoderTiny, phantoms: PhantomSet, most: int = 64) -> dict[str, float]:
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
    """Takes the average, sets the scale that gives latents unit variance, measures, and saves RUN/model."""
    vae = learner.vae.eval()
    learner.average.copy_to(vae)
    rows = learner.rows[:: max(1, len(learner.rows) // 256)]
    parts = [phantoms.images[part] for part in np.array_split(rows, -(-len(rows) // 8))]
    latents = torch.cat([encode(vae, to_pixels(part, vae.device)).cpu() for part in parts])
    if not learner.config.init:  # a UNet may already stand on the scale of the one it started from
        vae.register_to_config(scaling_factor=float(1 / latents.std()))
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
        size=SIZES[arguments.size],
        batch=arguments.batch,
    )


def train(
    folder: Path, config: AutoencoderConfig, device: torch.device, rhythm: Rhythm | None = None
) -> None:
    """Runs one training to its end in ``folder``."""
    phantoms = open_phantoms(Path(config.phantoms))
    run = open_run(folder, config, config.pace, rhythm)
    learner = make_learner(config, phantoms, device, fresh=not run.checkpoint.is_file())
    parts = {"model": learner.vae, "optimizer": learner.optimizer, "average": learner.average}
    training = Training(parts, learner.optimizer)
    run.restore(training)
    follow(run, training, learner.take_step, make_preview(run, learner, phantoms))
    figures = finish(run, learner, phantoms)
    run.log(step=training.step, seconds=training.seconds, **figures)
    print(", ".join(f"{name} {value:.2f}" for name, value in figures.items()), flush=True)


def parse_arguments(argv: Sequence[str] | None) -> Namespace:
    """The command's flags; everything else stands in AutoencoderConfig."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--phantoms", type=Path, required=True, help="folder of training.render_phantoms")
    parser.add_argument("--output", type=Path, required=True, help="run folder, made or gone on with")
    parser.add_argument("--minutes", type=float, help="how long to train")
    parser.add_argument("--steps", type=int, help="how many steps to train, at most")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--size", choices=SIZES, default="small", help="layout of the network")
    parser.add_argument("--init", help="folder of an autoencoder to start from")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
