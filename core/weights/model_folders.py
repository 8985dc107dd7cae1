"""Model folders: where a source is on disk, and what its parts hold.

Opens weights only as far as their safetensors header, so nothing here needs torch.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from core.errors import ModelMissingError, UnsafeWeightsError
from core.settings import Settings

MODEL_INDEX = "model_index.json"
EXPECTED: dict[str, tuple[str, ...]] = {
    "unet": ("UNet2DConditionModel",),
    "vae": ("AutoencoderKL", "AutoencoderTiny"),
    "text_encoder": ("CLIPTextModel",),
    "tokenizer": ("CLIPTokenizer", "CLIPTokenizerFast"),
    "scheduler": (),
}
"""Parts of a Stable Diffusion 1.x folder and the classes each may be (any scheduler will do)."""

WEIGHTED_PARTS = ("unet", "vae", "text_encoder")
PICKLED = (".bin", ".ckpt", ".pt", ".pth", ".pkl")
VARIANTS = (None, "fp16")
"""Weight files looked for, best first: ``model.safetensors``, then ``model.fp16.safetensors``."""

Shapes = dict[str, tuple[str, tuple[int, ...]]]
"""Tensor name to (dtype as safetensors spells it, shape)."""


def locate_source(source: str | Path) -> Path | None:
    """Folder of a released model's name, a path, or an already downloaded hub id; None if there is none."""
    released = Settings.from_environment().models / str(source)
    if released.parent == Settings.from_environment().models and (released / MODEL_INDEX).is_file():
        return released
    path = Path(source).expanduser()
    if path.exists():
        return path
    return _hub_snapshot(str(source), download=False) if is_hub_id(source) else None


def resolve_source(source: str | Path, download: bool = False) -> Path:
    """Folder of a model; a hub id is fetched from the network only if ``download`` says so.

    Raises:
        ModelMissingError: no such folder; or a hub id that is not here, or can't be downloaded.
    """
    if (folder := locate_source(source)) is not None:
        return folder
    if not is_hub_id(source):
        raise ModelMissingError(f"There is no model folder '{source}'. Give a diffusers folder or a hub id.")
    if not download:
        raise ModelMissingError(
            f"'{source}' is neither a folder nor a downloaded model. Nothing is downloaded unasked: while "
            "online, add --download to the command 'python -m core.generate', or give a local folder."
        )
    return _downloaded(str(source))


def is_hub_id(source: str | Path) -> bool:
    """True for text of the form "owner/name"."""
    parts = str(source).split("/")
    return len(parts) == 2 and all(p and not p.startswith((".", "~")) for p in parts)


def read_config(folder: Path, name: str = "config.json") -> dict[str, Any]:
    """Reads a part's configuration.

    Raises:
        ModelMissingError: the file is missing or no JSON object.
    """
    try:
        values = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelMissingError(missing_message(folder, name)) from error
    except (OSError, ValueError) as error:
        raise ModelMissingError(f"{folder / name} can't be read: {error}. Copy it again.") from error
    if not isinstance(values, dict):
        raise ModelMissingError(f"{folder / name} is not a JSON object. Copy it again.")
    return values


def find_weights(folder: Path) -> tuple[list[Path], str | None]:
    """Safetensors files of one part (more than one if sharded) and their variant.

    Raises:
        ModelMissingError: the part has no weights.
        UnsafeWeightsError: it has pickled weights only.
    """
    for variant in VARIANTS:
        if files := _weights_of_variant(folder, variant):
            return files, variant
    if pickled := sorted(f for f in folder.glob("*") if f.suffix in PICKLED):
        raise UnsafeWeightsError(unsafe_message(pickled[0]))
    raise ModelMissingError(missing_message(folder, "weights in safetensors form"))


def tensor_shapes(folder: Path) -> Shapes:
    """Names, dtypes and shapes of a part's tensors, read from the file headers.

    Raises:
        ModelMissingError: a file is cut short, or no safetensors file at all.
    """
    shapes: Shapes = {}
    for path in find_weights(folder)[0]:
        shapes |= read_header(path)[0]
    return shapes


def read_header(path: Path) -> tuple[Shapes, dict[str, str]]:
    """Tensors of one safetensors file, and the notes (metadata) in its header.

    Raises:
        ModelMissingError: the file is missing or cut short.
    """
    try:
        with safe_open(path, framework="np") as tensors:
            names: list[str] = list(tensors.keys())
            parts = {name: tensors.get_slice(name) for name in names}
            shapes = {name: (part.get_dtype(), tuple(part.get_shape())) for name, part in parts.items()}
            return shapes, dict(tensors.metadata() or {})
    except (SafetensorError, OSError) as error:
        message = f"{path} is not a whole safetensors file ({error}). Copy or download it again."
        raise ModelMissingError(message) from error


def unsafe_message(path: Path) -> str:
    """Says which file is pickled, why that matters, and how to convert it."""
    return (
        f"{path} is a pickled checkpoint, which can run any program when opened, so it is refused. "
        "Convert it where you trust it: load the model once with diffusers and save it by "
        "save_pretrained(folder, safe_serialization=True), then give that folder."
    )


def _weights_of_variant(folder: Path, variant: str | None) -> list[Path]:
    """Whole file first, else shards ``stem-00001-of-00002[.variant].safetensors``."""
    for stem in ("model", "diffusion_pytorch_model"):
        tail = ".safetensors" if variant is None else f".{variant}.safetensors"
        if (whole := folder / f"{stem}{tail}").is_file():
            return [whole]
        if shards := sorted(f for f in folder.glob(f"{stem}*-of-*{tail}") if _variant_of(f) == variant):
            return shards
    return []


def _variant_of(path: Path) -> str | None:
    return next((v for v in VARIANTS if v is not None and f".{v}" in path.name), None)


def missing_message(folder: Path, what: str) -> str:
    """Says what a folder lacks and what a whole one holds."""
    parts = ", ".join(EXPECTED)
    return f"{folder} has no {what}. A whole model folder holds {MODEL_INDEX} and the folders {parts}."


def _downloaded(source: str) -> Path:
    try:
        folder = _hub_snapshot(source, download=True)
    except Exception as error:
        raise ModelMissingError(
            f"'{source}' can't be downloaded ({type(error).__name__}). Check the name and the connection, "
            "or give a local folder."
        ) from error
    if folder is None:
        raise ModelMissingError(f"'{source}' can't be downloaded. Check the name, or give a local folder.")
    return folder


def _hub_snapshot(source: str, download: bool) -> Path | None:
    """Folder of a hub model in the local cache. Only the parts that are read are fetched."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    fetch: Callable[..., str] = snapshot_download
    try:
        return Path(fetch(source, local_files_only=not download, allow_patterns=_hub_patterns()))
    except (LocalEntryNotFoundError, HFValidationError):
        return None


def _hub_patterns() -> list[str]:
    weights = ("model.safetensors", "diffusion_pytorch_model.safetensors", "*-of-*.safetensors")
    names = ("*.json", "*.txt", *weights)
    return ["*.json", *(f"{part}/{name}" for part in EXPECTED for name in names)]
