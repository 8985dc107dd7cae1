"""One step of fine-tuning CLIP: contrast of the whole batch, distance to the original, gradients in parts."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from training.clip_tuning.config import FinetuneConfig
from training.clip_tuning.data import PairedData, Rows
from training.clip_tuning.gradient_cache import CachedSide, embedding_gradients
from training.clip_tuning.losses import clip_gradients, multi_positive_info_nce
from training.clip_tuning.model import Student
from training.clip_tuning.pictures_once import as_input, see
from training.embedded.clip_model import LARGEST_SCALE
from training.loop.devices import half_precision
from training.loop.micro_batches import growth, in_memory
from training.loop.processes import Processes

TEACHER_BYTES = 1 << 30
"""Hidden states of the original that are kept in memory, at most; more than these are computed each time."""

TEACHER_BATCH = 64

ANCHORS_AT_ONCE = 32
"""Anchors that a step holds to the original, at most."""


@dataclass(slots=True)
class Towers:
    """Student and data on one device: how captions are read and pictures seen."""

    student: Student
    data: PairedData
    vision: Tensor | NDArray[np.uint8]
    """Embeddings of all pictures where the vision tower is frozen, else their pixels."""
    device: torch.device
    bf16: bool = False
    original: Tensor | None = None
    """The original's states of all captions, the empty prompt last; None if they are computed each time."""

    def precision(self) -> AbstractContextManager[None]:
        """The type that networks compute in."""
        return half_precision(self.device, self.bf16)

    @property
    def width(self) -> int:
        """Of the shared space."""
        return int(self.student.clip.config.projection_dim)

    def scale(self) -> Tensor:
        """What similarities are multiplied by; frozen."""
        return self.student.clip.logit_scale.detach().clamp(max=LARGEST_SCALE).exp()

    def read(self, captions: Rows) -> Tensor:
        """(captions, projection) of length 1, from tokens cut behind the longest."""
        with self.precision():
            tokens = self.data.captions.trimmed(captions).to(self.device)
            return self._project(self.student.clip.text_model(input_ids=tokens).pooler_output)

    def read_whole(self, captions: Rows) -> tuple[Tensor, Tensor]:
        """The same embeddings, and each caption's distance to the original's states at all positions."""
        with self.precision():
            tokens = self.data.captions.padded(captions).to(self.device)
            found = self.student.clip.text_model(input_ids=tokens)
            embedding = self._project(found.pooler_output)
        return embedding, state_distance(found.last_hidden_state, self._original(captions, tokens))

    def empty_distance(self) -> Tensor:
        """() distance of the empty prompt's states."""
        tokens = torch.from_numpy(self.data.captions.empty).to(self.device)
        with self.precision():
            states = self.student.clip.text_model(input_ids=tokens).last_hidden_state
        return state_distance(states, self._original(np.array([-1]), tokens))[0]

    def look(self, pictures: Rows) -> Tensor:
        """(pictures, projection) of length 1: remembered where the tower is frozen."""
        if isinstance(self.vision, Tensor):
            return self.vision[torch.from_numpy(pictures)].to(self.device)
        with self.precision():
            return see(self.student.clip, as_input(self.vision[pictures], self.student.pictures, self.device))

    def _project(self, pooled: Tensor) -> Tensor:
        return functional.normalize(self.student.clip.text_projection(pooled).float(), dim=-1)

    @torch.no_grad()
    def _original(self, captions: Rows, tokens: Tensor) -> Tensor:
        """The teacher's states; -1 stands for the empty prompt."""
        if self.original is not None:
            return self.original[torch.from_numpy(captions)].to(self.device)
        with self.precision():
            states: Tensor = self.student.teacher(input_ids=tokens).last_hidden_state
        return states


@torch.no_grad()
def original_states(student: Student, data: PairedData, device: torch.device, bf16: bool) -> Tensor | None:
    """(captions + 1, positions, width) on the CPU, the empty prompt last; None if they would be too large."""
    tokens = torch.from_numpy(np.concatenate([data.captions.tokens, data.captions.empty]))
    if 4 * tokens.numel() * student.clip.config.text_config.hidden_size > TEACHER_BYTES:
        return None
    with half_precision(device, bf16):
        parts = [
            student.teacher(input_ids=part.to(device)).last_hidden_state.float().cpu()
            for part in tokens.split(TEACHER_BATCH)
        ]
    return torch.cat(parts)


def state_distance(states: Tensor, original: Tensor) -> Tensor:
    """(texts,): the mean over positions of |difference|² / |original|², from (texts, positions, width)."""
    difference = (states.float() - original.float()).square().sum(dim=-1)
    return (difference / original.float().square().sum(dim=-1)).mean(dim=1)


