"""Drawings of the UNet's own that go on while it learns, and what the critic makes of them.

Noised phantoms are not what a UNet meets when it draws: there each step begins with what the step before
made, and its errors add up. So a few pictures of every step are drawings under way. Each is carried on by one
step of the scheduler, as the released model draws; the critic reads what it leads to, and the UNet learns to
be read as asked (a reward by one step's prediction, as Xu et al. 2023, arXiv 2304.05977). A drawing that is
done gives way to a new one from noise, so that all steps between noise and picture are always among them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler
from torch import Tensor

from training.embedded.critic_loss import Question, Reader
from training.embedded.latents import LatentSet
from training.embedded.noise_schedule import taken_apart
from training.loop.processes import Processes
from training.loop.runs import step_generator
from training.words.text_states import Prompts

STEPS, GUIDANCE = 20, 3.0
"""Of the scheduler: what the released model draws with by default."""


@dataclass(slots=True)
class OwnDrawings:
    """Drawings under way: their latents (count, channels, height, width), how many steps each has behind it,
    the phantom whose words each is asked by, and the row of its prompt."""

    latents: Tensor
    done: Tensor
    pictures: Tensor
    asked: Tensor
    prompts: Prompts
    scheduler: DDIMScheduler
    seed: int

    @classmethod
    def begin(
        cls,
        count: int,
        encoded: LatentSet,
        prompts: Prompts,
        scheduler: DDIMScheduler,
        seed: int,
        processes: Processes,
    ) -> "OwnDrawings":
        """``count`` drawings in all processes together, this one's share of them; they begin as noised
        phantoms at steps spread over all, and go on from there."""
        scheduler.set_timesteps(STEPS)
        share = processes.share(count)
        done = torch.arange(count)[share] * STEPS // max(1, count)
        own = cls(
            torch.empty(0), done, torch.empty(0), torch.empty(0), prompts, scheduler, seed + share.start
        )
        own.pictures, own.asked = own._words(len(done), 0)
        clean = torch.from_numpy(encoded.latents[own.pictures.numpy(), 0]).float()
        noise = torch.randn(clean.shape, generator=step_generator(own.seed, 0))
        own.latents = scheduler.add_noise(clean, noise, own.timesteps).to(processes.device)
        return own

    def __len__(self) -> int:
        return len(self.latents)

    @property
    def timesteps(self) -> Tensor:
        """(count,) of the scheduler, at which each drawing stands."""
        return self.scheduler.timesteps.cpu()[self.done]

    def question(self, reader: Reader, step: int) -> Question:
        """What the critic is asked of them."""
        generator, asked = step_generator(self.seed, step), self.asked.tolist()
        shape = self.latents.shape
        whole = reader.ask_anew(self.pictures.numpy(), asked, shape, generator, self.scheduler)
        return whole.part(slice(None), self.latents.device)

    @torch.no_grad()
    def carry_on(self, velocity: Tensor, step: int) -> None:
        """Takes each drawing one step of DDIM further; those that are done give way to new ones."""
        clean, noise = taken_apart(self.scheduler, self.latents, velocity, self.timesteps)
        self.done = self.done + 1
        finished = self.done >= STEPS
        self.done = torch.where(finished, 0, self.done)
        pictures, asked = self._words(len(self), step + 1)
        self.pictures = torch.where(finished, pictures, self.pictures)
        self.asked = torch.where(finished, asked, self.asked)
        self.latents = self.scheduler.add_noise(clean, noise, self.timesteps.to(velocity.device))
        fresh = torch.randn(self.latents.shape, generator=step_generator(self.seed, step)).to(velocity)
        anew = finished.to(velocity.device)[:, None, None, None]
        self.latents = torch.where(anew, fresh, self.latents)

    def _words(self, count: int, step: int) -> tuple[Tensor, Tensor]:
        """Phantoms taken by chance, and their whole captions: the critic asks for all that they show."""
        rng = np.random.default_rng((self.seed, step))
        pictures = rng.integers(len(self.prompts.template), size=count)
        return torch.from_numpy(pictures), torch.tensor([self.prompts.template[p][0] for p in pictures])

    def state_dict(self) -> dict[str, Any]:
        """Where each drawing stands."""
        return {name: getattr(self, name) for name in ("latents", "done", "pictures", "asked")}

    def load_state_dict(self, state_dict: dict[str, Any], /) -> None:
        """Goes on with the drawings of ``state_dict``'s output."""
        self.latents = state_dict["latents"].to(self.latents.device)
        self.done, self.pictures, self.asked = (state_dict[n] for n in ("done", "pictures", "asked"))
