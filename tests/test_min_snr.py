"""Min-SNR weights against the obvious version, for each prediction type and in pure noise."""

import math

import pytest
import torch
from diffusers import DDIMScheduler
from diffusers.training_utils import compute_snr
from tiny_models import EMBEDDED_SCHEDULER, SD_SCHEDULER

from training.lora.min_snr import min_snr_weights, signal_to_noise, training_target

KINDS = ("epsilon", "v_prediction", "sample")
SCHEDULES = {"embedded": EMBEDDED_SCHEDULER, "sd15": SD_SCHEDULER}
TIMES = [*range(0, 1000, 37), 999]


def scheduler_for(schedule: str, kind: str) -> DDIMScheduler:
    return DDIMScheduler(**{**SCHEDULES[schedule], "prediction_type": kind})


def obvious(alpha: float, kind: str, gamma: float) -> float:
    ratio = alpha / (1 - alpha)
    smaller = ratio if ratio < gamma else gamma
    if kind == "epsilon":
        return smaller / ratio if ratio > 0 else 1.0
    return smaller / (ratio + 1) if kind == "v_prediction" else smaller


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("gamma", [1.0, 5.0])
def test_weights_are_those_of_the_paper(schedule: str, kind: str, gamma: float) -> None:
    scheduler = scheduler_for(schedule, kind)
    found = min_snr_weights(scheduler, torch.tensor(TIMES), gamma)
    expected = [obvious(float(scheduler.alphas_cumprod.double()[t]), kind, gamma) for t in TIMES]
    assert found.tolist() == pytest.approx(expected, rel=1e-5, abs=1e-12)
    assert torch.isfinite(found).all() and found.dtype is torch.float32


def test_pure_noise_has_a_ratio_of_0_and_divides_nothing_by_it() -> None:
    scheduler, last = scheduler_for("embedded", "epsilon"), torch.tensor([999])
    assert scheduler.alphas_cumprod[999] == 0 and signal_to_noise(scheduler.alphas_cumprod, last) == 0
    found = {kind: min_snr_weights(scheduler_for("embedded", kind), last, 5.0).item() for kind in KINDS}
    assert found == {"epsilon": 1.0, "v_prediction": 0.0, "sample": 0.0}
    without_noise = signal_to_noise(torch.ones(1), torch.tensor([0]))
    assert math.isfinite(without_noise.item()) and without_noise > 1e300


def test_ratios_are_those_of_diffusers() -> None:
    scheduler, times = scheduler_for("sd15", "epsilon"), torch.tensor(TIMES)
    ours = signal_to_noise(scheduler.alphas_cumprod, times)
    assert torch.allclose(ours.float(), compute_snr(scheduler, times), rtol=1e-4)


def test_gamma_0_weighs_every_timestep_alike() -> None:
    assert min_snr_weights(scheduler_for("sd15", "epsilon"), torch.tensor(TIMES), 0.0).unique().tolist() == [
        1
    ]


def test_one_network_is_taught_the_same_whatever_it_predicts() -> None:
    """The weighted error of a noise or a velocity is the weighted error of the picture behind it."""
    torch.manual_seed(0)
    shape, times = (len(TIMES) - 1, 4, 2, 2), torch.tensor(TIMES[:-1])
    latents, noise, wrong = torch.randn(shape), torch.randn(shape), torch.randn(shape)
    losses = []
    for kind in KINDS:
        scheduler = scheduler_for("sd15", kind)
        alpha = scheduler.alphas_cumprod[times].view(-1, 1, 1, 1)
        noisy = scheduler.add_noise(latents, noise, times)
        said = {
            "sample": wrong,
            "epsilon": (noisy - alpha.sqrt() * wrong) / (1 - alpha).sqrt(),
            "v_prediction": (alpha.sqrt() * noisy - wrong) / (1 - alpha).sqrt(),
        }[kind]
        errors = (said - training_target(scheduler, latents, noise, times)).square().mean(dim=(1, 2, 3))
        losses.append(errors * min_snr_weights(scheduler, times, 5.0))
    assert torch.allclose(losses[0], losses[2], rtol=1e-3, atol=1e-4)
    assert torch.allclose(losses[1], losses[2], rtol=1e-3, atol=1e-4)
