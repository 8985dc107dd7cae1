"""How long a run lasts, how its learning rate moves, and how often it speaks."""

from dataclasses import dataclass
from math import cos, pi

from core.errors import TrainingError

WARMUP_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a run lasts, by minutes, steps or whichever comes first, and how its learning rate moves."""

    minutes: float | None = None
    steps: int | None = None
    learning_rate: float = 1e-3
    warmup_steps: int = 100
    lowest: float = 0.01
    """The learning rate at the end, as a share of the highest."""

    def __post_init__(self) -> None:
        if not any(bound is not None and bound > 0 for bound in (self.minutes, self.steps)):
            raise TrainingError("A run needs an end: give --minutes or --steps, above 0.")

    def fraction(self, step: int, seconds: float) -> float:
        """Share of the run behind us, 0 to 1."""
        by_steps = step / self.steps if self.steps else 0.0
        by_time = seconds / (60 * self.minutes) if self.minutes else 0.0
        return min(1.0, max(by_steps, by_time))

    def rate(self, step: int, seconds: float) -> float:
        """Learning rate: linear warm-up times a half cosine over the whole run."""
        cosine = (1 + cos(pi * self.fraction(step, seconds))) / 2
        warmth = min(1.0, (step + 1) / max(1, self.warmup_steps))
        return self.learning_rate * warmth * (self.lowest + (1 - self.lowest) * cosine)


def warming_up(steps: int, learning_rate: float) -> Pace:
    """So many steps, the first tenth of them warming up."""
    return Pace(steps=steps, learning_rate=learning_rate, warmup_steps=max(1, int(WARMUP_SHARE * steps)))


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a run speaks, saves and shows."""

    log_steps: int = 50
    checkpoint_minutes: float = 3.0
    preview_minutes: float = 5.0
