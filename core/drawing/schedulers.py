"""Schedulers by the names that recipes use, each built afresh from the model's own scheduler settings."""

from typing import Any

import diffusers
import torch

from core.errors import RecipeError
from core.recipes import SCHEDULERS


def make_scheduler(name: str, config: Any) -> Any:
    """Builds the named scheduler with the noise schedule and prediction type the model was trained with.

    A new one for each drawing: a scheduler keeps the state of one trajectory.

    Raises:
        RecipeError: the name is not in ``core.recipes.SCHEDULERS``.
    """
    if name not in SCHEDULERS:
        raise RecipeError(f"Unknown scheduler '{name}'; choose one of {', '.join(SCHEDULERS)}.")
    kind = getattr(diffusers, SCHEDULERS[name])
    return kind.from_config({**config, **_TURNS.get(name, {})})


_TURNS: dict[str, dict[str, Any]] = {
    # The name promises this algorithm, whatever a model's own scheduler settings say.
    "dpmsolver++": {"algorithm_type": "dpmsolver++"},
    # PNDM's Runge-Kutta warm-up takes eleven extra evaluations; Stable Diffusion was released without it.
    "pndm": {"skip_prk_steps": True},
}


def last_timesteps(scheduler: Any, timesteps: torch.Tensor, count: int) -> torch.Tensor:
    """The time steps of the last ``count`` steps, of which diffusers found ``timesteps``.

    PNDM evaluates its second step twice, wherever it begins. diffusers cuts that repetition away when it
    begins in the middle; every later step would then be taken for the one after it.
    """
    if not isinstance(scheduler, diffusers.PNDMScheduler):
        return timesteps
    own = torch.unique_consecutive(scheduler.timesteps)[-count:]
    return torch.cat([own[:2], own[1:]])


def predicted_image_latents(
    scheduler: Any, output: torch.Tensor, timestep: Any, sample: torch.Tensor
) -> torch.Tensor:
    """What the model believes the finished latents to be, from one evaluation at one step.

    With a_t the cumulative product of alphas: x0 = (x_t - sqrt(1 - a_t) eps) / sqrt(a_t) for a noise
    prediction (Ho et al. 2020), x0 = sqrt(a_t) x_t - sqrt(1 - a_t) v for a velocity (Salimans and Ho 2022).
    Euler's samples are x_t / sqrt(a_t).
    """
    alphas = scheduler.alphas_cumprod
    alpha = alphas[int(timestep)].to(sample.device, torch.float32).clamp(min=2.0**-24)
    if hasattr(scheduler, "is_scale_input_called"):
        sample = sample * alpha.sqrt()
    if scheduler.config.prediction_type == "v_prediction":
        return alpha.sqrt() * sample - (1 - alpha).sqrt() * output
    if scheduler.config.prediction_type == "sample":
        return output
    return (sample - (1 - alpha).sqrt() * output) / alpha.sqrt()
