"""What a UNet learns from the critic: that what its velocity leads to is read as what was asked for."""

from dataclasses import dataclass
from math import log
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler
from numpy.typing import NDArray
from torch import Tensor

from core.errors import TrainingError
from training.embedded.critic import Critic, NoiseForReading, load_critic, reading_losses
from training.embedded.datasets import PhantomSet

HEAD_WEIGHTS = {"rash": 1.0, "site": 0.5, "tone": 0.5}
"""Rashes are drawn worst."""

SURE_ENOUGH = 0.7
"""Probability of the right answer from which nothing more is asked: beyond it a UNet learns to overdraw, in
colours and contrasts that no phantom has."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the critic is asked of each picture of a step: (pictures, heads) right answers, the noise that it
    reads through, its timesteps, and (pictures,) 1 where the prompt says what is wanted, else 0."""

    labels: Tensor
    noise: Tensor
    timesteps: Tensor
    named: Tensor

    def part(self, share: slice, device: torch.device) -> "Question":
        """One process's pictures."""
        whole = (self.labels, self.noise, self.timesteps, self.named)
        return Question(*(values[share].to(device) for values in whole))


@dataclass(frozen=True, slots=True)
class Reader:
    """A frozen critic, and what each picture of the training set shows."""

    critic: Critic
    labels: NDArray[np.int64]

    @classmethod
    def open(cls, folder: Path, phantoms: PhantomSet, device: torch.device) -> "Reader":
        """Reads the critic in ``folder``.

        Raises:
            TrainingError: there is none, or it doesn't know what the phantoms show.
        """
        critic = load_critic(folder).to(device)
        try:
            labels = [critic.config.labels(phantom.attributes) for phantom in phantoms.phantoms]
        except ValueError as error:
            raise TrainingError(
                f"The critic in {folder} doesn't know all that the phantoms show ({error}); "
                "train it on these by training.train_critic."
            ) from None
        return cls(critic, np.array(labels, np.int64))

    def ask(
        self, pictures: NDArray[np.int64], asked: list[int], noise: Tensor, timesteps: Tensor
    ) -> Question:
        """Of a step's pictures, by their prompts' rows; row 0 is the empty prompt."""
        named = torch.tensor([float(row > 0) for row in asked])
        return Question(torch.from_numpy(self.labels[pictures]), noise, timesteps, named)

    def ask_anew(
        self,
        pictures: NDArray[np.int64],
        asked: list[int],
        shape: torch.Size,
        generator: torch.Generator,
        scheduler: DDIMScheduler,
    ) -> Question:
        """The same, through noise drawn for latents of ``shape`` (pictures, channels, height, width)."""
        noise = torch.randn(shape, generator=generator)
        timesteps = NoiseForReading.of(scheduler).sampler.draw(len(pictures), generator)
        return self.ask(pictures, asked, noise, timesteps)

    def loss(self, clean: Tensor, signal: Tensor, question: Question, scheduler: DDIMScheduler) -> Tensor:
        """Sum over pictures; ``clean`` is what a velocity leads to at one step, which counts by the square of
        the share of ``signal`` (pictures,) that it was told from: of noise it is the mean of all that could
        be, and what is read from such a mean says nothing of the picture to come."""
        noisy, times = NoiseForReading.of(scheduler).with_noise(clean, question.noise, question.timesteps)
        losses = reading_losses(self.critic(noisy, times), question.labels)
        left = {head: (loss + log(SURE_ENOUGH)).clamp_min(0) for head, loss in losses.items()}
        wrong = torch.stack([HEAD_WEIGHTS[head] * loss for head, loss in left.items()]).sum(dim=0)
        return (wrong * signal.square() * question.named).sum()
