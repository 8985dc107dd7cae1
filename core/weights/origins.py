"""Where a tuned text encoder comes from: a record beside its weights, and the fingerprint it names.

``origin.json`` lists the fingerprints of the encoders that a tuned one descends from, the oldest first. An
encoder may only be swapped into a model whose own text encoder is among them: equal shapes are no proof of a
common space.

A fingerprint is that of the weights alone, rounded to half precision: the text tower of a whole CLIP, a
pipeline's text encoder and their half-precision copies are one and the same encoder.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.errors import ModelError
from core.weights.encoders import TEXT_LEFT_OUT, text_tensor_names
from core.weights.model_folders import find_weights

ORIGIN_FILE = "origin.json"


@dataclass(frozen=True, slots=True)
class Origin:
    """What an encoder was made from. ``ancestors`` are fingerprints, the encoder started from last."""

    ancestors: tuple[str, ...]
    made_by: str
    details: dict[str, Any] = field(default_factory=dict, hash=False)


def read_origin(folder: Path) -> Origin | None:
    """The record beside an encoder's weights; None if there is none.

    Raises:
        ModelError: the record is there and can't be understood.
    """
    path = folder / ORIGIN_FILE
    if not path.is_file():
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        ancestors = tuple(str(fingerprint) for fingerprint in values["ancestors"])
        return Origin(ancestors, str(values["made_by"]), dict(values.get("details", {})))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path} can't be read as the record of an encoder's origin ({error!r}). Copy the folder again."
        ) from error


def write_origin(folder: Path, origin: Origin) -> Path:
    """Writes the record beside the weights."""
    path = folder / ORIGIN_FILE
    path.write_text(json.dumps(asdict(origin), indent=2) + "\n", encoding="utf-8")
    return path


def encoder_fingerprint(folder: Path) -> str:
    """Fingerprint of the text encoder, or of a whole CLIP's text tower, in ``folder``.

    Raises:
        ModelMissingError: the folder holds no weights.
        UnsafeWeightsError: it holds pickled weights only.
    """
    from safetensors.torch import load_file

    weights = {name: tensor for path in find_weights(folder)[0] for name, tensor in load_file(path).items()}
    return fingerprint_of(weights.items())


def fingerprint_of(weights: Iterable[tuple[str, Any]]) -> str:
    """SHA-256 over names, shapes and half-precision values of named tensors (64 hex digits).

    Names may carry "text_model."; what a text encoder does not compute with is left out.
    """
    tensors = dict(weights)
    digest = hashlib.sha256()
    for short, name in sorted((short, name) for name, short in text_tensor_names(tensors).items()):
        if short not in TEXT_LEFT_OUT:
            values = tensors[name].detach().cpu().half().contiguous()
            digest.update(f"{short} {tuple(values.shape)}\n".encode())
            digest.update(values.numpy().tobytes())
    return digest.hexdigest()
