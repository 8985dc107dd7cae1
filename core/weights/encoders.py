"""Does a text encoder fit a model? Compared from configurations and file headers, before anything is loaded.

A UNet reads all hidden states of the encoder it was trained with. Another width fails at once; another
tokenizer, activation or number of layers would only draw nonsense, so all of them are compared.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import EncoderMismatchError, ModelMissingError
from core.language.prompts import FolderTokenizer
from core.weights.model_folders import Shapes, read_config, tensor_shapes

TEXT_CLASSES = ("CLIPTextModel", "CLIPTextModelWithProjection", "CLIPModel")
FLOAT_TYPES = ("F16", "BF16", "F32", "F64")
COMPARED = (
    ("hidden size", "hidden_size"),
    ("number of layers", "num_hidden_layers"),
    ("number of attention heads", "num_attention_heads"),
    ("width of the feed-forward layers", "intermediate_size"),
    ("activation", "hidden_act"),
    ("vocabulary size", "vocab_size"),
    ("maximum length", "max_position_embeddings"),
)
"""What must be equal, by its name for people and its name in the configuration."""

TEXT_LEFT_OUT = ("embeddings.position_ids", "text_projection.weight", "logit_scale")
"""Tensors that checkpoints carry beside a text encoder's own weights."""

DEFAULTS = {
    "hidden_size": 512,
    "num_hidden_layers": 12,
    "num_attention_heads": 8,
    "intermediate_size": 2048,
    "hidden_act": "quick_gelu",
    "vocab_size": 49408,
    "max_position_embeddings": 77,
}
"""CLIPTextConfig's own defaults: whole-CLIP configurations leave them out."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One property that differs, with both values as text."""

    name: str
    here: str
    model: str

    def __str__(self) -> str:
        return f"{self.name}: {self.here} here, {self.model} in the model"


def check_text_encoder(encoder_dir: Path, model_dir: Path) -> None:
    """Checks an encoder's folder (CLIPTextModel, or a whole CLIPModel) against a model's folder.

    Raises:
        EncoderMismatchError: naming each property that differs, with both values.
        ModelMissingError: the folder or a file is missing.
        UnsafeWeightsError: the weights are pickled.
    """
    if not encoder_dir.is_dir():
        raise ModelMissingError(f"There is no text encoder folder '{encoder_dir}'.")
    found = differences(encoder_dir, model_dir)
    if found:
        listed = "; ".join(str(d) for d in found)
        raise EncoderMismatchError(
            f"The text encoder in {encoder_dir} does not fit the model in {model_dir}. {listed}. "
            "Fine-tune the model's own text encoder, or choose the model this one belongs to."
        )


def differences(encoder_dir: Path, model_dir: Path) -> tuple[Difference, ...]:
    """Every property that differs; empty if the encoder fits. Raises as ``check_text_encoder``."""
    config = read_config(encoder_dir)
    if unlike := _architecture(config):
        return (unlike,)
    sizes = _sizes(_text_part(config), model_dir)
    return (
        *sizes,
        *_tokenizers(encoder_dir, model_dir / "tokenizer"),
        *_weights(encoder_dir, model_dir, sizes),
    )


def _architecture(config: dict[str, Any]) -> Difference | None:
    named = config.get("architectures") or [config.get("model_type", "nothing")]
    if named[0] in (*TEXT_CLASSES, "clip", "clip_text_model"):
        return None
    return Difference("architecture", str(named[0]), "CLIPTextModel")


def _text_part(config: dict[str, Any]) -> dict[str, Any]:
    """Older whole-CLIP configurations keep the text part's values in ``text_config_dict``."""
    if "text_config" not in config and "text_config_dict" not in config:
        return config
    return {**(config.get("text_config") or {}), **(config.get("text_config_dict") or {})}


def _sizes(text: dict[str, Any], model_dir: Path) -> tuple[Difference, ...]:
    stock = _text_part(read_config(model_dir / "text_encoder"))
    pairs = [(name, _value(text, key), _value(stock, key)) for name, key in COMPARED]
    read = read_config(model_dir / "unet").get("cross_attention_dim", 1280)
    width = _value(text, "hidden_size")
    if width != read:
        pairs = [p for p in pairs if p[0] != "hidden size"]
        pairs.insert(0, ("hidden size", width, f"{read} (the UNet's cross_attention_dim)"))
    return tuple(Difference(name, str(ours), str(theirs)) for name, ours, theirs in pairs if ours != theirs)


def _value(config: dict[str, Any], key: str) -> Any:
    return config.get(key, DEFAULTS[key])


def _tokenizers(encoder_dir: Path, stock_dir: Path) -> tuple[Difference, ...]:
    """Compared where the encoder brings one; the model's own is the one that is used."""
    folder = encoder_dir / "tokenizer" if (encoder_dir / "tokenizer").is_dir() else encoder_dir
    if not any((folder / name).is_file() for name in ("tokenizer.json", "vocab.json")):
        return ()
    ours, theirs = FolderTokenizer(folder), FolderTokenizer(stock_dir)
    found = []
    if ours.limit != theirs.limit:
        found.append(Difference("tokenizer's maximum length", str(ours.limit), str(theirs.limit)))
    if word := _first_unlike(ours.vocabulary(), theirs.vocabulary()):
        ids = (str(ours.vocabulary().get(word)), str(theirs.vocabulary().get(word)))
        found.append(Difference(f"tokenizer's id of '{word}'", *ids))
    elif ours.merges() != theirs.merges():
        counts = (f"{len(ours.merges())} merges", f"{len(theirs.merges())} others")
        found.append(Difference("tokenizer's merges", *counts))
    return tuple(found)


def _first_unlike(ours: dict[str, int], theirs: dict[str, int]) -> str | None:
    words = sorted(set(ours) | set(theirs))
    return next((word for word in words if ours.get(word) != theirs.get(word)), None)


def _weights(encoder_dir: Path, model_dir: Path, sizes: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """Dtypes always; names and shapes only where the configurations agree, else they repeat what was said."""
    ours = _text_tensors(tensor_shapes(encoder_dir))
    found = [
        Difference("dtype", d, "a float type")
        for d in sorted({d for d, _ in ours.values()} - set(FLOAT_TYPES))
    ]
    if sizes or found:
        return tuple(found)
    theirs = _text_tensors(tensor_shapes(model_dir / "text_encoder"))
    for name in sorted(set(ours) | set(theirs)):
        pair = _shape_of(ours, name), _shape_of(theirs, name)
        if pair[0] != pair[1]:
            return (Difference(f"shape of '{name}'", *pair),)
    return ()


def _text_tensors(shapes: Shapes) -> Shapes:
    """The text encoder's tensors by their short names."""
    names = text_tensor_names(shapes)
    return {short: shapes[name] for name, short in names.items() if short not in TEXT_LEFT_OUT}


def text_tensor_names(names: Iterable[str]) -> dict[str, str]:
    """Each name and the same without "text_model."; those of a whole CLIP's other tower are left out."""
    listed = list(names)
    whole = any(name.startswith("vision_model.") for name in listed)
    return {n: n.removeprefix("text_model.") for n in listed if n.startswith("text_model.") or not whole}


def _shape_of(shapes: Shapes, name: str) -> str:
    return "x".join(map(str, shapes[name][1])) if name in shapes else "missing"
