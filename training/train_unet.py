"""Trains the UNet of the embedded model on the latents of phantoms, asked for by captions and paraphrases.

RUN/model becomes a diffusers UNet2DConditionModel, RUN/previews holds sample sheets. The same command on the
same run folder goes on where it stopped.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from numpy.typing import NDArray
from torch import Tensor

from core.errors import Script2SkinError
from training.clip_tuning.losses import clip_gradients
from training.embedded.datasets import PhantomSet, open_phantoms
from training.embedded.latents import LatentSet, channel_weights, encode_phantoms
from training.embedded.noise_schedule import TimestepSampler, make_scheduler
from training.embedded.reconstruction import lesion_weights, weighted_mean
from training.embedded.samples import SampleSheet
from training.embedded.unet_layout import SIZES, UNetSize, build_unet
from training.loop.averages import MovingAverage
from training.loop.devices import choose_device, half_pays, half_precision
from training.loop.runs import Pace, Rhythm, Training, follow, open_run, step_generator
from training.words.text_states import Prompts, PromptShares, TextStates, collect_prompts, text_states


@dataclass(frozen=True, slots=True)
class UNetConfig:
    """All that makes a UNet; saved with the run."""

    phantoms: str
    vae: str
    clip: str
    pace: Pace
    seed: int = 0
    init: str | None = None
    size: UNetSize = field(default_factory=UNetSize)
    batch: int = 32
    lesion_weight: float = 4.0
    prompts: PromptShares = field(default_factory=PromptShares)
    paraphrases: int = 12
    often: tuple[str, ...] = ()
    """Rashes whose pictures are taken twice as often: those of small lesions are learned last."""
    time_mean: float = 0.0
    time_deviation: float = 1.0
    even_share: float = 0.1
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    average: float = 0.999
    half: bool = field(default_factory=half_pays)
    """bfloat16 where it is the faster; see ``training.loop.devices``."""
    left_out: tuple[str, ...] | None = None
    """Names that it is never asked by."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """What the UNet learns from: latents, prompts by picture, and the prompts' hidden states."""

    encoded: LatentSet
    channel_weights: Tensor
    prompts: Prompts
    states: TextStates
    chances: NDArray[np.float64]
    """How often each picture is taken, as shares of 1."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One step's pictures: latents, lesion weights, noise, timesteps and text states, on the device."""

    latents: Tensor
    weights: Tensor
    noise: Tensor
    timesteps: Tensor
    states: Tensor


@dataclass(frozen=True, slots=True)
class Learner:
    """Network, optimizer and average, with the step that moves them."""

    unet: UNet2DConditionModel
    optimizer: torch.optim.Optimizer
    average: MovingAverage
    scheduler: DDIMScheduler
    sampler: TimestepSampler
    lessons: Lessons
    config: UNetConfig

    def take_step(self, step: int) -> dict[str, float]:
        """Moves the weights once and returns the loss and the gradients' norm before clipping."""
        loss = self.loss(self.batch(step))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = clip_gradients(list(self.unet.parameters()), self.config.clip_norm)
        self.optimizer.step()
        self.average.update()
        return {"loss": float(loss.detach()), "gradient_norm": norm, "samples": self.config.batch}

    def loss(self, batch: Batch) -> Tensor:
        """Squared error of the velocity, weighted on lesions and by what channels do to pixels."""
        noisy = self.scheduler.add_noise(batch.latents, batch.noise, batch.timesteps)
        target = self.scheduler.get_velocity(batch.latents, batch.noise, batch.timesteps)
        with half_precision(noisy.device, self.config.half):
            velocity = self.unet(noisy, batch.timesteps, batch.states).sample
        errors = (velocity.float() - target).square() * self.lessons.channel_weights.to(target.device)
        return weighted_mean(errors, batch.weights)

    def batch(self, step: int) -> Batch:
        """The pictures, prompts, noise and timesteps of one step, the same whenever it is taken."""
        config, encoded, device = self.config, self.lessons.encoded, self.unet.device
        rng, generator = np.random.default_rng((config.seed, step)), step_generator(config.seed, step)
        pictures = rng.choice(len(encoded.latents), size=config.batch, p=self.lessons.chances)
        mirrored = rng.integers(2, size=config.batch)
        latents = torch.from_numpy(encoded.latents[pictures, mirrored]).float()
        lesions = torch.from_numpy(encoded.lesions[pictures, mirrored])
        asked = self.lessons.prompts.draw(pictures, config.prompts, rng)
        tensors = (
            latents,
            lesion_weights(lesions, config.lesion_weight),
            torch.randn(latents.shape, generator=generator),
            self.sampler.draw(config.batch, generator),
            self.lessons.states.of(asked),
        )
        return Batch(*(tensor.to(device) for tensor in tensors))


def new_unet(config: UNetConfig, lessons: Lessons) -> UNet2DConditionModel:
    """A network with random weights, or the one in ``config.init``."""
    if config.init:
        return UNet2DConditionModel.from_pretrained(config.init, torch_dtype=torch.float32)
    torch.manual_seed(config.seed)
    channels, side = lessons.encoded.latents.shape[2:4]
    return build_unet(config.size, channels, side, lessons.states.width)


