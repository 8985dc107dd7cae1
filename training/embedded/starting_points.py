"""Weights of an earlier embedded model to start from, as far as their shapes fit each other."""

import json
from pathlib import Path
from typing import Any

from core.errors import ModelMissingError
from core.settings import JUDGE

AUTOENCODER = "AutoencoderTiny"
PARTS = {"autoencoder": "vae", "clip": "clip", "unet": "unet"}
"""Trainings, and the part of a model that each makes."""


def starting_points(model: Path | None) -> dict[str, tuple[str, ...]]:
    """The --init flag of each training that can start from ``model``; empty where it begins anew.

    A UNet stands on its autoencoder's latents and its CLIP's states, so it is taken with both or not at all.
    The judge is one beside the model, as releases lie.

    Raises:
        ModelMissingError: the folder holds none of them.
    """
    if model is None:
        return {"autoencoder": (), "clip": (), "unet": (), "judge": ()}
    vae, clip, unet = (_config(model / name) for name in ("vae", "clip", "unet"))
    if not (vae or clip or unet):
        raise ModelMissingError(f"{model} holds no autoencoder, CLIP or UNet to start from.")
    judge = model.parent / JUDGE
    fits = {
        "autoencoder": vae.get("_class_name") == AUTOENCODER,
        "clip": "text_config" in clip,
        "unet": _fits(vae, clip, unet),
        "judge": bool(_config(judge)),
    }
    for name, there in fits.items():
        if not there:
            print(f"{name}: {model} has none that fits; it begins anew", flush=True)
    folders = {name: model / part for name, part in PARTS.items()} | {"judge": judge}
    return {name: ("--init", str(folders[name])) if there else () for name, there in fits.items()}


def _fits(vae: dict[str, Any], clip: dict[str, Any], unet: dict[str, Any]) -> bool:
    """Whether the UNet reads this CLIP's states and draws this autoencoder's latents."""
    if vae.get("_class_name") != AUTOENCODER or "text_config" not in clip or not unet:
        return False
    width, channels = clip["text_config"].get("hidden_size"), vae.get("latent_channels")
    return unet.get("cross_attention_dim") == width and unet.get("in_channels") == channels


def _config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found
