"""How the embedded model's UNet learns: what a step is made of, and how it moves the weights."""

from dataclasses import dataclass, field

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from numpy.typing import NDArray
from torch import Tensor

from training.clip_tuning.losses import clip_gradients
from training.embedded.latents import LatentSet
from training.embedded.noise_schedule import TimestepSampler, make_scheduler
from training.embedded.reconstruction import lesion_weights
from training.embedded.unet_growth import deepen
from training.embedded.unet_layout import UNetSize, build_unet
from training.loop.averages import MovingAverage
from training.loop.devices import fastest_attention, half_pays, half_precision
from training.loop.pace import Pace
from training.loop.processes import Processes
from training.loop.runs import step_generator
from training.words.text_states import Prompts, PromptShares, TextStates


@dataclass(frozen=True, slots=True)
class UNetConfig:
    """All that makes a UNet; saved with the run."""

    phantoms: str
    vae: str
    clip: str
    pace: Pace
    seed: int = 0
    init: str | None = None
    layers: tuple[int, ...] | None = None
    """By level, from the largest to the smallest; what ``init`` has fewer of begins as the identity."""
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
    """This process's pictures of one step: latents, lesion weights, noise, timesteps and text states, on the
    device. A weight is a share: those of all processes' pictures sum to 1."""

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
    processes: Processes

    def take_step(self, step: int) -> dict[str, float]:
        """Moves the weights once and returns the loss and the gradients' norm before clipping."""
        loss = self.loss(self.batch(step))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.processes.sum_gradients(self.unet.parameters())
        norm = clip_gradients(list(self.unet.parameters()), self.config.clip_norm)
        self.optimizer.step()
        self.average.update()
        whole = self.processes.total(float(loss.detach()))
        return {"loss": whole, "gradient_norm": norm, "samples": self.config.batch}

    def loss(self, batch: Batch) -> Tensor:
        """Squared error of the velocity, weighted on lesions and by what channels do to pixels."""
        noisy = self.scheduler.add_noise(batch.latents, batch.noise, batch.timesteps)
        target = self.scheduler.get_velocity(batch.latents, batch.noise, batch.timesteps)
        with half_precision(noisy.device, self.config.half), fastest_attention(noisy.device):
            velocity = self.unet(noisy, batch.timesteps, batch.states).sample
        errors = (velocity.float() - target).square() * self.lessons.channel_weights.to(target.device)
        return (errors.mean(dim=1, keepdim=True) * batch.weights).sum()

    def batch(self, step: int) -> Batch:
        """This process's share of a step's pictures, prompts, noise and timesteps; the whole is the same
        whenever it is taken, and by however many."""
        config, encoded, device = self.config, self.lessons.encoded, self.unet.device
        rng, generator = np.random.default_rng((config.seed, step)), step_generator(config.seed, step)
        pictures = rng.choice(len(encoded.latents), size=config.batch, p=self.lessons.chances)
        mirrored = rng.integers(2, size=config.batch)
        latents = torch.from_numpy(encoded.latents[pictures, mirrored]).float()
        lesions = torch.from_numpy(encoded.lesions[pictures, mirrored])
        asked = self.lessons.prompts.draw(pictures, config.prompts, rng)
        weights, share = lesion_weights(lesions, config.lesion_weight), self.processes.share(config.batch)
        noise = torch.randn(latents.shape, generator=generator)
        timesteps = self.sampler.draw(config.batch, generator)
        return Batch(
            latents[share].to(device),
            (weights / weights.sum())[share].to(device),
            noise[share].to(device),
            timesteps[share].to(device),
            self.lessons.states.of(asked[share]).to(device),
        )


def new_unet(config: UNetConfig, lessons: Lessons) -> UNet2DConditionModel:
    """A network with random weights, or the one in ``config.init``, deeper where more layers are asked."""
    if config.init:
        unet = UNet2DConditionModel.from_pretrained(config.init, torch_dtype=torch.float32)
        return deepen(unet, config.layers) if config.layers else unet
    torch.manual_seed(config.seed)
    channels, side = lessons.encoded.latents.shape[2:4]
    return build_unet(config.size, channels, side, lessons.states.width)


def make_learner(config: UNetConfig, lessons: Lessons, processes: Processes) -> Learner:
    """A learner at step 0."""
    unet = new_unet(config, lessons).to(processes.device).train()
    rate, decay = config.pace.learning_rate, config.weight_decay
    # fused: one pass over the weights, on a processor 38 ms a step instead of 95
    optimizer = torch.optim.AdamW(unet.parameters(), rate, (0.9, 0.99), weight_decay=decay, fused=True)
    scheduler = make_scheduler()
    sampler = TimestepSampler(scheduler, config.time_mean, config.time_deviation, config.even_share)
    average = MovingAverage(unet, config.average)
    return Learner(unet, optimizer, average, scheduler, sampler, lessons, config, processes)
