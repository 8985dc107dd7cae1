"""Gradient caching: the gradients of one large contrastive batch, a few inputs in memory at a time.

Adding up the gradients of small batches is another loss: each picture would meet few others. Instead all
inputs are embedded without a graph, the loss of the whole batch gives each embedding its gradient, and the
inputs are run again part by part, each embedding's gradient fed into its part's graph (Gao et al. 2021,
"Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup"). The chain rule makes it exact.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

Forward = Callable[[slice], tuple[Tensor, Tensor]]
"""Embeds a part of the inputs with its graph: (part, width), and a loss of the part's own to be added."""

Glance = Callable[[slice], Tensor]
"""The same embeddings without a graph, by the cheapest way."""


@dataclass(slots=True)
class CachedSide:
    """One side of a contrast, pictures or texts: ``count`` inputs, ``micro`` of them at a time."""

    forward: Forward
    glance: Glance
    count: int
    micro: int
    width: int
    own_loss: float = 0.0
    _kept: tuple[Tensor, Tensor] | None = field(default=None, init=False)

    def parts(self) -> list[slice]:
        """The parts, in order."""
        return [slice(i, min(i + self.micro, self.count)) for i in range(0, self.count, self.micro)]

    def embed(self, device: torch.device) -> Tensor:
        """(count, width) without a graph; that of a single part is kept, to spare running it again."""
        parts = self.parts()
        if not parts:
            return torch.zeros(0, self.width, device=device)
        if len(parts) == 1:
            self._kept = self.forward(parts[0])
            return self._kept[0].detach()
        with torch.no_grad():
            return torch.cat([self.glance(part) for part in parts])

    def backward(self, gradient: Tensor) -> None:
        """Adds the gradients of (embeddings · gradient + own losses) to the weights."""
        for part in self.parts():
            embedding, own = self._kept or self.forward(part)
            ((embedding * gradient[part]).sum() + own).backward()
            self.own_loss += float(own.detach())
        self._kept = None


def embedding_gradients(
    loss_of: Callable[[Tensor, Tensor], Tensor], images: Tensor, texts: Tensor
) -> tuple[float, Tensor, Tensor]:
    """The loss of a whole batch and its gradients by the two sides' embeddings."""
    leaves = images.detach().requires_grad_(), texts.detach().requires_grad_()
    loss = loss_of(*leaves)
    of_images, of_texts = torch.autograd.grad(loss, leaves)
    return float(loss.detach()), of_images, of_texts
