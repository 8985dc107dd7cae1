"""The noise schedule of the embedded model, and how its timesteps are drawn in training."""

import torch
from diffusers import DDIMScheduler
from torch import Tensor


def make_scheduler() -> DDIMScheduler:
    """Stable Diffusion's betas, rescaled to end in pure noise (Lin et al. 2023, arXiv 2305.08891)."""
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        rescale_betas_zero_snr=True,
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=0,
    )


def taken_apart(
    scheduler: DDIMScheduler, noisy: Tensor, velocity: Tensor, timesteps: Tensor
) -> tuple[Tensor, Tensor]:
    """What ``velocity`` says ``noisy`` is made of: the clean latents and the noise, (batch, channels, height,
    width) each (Salimans and Ho 2022, arXiv 2202.00512, appendix D)."""
    kept = scheduler.alphas_cumprod.to(noisy)[timesteps.to(noisy.device)][:, None, None, None]
    alpha, sigma = kept.sqrt(), (1 - kept).sqrt()
    return alpha * noisy - sigma * velocity, sigma * noisy + alpha * velocity


class TimestepSampler:
    """Draws timesteps so that sigma / (alpha + sigma) is logit-normal, as in flow matching.

    That ratio is flow matching's time: its logit is minus half the log signal-to-noise ratio, whatever the
    schedule (Esser et al. 2024, arXiv 2403.03206, section 3.1). A share is drawn evenly instead, so that the
    first step from pure noise, where the picture's layout is decided, is learned as well.
    """

    def __init__(self, scheduler: DDIMScheduler, mean: float, deviation: float, even_share: float) -> None:
        kept = scheduler.alphas_cumprod.double()
        alpha, sigma = kept.sqrt(), (1 - kept).sqrt()
        self.times = sigma / (alpha + sigma)
        self.mean, self.deviation, self.even_share = mean, deviation, even_share

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """(count,) timesteps."""
        normal = torch.randn(count, generator=generator, dtype=torch.float64)
        wanted = torch.sigmoid(self.mean + self.deviation * normal)
        steps = torch.searchsorted(self.times, wanted).clamp_max(len(self.times) - 1)
        even = torch.randint(len(self.times), (count,), generator=generator)
        return torch.where(torch.rand(count, generator=generator) < self.even_share, even, steps)
