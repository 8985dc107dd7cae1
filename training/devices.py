"""Where and in which precision a training computes."""

import torch


def choose_device(name: str = "auto") -> torch.device:
    """ "auto" takes a GPU where there is one."""
    if name != "auto":
        return torch.device(name)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def half_precision(device: torch.device, enabled: bool = True) -> torch.autocast:
    """bfloat16 for what bears it; weights, losses and averages stay in float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)
