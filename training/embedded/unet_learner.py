"""How the embedded model's UNet learns: what a step is made of, and how it moves the weights."""

from dataclasses import dataclass, field

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from numpy.typing import NDArray
from torch import Tensor

from core.errors import TrainingError
from training.clip_tuning.losses import clip_gradients
from training.embedded.critic_loss import Question, Reader
from training.embedded.latents import LatentSet
from training.embedded.noise_schedule import TimestepSampler, make_scheduler, taken_apart
from training.embedded.own_drawings import GUIDANCE, OwnDrawings
from training.embedded.reconstruction import lesion_weights
from training.embedded.unet_growth import deepen
from training.embedded.unet_layout import UNetSize, build_unet
from training.loop.averages import MovingAverage
from training.loop.devices import fastest_attention, half_pays, half_precision
from training.loop.pace import Pace
from training.loop.processes import Processes
from training.loop.runs import Stateful, step_generator
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
    critic: str | None = None
    """Folder of the critic by which what it draws must be read as what was asked; see
    ``training.embedded.critic``."""
    critic_weight: float = 0.06
    own_drawings: int = 0
    """Pictures beside the batch that the critic reads: drawings under way, see
    ``training.embedded.own_drawings``."""

    def __post_init__(self) -> None:
        if self.own_drawings and self.critic is None:
            raise TrainingError(
                f"{self.own_drawings} own drawings have nobody to read them: name a critic, or ask for 0."
            )


@dataclass(frozen=True, slots=True)
class Lessons:
    """What the UNet learns from: latents, prompts by picture, and the prompts' hidden states."""

    encoded: LatentSet
    channel_weights: Tensor
    prompts: Prompts
    states: TextStates
    chances: NDArray[np.float64]
    """How often each picture is taken, as shares of 1."""
    reader: Reader | None = None
    """The critic, and what it should read from each picture."""


@dataclass(frozen=True, slots=True)
class Batch:
    """This process's pictures of one step: latents, lesion weights, noise, timesteps and text states, on the
    device. A weight is a share: those of all processes' pictures sum to 1."""

    latents: Tensor
    weights: Tensor
    noise: Tensor
    timesteps: Tensor
    states: Tensor
    question: Question | None = None
    """What the critic is asked, where there is one."""


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
    own: OwnDrawings | None = None

    def parts(self) -> dict[str, Stateful]:
        """What a checkpoint keeps."""
        kept = {"model": self.unet, "optimizer": self.optimizer, "average": self.average}
        return kept | ({"own_drawings": self.own} if self.own else {})

    def take_step(self, step: int) -> dict[str, float]:
        """Moves the weights once and returns the loss, the critic's share of it for own drawings, and the
        gradients' norm before clipping."""
        own = self.own_loss(step)
        loss = self.loss(self.batch(step)) + own
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.processes.sum_gradients(self.unet.parameters())
        norm = clip_gradients(list(self.unet.parameters()), self.config.clip_norm)
        self.optimizer.step()
        self.average.update()
        whole, misread = (self.processes.total(float(part.detach())) for part in (loss, own))
        logged = {"loss": whole, "gradient_norm": norm, "samples": self.config.batch}
        return logged | ({"own_drawings_misread": misread} if self.own else {})

    def loss(self, batch: Batch) -> Tensor:
        """Squared error of the velocity, weighted on lesions and by what channels do to pixels; where there
        is a critic, also how far from what was asked for it reads what the velocity leads to."""
        noisy = self.scheduler.add_noise(batch.latents, batch.noise, batch.timesteps)
        target = self.scheduler.get_velocity(batch.latents, batch.noise, batch.timesteps)
        velocity = self._velocity(noisy, batch.timesteps, batch.states)
        errors = (velocity - target).square() * self.lessons.channel_weights.to(target.device)
        loss = (errors.mean(dim=1, keepdim=True) * batch.weights).sum()
        if self.lessons.reader is None or batch.question is None:
            return loss
        return loss + self._misread(noisy, velocity, batch.timesteps, batch.question)

    def own_loss(self, step: int) -> Tensor:
        """How far from what was asked for the critic reads the drawings under way; they go on by a step."""
        own, states, reader = self.own, self.lessons.states, self.lessons.reader
        if own is None or reader is None:
            return torch.zeros((), device=self.unet.device)
        timesteps = own.timesteps.to(self.unet.device)
        asked = states.of(own.asked.tolist()).to(self.unet.device)
        with torch.no_grad():
            empty = states.of([0]).to(asked.device).expand_as(asked)
            without = self._velocity(own.latents, timesteps, empty)
        velocity = without + GUIDANCE * (self._velocity(own.latents, timesteps, asked) - without)
        loss = self._misread(own.latents, velocity, timesteps, own.question(reader, step))
        own.carry_on(velocity.detach(), step)
        return loss

    def _velocity(self, noisy: Tensor, timesteps: Tensor, states: Tensor) -> Tensor:
        with half_precision(noisy.device, self.config.half), fastest_attention(noisy.device):
            velocity: Tensor = self.unet(noisy, timesteps, states).sample
        return velocity.float()

    def _misread(self, noisy: Tensor, velocity: Tensor, timesteps: Tensor, question: Question) -> Tensor:
        """What the critic says of the picture that the velocity leads to."""
        reader = self.lessons.reader
        assert reader is not None
        clean, _ = taken_apart(self.scheduler, noisy, velocity, timesteps)
        signal = self.scheduler.alphas_cumprod.to(noisy.device)[timesteps]
        wrong = reader.loss(clean, signal, question, self.scheduler)
        return self.config.critic_weight * wrong / self.config.batch

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
            self._question(pictures, asked, generator, share),
        )

    def _question(
        self, pictures: NDArray[np.int64], asked: list[int], generator: torch.Generator, share: slice
    ) -> Question | None:
        reader, latents = self.lessons.reader, self.lessons.encoded.latents
        if reader is None:
            return None
        shape = torch.Size((len(pictures), *latents.shape[2:]))
        whole = reader.ask_anew(pictures, asked, shape, generator, self.scheduler)
        return whole.part(share, self.unet.device)


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
    own = _begin_drawing(config, lessons, processes)
    return Learner(unet, optimizer, average, scheduler, sampler, lessons, config, processes, own)


def _begin_drawing(config: UNetConfig, lessons: Lessons, processes: Processes) -> OwnDrawings | None:
    """Drawings of its own, where they are asked for; with a scheduler of their own."""
    if not config.own_drawings:
        return None
    count, scheduler = config.own_drawings, make_scheduler()
    return OwnDrawings.begin(count, lessons.encoded, lessons.prompts, scheduler, config.seed, processes)
