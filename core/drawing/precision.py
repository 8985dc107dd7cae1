"""Number types of a UNet: the fastest that the device has hardware for, float32 all around it."""

from collections.abc import Callable
from typing import Any

import torch

DRAWS_FASTER = 10_000_000
"""Parameters from which a UNet draws faster in bfloat16 on a CPU that multiplies it: the embedded model's 20
million take 0.7 of the time. A smaller one waits for other things than arithmetic."""


def with_float32_border(unet: Any, dtype: torch.dtype) -> Any:
    """Casts what goes into a UNet of another type and what comes out, so that all around it stays float32."""
    unet.to(memory_format=torch.channels_last)
    if dtype is not torch.float32:
        unet.register_forward_pre_hook(_cast_inputs(dtype), with_kwargs=True)
        unet.register_forward_hook(_cast_output)
    return unet


def fast_dtype(device: torch.device, parameters: int, least: int = DRAWS_FASTER) -> torch.dtype:
    """The type a UNet of this size computes in; on a CPU bfloat16 needs the instructions and ``least``
    parameters."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device.type == "mps":
        return torch.float16
    return torch.bfloat16 if parameters >= least and multiplies_bfloat16() else torch.float32


def multiplies_bfloat16() -> bool:
    """Whether this processor has instructions for bfloat16 (AVX512-BF16 or AMX)."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _cast_inputs(dtype: torch.dtype) -> Callable[[Any, Any, Any], tuple[Any, Any]]:
    def cast(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        # The time step stays as it is: bfloat16 holds no 999.
        sample, *others = args
        states = kwargs["encoder_hidden_states"]
        return (sample.to(dtype), *others), {**kwargs, "encoder_hidden_states": states.to(dtype)}

    return cast


def _cast_output(_: Any, __: Any, output: Any) -> Any:
    if isinstance(output, tuple):
        return (output[0].float(), *output[1:])
    output.sample = output.sample.float()
    return output