def contrast(towers: Towers, positives: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """The loss of a batch's (pictures, captions) embeddings."""
    return lambda images, texts: multi_positive_info_nce(towers.scale() * images @ texts.T, positives)


@dataclass(slots=True)
class FinetuneStepper:
    """One step of training after another; the step's number decides its batch."""

    towers: Towers
    optimizer: torch.optim.Optimizer
    config: FinetuneConfig
    processes: Processes
    micro: int
    """Pictures or captions with a graph in memory at a time; halved when memory runs out."""

    def __call__(self, step: int) -> dict[str, float]:
        """Moves the weights once; returns what to log."""
        start = time.perf_counter()
        pictures = self.towers.data.batch(step, self.config.batch, self.config.seed)
        contrasted, distance = in_memory(self, lambda: self.gradients(pictures, step))
        norm = clip_gradients(list(self.towers.student.trained().values()), self.config.gradient_limit)
        self.optimizer.step()
        return {
            "loss": contrasted + self.config.distillation * distance,
            "contrastive_loss": contrasted,
            "distillation_loss": distance,
            "gradient_norm": norm,
            "pictures": len(pictures),
            "samples": len(pictures),
            "step_seconds": time.perf_counter() - start,
        }

    def gradients(self, pictures: Rows, step: int = 0) -> tuple[float, float]:
        """Sets the gradients of (contrast + distillation) over the whole batch; returns the two losses."""
        self.optimizer.zero_grad(set_to_none=True)
        towers, device = self.towers, self.towers.device
        captions = towers.data.distinct_captions(pictures)
        seen, read = self._pictures_side(pictures), self._captions_side(captions)
        images = self._gathered(seen, len(pictures)) if self.config.train_vision else towers.look(pictures)
        texts = self._gathered(read, len(captions))
        positives = torch.from_numpy(towers.data.positives(pictures, captions)).to(device)
        loss, of_images, of_texts = embedding_gradients(contrast(towers, positives), images, texts)
        read.backward(of_texts[self.processes.share(len(captions))])
        if self.config.train_vision:
            seen.backward(of_images[self.processes.share(len(pictures))])
        own = read.own_loss + self._anchors_backward(step) + self._empty_backward()
        distance = self.processes.total(own)
        self.processes.sum_gradients(self.towers.student.trained().values())
        return loss, distance / self.config.distillation if self.config.distillation else 0.0

    def _gathered(self, side: CachedSide, total: int) -> Tensor:
        return self.processes.gather(side.embed(self.towers.device), total)

    def _captions_side(self, captions: Rows) -> CachedSide:
        """Captions, or the anchors in their stead, weigh one half of the distillation together, the empty
        prompt the other."""
        mine = captions[self.processes.share(len(captions))]
        weight = 0.0 if len(self.towers.data.anchors) else self.config.distillation / (2 * len(captions))

        def forward(part: slice) -> tuple[Tensor, Tensor]:
            if not weight:
                embedding = self.towers.read(mine[part])
                return embedding, embedding.new_zeros(())
            embedding, distances = self.towers.read_whole(mine[part])
            return embedding, weight * distances.sum()

        return CachedSide(
            forward, lambda part: self.towers.read(mine[part]), len(mine), self.micro, self.towers.width
        )

    def _pictures_side(self, pictures: Rows) -> CachedSide:
        mine = pictures[self.processes.share(len(pictures))]

        def forward(part: slice) -> tuple[Tensor, Tensor]:
            embedding = self.towers.look(mine[part])
            return embedding, embedding.new_zeros(())

        return CachedSide(
            forward, lambda part: self.towers.look(mine[part]), len(mine), self.micro, self.towers.width
        )

    def _anchors_backward(self, step: int) -> float:
        """Each process holds its share of the step's anchors, part by part."""
        if not self.config.distillation or not len(self.towers.data.anchors):
            return 0.0
        none = np.zeros(0, np.int64)
        held = self.towers.data.held_captions(none, ANCHORS_AT_ONCE, (self.config.seed, step))
        mine = held[self.processes.share(len(held))]
        total = 0.0
        for first in range(0, len(mine), self.micro):
            distances = self.towers.read_whole(mine[first : first + self.micro])[1]
            loss = self.config.distillation / (2 * len(held)) * distances.sum()
            loss.backward()
            total += float(loss.detach())
        return total

    def _empty_backward(self) -> float:
        """The first process keeps the empty prompt in its place for all."""
        if not self.config.distillation or self.processes.index:
            return 0.0
        loss = self.config.distillation / 2 * self.towers.empty_distance()
        loss.backward()
        return float(loss.detach())


def graph_bytes(towers: Towers, config: FinetuneConfig) -> int:
    """Bytes that one more input adds to a graph: of captions and pictures the larger."""
    captions = np.zeros(2, np.int64)
    needs = [growth(lambda n: towers.read_whole(captions[:n])[0].sum())]
    if config.train_vision:
        pictures = towers.data.training[:2]
        needs.append(growth(lambda n: towers.look(pictures[:n]).sum()))
    return max(needs)
