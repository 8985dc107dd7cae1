"""Moving averages of weights: what is saved as the model is the average, not the last step."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


class MovingAverage:
    """Exponential moving average of a module's parameters.

    The decay warms up as (1 + n) / (10 + n), so it always looks back over about the last tenth of a run's
    steps: a short run is not dominated by its random start.
    """

    def __init__(self, module: nn.Module, decay: float = 0.9995) -> None:
        self.module, self.decay, self.updates = module, decay, 0
        self.weights = [p.detach().clone() for p in module.parameters()]

    @torch.no_grad()
    def update(self) -> None:
        """Moves the average towards the module's present weights."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        torch._foreach_lerp_(self.weights, list(self.module.parameters()), 1 - decay)
        self.updates += 1

    @torch.no_grad()
    def copy_to(self, module: nn.Module) -> None:
        """Writes the average into a module of the same build."""
        for parameter, average in zip(module.parameters(), self.weights, strict=True):
            parameter.copy_(average)

    @contextmanager
    def applied(self) -> Iterator[nn.Module]:
        """The module with averaged weights; its own come back afterwards."""
        own = [p.detach().clone() for p in self.module.parameters()]
        self.copy_to(self.module)
        try:
            yield self.module
        finally:
            with torch.no_grad():
                for parameter, weight in zip(self.module.parameters(), own, strict=True):
                    parameter.copy_(weight)

    def state_dict(self) -> dict[str, Any]:
        """Averages and the number of updates behind them."""
        return {"weights": self.weights, "updates": self.updates}

    def load_state_dict(self, state_dict: dict[str, Any], /) -> None:
        """Takes up ``state_dict``'s output."""
        own: list[Tensor] = self.weights
        for weight, saved in zip(own, state_dict["weights"], strict=True):
            weight.copy_(saved)
        self.updates = int(state_dict["updates"])