def make_learner(config: UNetConfig, lessons: Lessons, device: torch.device) -> Learner:
    """A learner at step 0."""
    unet = new_unet(config, lessons).to(device).train()
    optimizer = torch.optim.AdamW(
        unet.parameters(), config.pace.learning_rate, (0.9, 0.99), weight_decay=config.weight_decay
    )
    scheduler = make_scheduler()
    sampler = TimestepSampler(scheduler, config.time_mean, config.time_deviation, config.even_share)
    return Learner(unet, optimizer, MovingAverage(unet, config.average), scheduler, sampler, lessons, config)


def prepare_lessons(config: UNetConfig, phantoms: PhantomSet, folder: Path, device: torch.device) -> Lessons:
    """Encodes the pictures (into ``folder``, once) and the prompts."""
    vae = AutoencoderTiny.from_pretrained(config.vae, torch_dtype=torch.float32).to(device).eval()
    encoded = encode_phantoms(vae, phantoms, folder)
    prompts = collect_prompts(phantoms.phantoms, config.paraphrases, config.seed, config.left_out or ())
    states = text_states(prompts.sentences, Path(config.clip), device)
    weights, chances = channel_weights(vae, encoded).cpu(), chances_of(phantoms, config.often)
    return Lessons(encoded, weights, prompts, states, chances)


def chances_of(phantoms: PhantomSet, often: Sequence[str]) -> NDArray[np.float64]:
    """(pictures,) shares of 1; those of the rashes in ``often`` twice the others'."""
    counts = np.array([2.0 if p.attributes.rash in often else 1.0 for p in phantoms.phantoms])
    return counts / counts.sum()


def train(
    folder: Path, config: UNetConfig, latents: Path, device: torch.device, rhythm: Rhythm | None = None
) -> None:
    """Runs one training to its end in ``folder``; ``latents`` is where encoded pictures are kept."""
    run = open_run(folder, config, config.pace, rhythm)
    phantoms = open_phantoms(Path(config.phantoms))
    learner = make_learner(config, prepare_lessons(config, phantoms, latents, device), device)
    parts = {"model": learner.unet, "optimizer": learner.optimizer, "average": learner.average}
    training = Training(parts, learner.optimizer)
    run.restore(training)
    sheet = SampleSheet.make(run.folder / "previews", config.vae, phantoms, learner.lessons.prompts)

    def preview(step: int) -> None:
        with learner.average.applied() as unet:
            sheet.draw(unet, learner.lessons.states, step)

    follow(run, training, learner.take_step, preview)
    preview(training.step)
    learner.average.copy_to(learner.unet)
    learner.unet.save_pretrained(run.model)


def main(argv: Sequence[str] | None = None) -> int:
    """Trains, or goes on training, and saves the UNet; 1 with a sentence when it can't."""
    arguments = parse_arguments(argv)
    try:
        latents = arguments.latents or arguments.output / "latents"
        rhythm = Rhythm(preview_minutes=arguments.preview_minutes)
        train(arguments.output, read_config(arguments), latents, choose_device(arguments.device), rhythm)
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def read_config(arguments: Namespace) -> UNetConfig:
    """The configuration that the flags ask for."""
    return UNetConfig(
        phantoms=str(arguments.phantoms),
        vae=str(arguments.vae),
        clip=str(arguments.clip),
        pace=Pace(arguments.minutes, arguments.steps, arguments.learning_rate),
        seed=arguments.seed,
        init=arguments.init,
        size=SIZES[arguments.size],
        batch=arguments.batch,
        paraphrases=arguments.paraphrases,
        often=tuple(arguments.often),
        half=half_pays() and not arguments.float32,
        left_out=tuple(arguments.leave_out) if arguments.leave_out else None,
    )


def parse_arguments(argv: Sequence[str] | None) -> Namespace:
    """The command's flags; everything else stands in UNetConfig."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--phantoms", type=Path, required=True, help="folder of training.render_phantoms")
    parser.add_argument("--vae", type=Path, required=True, help="folder of the autoencoder")
    parser.add_argument("--clip", type=Path, required=True, help="folder of the CLIP or text encoder, frozen")
    parser.add_argument("--output", type=Path, required=True, help="run folder, made or gone on with")
    parser.add_argument("--latents", type=Path, help="where encoded pictures are kept (default: in the run)")
    parser.add_argument("--minutes", type=float, help="how long to train")
    parser.add_argument("--steps", type=int, help="how many steps to train, at most")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--size", choices=sorted(SIZES), default="small", help="layout of a new network")
    parser.add_argument("--paraphrases", type=int, default=12, help="sentences beside each caption")
    parser.add_argument("--often", nargs="+", default=(), help="rashes to take pictures of twice as often")
    parser.add_argument("--float32", action="store_true", help="compute in it: faster for a lean network")
    parser.add_argument("--leave-out", nargs="+", default=(), help="names that it is never asked by")
    parser.add_argument("--init", help="folder of a UNet to start from")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--preview-minutes", type=float, default=5.0, help="how often samples are drawn")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
