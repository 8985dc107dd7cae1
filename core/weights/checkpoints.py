"""Checkpoints: is a model folder whole and safe, and which weights does it hold?

A hash identifies weights by content, so a recipe stays true when a folder is renamed. A full-size model
takes seconds to read, so digests of files are remembered by path, size and time of change: in memory always,
on disk where a cache folder is given. Nothing here needs torch.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from core.errors import ModelError, ModelMissingError, RecipeError, UnsafeWeightsError
from core.recipes import STOCK_ENCODER, Recipe
from core.weights.model_folders import (
    EXPECTED,
    MODEL_INDEX,
    PICKLED,
    WEIGHTED_PARTS,
    find_weights,
    missing_message,
    read_config,
    resolve_source,
    tensor_shapes,
    unsafe_message,
)

CACHE_FILE = "file_digests.json"
_remembered: dict[str, str] = {}


def check_model_folder(source: str | Path) -> None:
    """Checks that a folder is a whole Stable Diffusion 1.x model with safe weights; loads nothing.

    Raises:
        ModelMissingError: the folder, its index, or a part is missing or unreadable.
        UnsafeWeightsError: a part has pickled weights only.
        ModelError: the folder holds another kind of pipeline.
    """
    folder = resolve_source(source)
    if not folder.is_dir():
        raise _not_a_folder(folder)
    _check_index(folder)
    for part in WEIGHTED_PARTS:
        read_config(folder / part)
        tensor_shapes(folder / part)
    _check_tokenizer(folder / "tokenizer")
    read_config(folder / "scheduler", "scheduler_config.json")


def check_size(recipe: Recipe, folder: Path) -> None:
    """Checks that the autoencoder can make the size exactly (each block after the first halves it once).

    Raises:
        RecipeError: height or width is no multiple of that factor.
    """
    factor = scale_factor(folder)
    for name, value in (("height", recipe.height), ("width", recipe.width)):
        if value % factor:
            raise RecipeError(f"{name} is {value}; this model draws multiples of {factor} only.")


def scale_factor(folder: Path) -> int:
    """Pixels that one latent cell of a model covers, each way."""
    return int(2 ** (len(read_config(folder / "vae").get("block_out_channels", (0,) * 4)) - 1))


def model_hash(source: str | Path, cache_dir: Path | None = None) -> str:
    """SHA-256 over all parts' configurations and weights (64 hex digits); independent of the folder's name.

    Raises:
        ModelMissingError: the folder or a part's weights are missing.
        UnsafeWeightsError: a part has pickled weights only.
    """
    folder = resolve_source(source)
    files = {f"{part}/{f.name}": f for part in EXPECTED for f in _files_of_part(folder / part)}
    return _digest_of_files(files, cache_dir)


def encoder_hash(source: str | Path, cache_dir: Path | None = None) -> str:
    """SHA-256 over a text encoder's configuration and weights.

    ``source`` is the encoder's own folder, or a model's, of which ``text_encoder`` is read.

    Raises:
        ModelMissingError: the folder holds no weights.
        UnsafeWeightsError: it holds pickled weights only.
    """
    folder = resolve_source(source)
    folder = folder / "text_encoder" if (folder / "text_encoder").is_dir() else folder
    files = [folder / "config.json", *find_weights(folder)[0]]
    return _digest_of_files({f.name: f for f in files if f.is_file()}, cache_dir)


def drawn_encoder_hash(
    model: Path, text_encoder: str, weight: float | None = None, cache_dir: Path | None = None
) -> str:
    """Identity of what a recipe's prompt is read by: the stock encoder, the tuned one, or their mixture.

    A mixture is known by what it is made of: SHA-256 over both encoders' hashes and the weight.

    Raises:
        ModelMissingError, UnsafeWeightsError: as ``encoder_hash``.
    """
    if text_encoder == STOCK_ENCODER or weight == 0:
        return encoder_hash(model, cache_dir)
    tuned = encoder_hash(Path(text_encoder), cache_dir)
    if weight is None or weight == 1:
        return tuned
    parts = f"stock {encoder_hash(model, cache_dir)}\ntuned {tuned}\nweight {weight!r}\n"
    return hashlib.sha256(parts.encode()).hexdigest()


def file_hash(path: Path, cache_dir: Path | None = None) -> str:
    """SHA-256 of one file, remembered as those of a model's files are."""
    return _file_digests([path], cache_dir)[path]


def _check_index(folder: Path) -> None:
    if not (folder / MODEL_INDEX).is_file():
        if pickled := sorted(f for f in folder.glob("*") if f.suffix in PICKLED):
            raise UnsafeWeightsError(unsafe_message(pickled[0]))
        raise ModelMissingError(missing_message(folder, MODEL_INDEX))
    index = read_config(folder, MODEL_INDEX)
    for part, classes in EXPECTED.items():
        if not isinstance(entry := index.get(part), list) or len(entry) != 2 or not (folder / part).is_dir():
            raise ModelMissingError(missing_message(folder, part))
        if classes and entry[1] not in classes:
            raise ModelError(
                f"{folder} is no Stable Diffusion 1.x model: its {part} is {entry[1]}, not {classes[0]}."
            )


def _check_tokenizer(folder: Path) -> None:
    whole = (folder / "tokenizer.json").is_file()
    if not whole and not all((folder / name).is_file() for name in ("vocab.json", "merges.txt")):
        raise ModelMissingError(missing_message(folder, "tokenizer.json (or vocab.json and merges.txt)"))


def _not_a_folder(path: Path) -> ModelError:
    if path.suffix in PICKLED:
        return UnsafeWeightsError(unsafe_message(path))
    return ModelMissingError(
        f"{path} is a single file. Give a diffusers folder: open the file once with "
        "StableDiffusionPipeline.from_single_file and save it by save_pretrained."
    )


def _files_of_part(folder: Path) -> list[Path]:
    texts = [f for pattern in ("*.json", "*.txt") for f in folder.glob(pattern)]
    return texts if folder.name in ("tokenizer", "scheduler") else [*texts, *find_weights(folder)[0]]


def _digest_of_files(files: dict[str, Path], cache_dir: Path | None) -> str:
    digests = _file_digests(files.values(), cache_dir)
    lines = [f"{digests[path]}  {name}\n" for name, path in sorted(files.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _file_digests(paths: Iterable[Path], cache_dir: Path | None) -> dict[Path, str]:
    stored = _read_cache(cache_dir)
    known = {**stored, **_remembered}
    stamps = {path: _stamp(path) for path in paths}
    fresh = {stamp: _digest(path) for path, stamp in stamps.items() if stamp not in known}
    _remembered.update(fresh)
    if cache_dir is not None and fresh:
        _write_cache(cache_dir, {**stored, **fresh})
    return {path: {**known, **fresh}[stamp] for path, stamp in stamps.items()}


def _stamp(path: Path) -> str:
    status = path.stat()
    return f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_cache(cache_dir: Path | None) -> dict[str, str]:
    """An unreadable cache costs time, never truth: it is read again from the files."""
    try:
        values = json.loads((cache_dir / CACHE_FILE).read_text(encoding="utf-8")) if cache_dir else {}
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def _write_cache(cache_dir: Path, digests: dict[str, str]) -> None:
    cache_dir.mkdir(parents=True, exist_ok=True)
    temporary = cache_dir / f"{CACHE_FILE}.{os.getpid()}"
    temporary.write_text(json.dumps(digests, indent=0), encoding="utf-8")
    temporary.replace(cache_dir / CACHE_FILE)
