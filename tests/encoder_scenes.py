"""Text encoders for the gate's tests: nudged a little, or turned in space."""

from pathlib import Path

import torch
from tiny_models import tiny_tokenizer
from torch import Tensor
from transformers import CLIPTextModel

from core.weights.origins import Origin, encoder_fingerprint, write_origin


def save_nudged(model: Path, folder: Path, size: float = 0.02) -> Path:
    """The model's own encoder with noise of ``size`` of each weight's spread; no origin is recorded."""
    encoder = stock_encoder(model)
    draw = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for weight in encoder.parameters():
            weight.add_(size * weight.std() * torch.randn(weight.shape, generator=draw))
    return _save(encoder, folder)


def save_turned(model: Path, folder: Path) -> Tensor:
    """The model's encoder with its space turned: every state is the stock one times the returned matrix.

    What writes into the residual stream and what reads from it are turned alike: the network computes the
    same thing in other directions: exactly so where layer norms have gain 1 and shift 0, as fresh ones do.
    """
    encoder = stock_encoder(model)
    turn = turn_of(encoder.config.hidden_size)
    with torch.no_grad():
        for name, weight in encoder.named_parameters():
            if name.endswith("embedding.weight") or name.endswith(("out_proj.bias", "fc2.bias")):
                weight.copy_(weight @ turn)
            elif name.endswith(("out_proj.weight", "fc2.weight")):
                weight.copy_(turn.T @ weight)
            elif name.endswith(("q_proj.weight", "k_proj.weight", "v_proj.weight", "fc1.weight")):
                weight.copy_(weight @ turn)
    _save(encoder, folder)
    return turn


def turn_of(width: int) -> Tensor:
    """A random orthogonal matrix that leaves (1, ..., 1) alone: a layer norm takes off the mean."""
    draw = torch.Generator().manual_seed(7)
    basis = torch.linalg.qr(
        torch.cat([torch.ones(width, 1), torch.randn(width, width - 1, generator=draw)], 1)
    )[0]
    inner = torch.eye(width)
    inner[1:, 1:] = torch.linalg.qr(torch.randn(width - 1, width - 1, generator=draw))[0]
    return basis @ inner @ basis.T


def record(folder: Path, *ancestors: str) -> Path:
    """Writes the origin of an encoder."""
    write_origin(folder, Origin(ancestors, "training.finetune_clip"))
    return folder


def own_fingerprint(model: Path) -> str:
    """That of the model's text encoder."""
    return encoder_fingerprint(model / "text_encoder")


def stock_encoder(model: Path) -> CLIPTextModel:
    """The model's text encoder in float32."""
    return CLIPTextModel.from_pretrained(model / "text_encoder").float().eval()


def _save(encoder: CLIPTextModel, folder: Path) -> Path:
    encoder.save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder
