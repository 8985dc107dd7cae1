"""One step of a LoRA: weighted errors of the UNet's own prediction, gradients in parts, the average."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import peft
import torch
from diffusers.training_utils import cast_training_params
from torch import Tensor, nn

from training.clip_tuning.losses import clip_gradients
from training.loop.averages import MovingAverage
from training.loop.devices import half_precision
from training.loop.micro_batches import in_memory, saved_bytes
from training.loop.processes import Processes
from training.lora.config import TARGETS, UNetLoraConfig
from training.lora.lessons import Batch, Lessons, batch_of_step, measured_batch
from training.lora.min_snr import min_snr_weights, training_target


def add_layers(unet: Any, config: UNetLoraConfig) -> nn.ParameterList:
    """Adds fresh layers to the attention and returns their weights, in float32; the UNet's own stay frozen.

    The second matrix of each starts at zero, so that nothing has changed yet.
    """
    torch.manual_seed(config.seed)
    unet.requires_grad_(False)
    settings = peft.LoraConfig(
        r=config.rank, lora_alpha=config.rank, init_lora_weights="gaussian", target_modules=list(TARGETS)
    )
    unet.add_adapter(settings)
    cast_training_params(unet)
    if config.checkpointing:
        unet.enable_gradient_checkpointing()
    return nn.ParameterList([weight for weight in unet.parameters() if weight.requires_grad])


@dataclass(slots=True)
class LoraStepper:
    """One step of training after another; the step's number decides its batch."""

    unet: Any
    scheduler: Any
    weights: nn.ParameterList
    optimizer: torch.optim.Optimizer
    average: MovingAverage
    lessons: Lessons
    config: UNetLoraConfig
    processes: Processes
    bf16: bool = False
    micro: int = 1
    """Pictures with a graph in memory at a time; halved when memory runs out."""

    @classmethod
    def make(
        cls,
        unet: Any,
        scheduler: Any,
        lessons: Lessons,
        config: UNetLoraConfig,
        processes: Processes,
    ) -> "LoraStepper":
        """A stepper at step 0, one picture at a time."""
        weights = add_layers(unet.train(), config)
        optimizer = torch.optim.AdamW(weights, weight_decay=config.weight_decay)
        average = MovingAverage(weights, config.average)
        return cls(unet, scheduler, weights, optimizer, average, lessons, config, processes)

    @property
    def timesteps(self) -> int:
        """Of the whole schedule."""
        return int(self.scheduler.config.num_train_timesteps)

    def __call__(self, step: int) -> dict[str, float]:
        """Moves the weights once; returns what to log."""
        start = time.perf_counter()
        pictures, prior = in_memory(self, lambda: self.gradients(step))
        norm = clip_gradients(list(self.weights), self.config.gradient_limit)
        self.optimizer.step()
        self.average.update()
        return {
            "loss": pictures + prior,
            **({"picture_loss": pictures, "prior_loss": prior} if len(self.lessons.prior) else {}),
            "gradient_norm": norm,
            "pictures": self.config.batch,
            "samples": self.config.batch,
            "step_seconds": time.perf_counter() - start,
        }

    def gradients(self, step: int) -> tuple[float, float]:
        """Sets the gradients of the step's whole loss; returns the data's part of it and the prior's."""
        self.optimizer.zero_grad(set_to_none=True)
        batch = batch_of_step(self.lessons, self.config, step, self.timesteps)
        found = self.collected(batch, lambda losses: losses.sum().backward())
        self.processes.sum_gradients(self.weights)
        return found[: self.config.batch].sum().item(), found[self.config.batch :].sum().item()

    def collected(self, batch: Batch, use: Callable[[Tensor], None] | None = None) -> Tensor:
        """(batch,) losses of all processes' shares, each computed and given to ``use`` in micro-batches."""
        found = torch.zeros(len(batch), device=self.unet.device)
        share = self.processes.share(len(batch))
        for first in range(share.start, share.stop, self.micro):
            rows = slice(first, min(first + self.micro, share.stop))
            losses = self.losses(batch.part(rows).to(self.unet.device))
            if use is not None:
                use(losses)
            found[rows] = losses.detach()
        return self.processes.sum_rows(found)

    def losses(self, batch: Batch) -> Tensor:
        """(batch,) mean squared errors, weighted by min-SNR and by each picture's share of the whole loss."""
        noisy = self.scheduler.add_noise(batch.latents, batch.noise, batch.timesteps)
        target = training_target(self.scheduler, batch.latents, batch.noise, batch.timesteps)
        with half_precision(noisy.device) if self.bf16 else nullcontext():
            said = self.unet(noisy, batch.timesteps, encoder_hidden_states=batch.states).sample
        errors = (said.float() - target).square().mean(dim=(1, 2, 3))
        return (
            errors
            * min_snr_weights(self.scheduler, batch.timesteps, self.config.min_snr_gamma)
            * batch.shares
        )

    @torch.no_grad()
    def held_out_loss(self) -> float:
        """The mean loss of held-out pictures under the averaged weights."""
        with self.average.applied():
            batch = measured_batch(self.lessons, self.config, self.timesteps)
            return float(self.collected(batch).sum())

    def graph_bytes(self) -> int:
        """Bytes that a picture adds to a graph: what one keeps, less the UNet's own weights. Two pictures at
        once, whose difference would be exact, may be more than there is memory for."""
        batch = measured_batch(self.lessons, self.config, self.timesteps).part(slice(1)).to(self.unet.device)
        kept = in_memory(self, lambda: saved_bytes(lambda: self.losses(batch).sum()))
        return kept - sum(weight.nbytes for weight in self.unet.parameters())
