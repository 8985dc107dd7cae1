"""Where and in which precision a training computes."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from core.drawing.precision import fast_dtype, multiplies_bfloat16

TUNES_FASTER = 300_000_000
"""Parameters from which a network is fine-tuned faster in bfloat16 on a CPU that multiplies it."""


def choose_device(name: str = "auto") -> torch.device:
    """ "auto" takes a GPU where there is one."""
    if name != "auto":
        return torch.device(name)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def half_precision(device: torch.device, enabled: bool = True) -> torch.autocast:
    """bfloat16 for what bears it; weights, losses and averages stay in float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


def fastest_attention(device: torch.device) -> AbstractContextManager[None]:
    """The plain product of matrices on a processor: with a few hundred positions the fused attention's
    gradients take ten times as long, a tenth of the step of the embedded model's UNet."""
    return sdpa_kernel(SDPBackend.MATH) if device.type == "cpu" else nullcontext()


def half_pays() -> bool:
    """Whether a UNet learns faster in bfloat16: on a GPU, and on a processor that multiplies it.

    One core with AVX512-BF16 takes 21.6 pictures a second instead of 12.8; without, float32 is
    1.7 times as fast.
    """
    return torch.cuda.is_available() or multiplies_bfloat16()


def computes_in_bf16(precision: str, device: torch.device, parameters: int) -> bool:
    """Whether to compute in bf16: as asked, or where the device has it and the network is large enough."""
    if precision == "auto":
        return fast_dtype(device, parameters, TUNES_FASTER) is torch.bfloat16
    return precision == "bf16"
