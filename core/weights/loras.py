"""LoRAs: small additions to a UNet's attention, where they are, and what they say about themselves.

A LoRA is a folder with ``pytorch_lora_weights.safetensors`` as diffusers writes it and, where
``training.finetune_unet`` made it, ``origin.json``: which model and text encoder it was trained with, on
whose pictures, and how far it came. The app offers those below ``Settings.runs``. Nothing here needs torch.
"""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from core.errors import ModelError, ModelMissingError, UnsafeWeightsError
from core.recipes import Recipe
from core.settings import Settings
from core.weights.checkpoints import file_hash
from core.weights.lora_layers import LoraHeader, check_layers, layer_differences, read_lora_header
from core.weights.model_folders import PICKLED, resolve_source, tensor_shapes, unsafe_message
from core.weights.origins import ORIGIN_FILE

WEIGHTS = "pytorch_lora_weights.safetensors"
RESULT = "lora"
"""Folder of the result inside a run."""

NO_LAYERS = LoraHeader()
PLACES = (f"*/{WEIGHTS}", f"*/{RESULT}/{WEIGHTS}", f"*/*/{RESULT}/{WEIGHTS}")
"""Where below the folder of runs LoRAs are looked for: a LoRA's own folder, a run, a run of several."""


@dataclass(frozen=True, slots=True)
class LoraOrigin:
    """What a LoRA was made from; empty where nothing is recorded.

    Hashes are those that recipes know models and text encoders by. ``licence`` and ``consent`` are those of
    the pictures it learned from.
    """

    made_by: str = ""
    model: str = ""
    model_hash: str = ""
    text_encoder: str = ""
    text_encoder_hash: str = ""
    data: str = ""
    data_digest: str = ""
    licence: str = ""
    consent: str = ""
    figures: dict[str, Any] = field(default_factory=dict, hash=False)
    settings: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Lora:
    """One LoRA. ``source`` is what a recipe stores in ``lora``; ``trouble`` says why it can't be used."""

    source: str
    folder: Path
    hash: str = ""
    header: LoraHeader = NO_LAYERS
    origin: LoraOrigin = LoraOrigin()
    trouble: str = ""

    @property
    def name(self) -> str:
        """What people call it: the run's name, or that of its folder."""
        return Path(self.source).name


def list_loras(settings: Settings) -> list[Lora]:
    """What is found below ``settings.runs``, by name; what can't be used is listed with the reason."""
    folders = {path.parent for place in PLACES for path in settings.runs.glob(place)}
    return [_for_list(folder, settings) for folder in sorted(folders)]


@dataclass(frozen=True, slots=True)
class LoraOffer:
    """What is found for one model: the LoRAs that fit it, how many belong to other models, and a sentence for
    each that can't be used at all."""

    fitting: tuple[Lora, ...] = ()
    others: int = 0
    troubles: tuple[str, ...] = ()


def loras_on_offer(settings: Settings, model: str) -> LoraOffer:
    """Looks through ``settings.runs`` for a model, given by its source."""
    found = list_loras(settings)
    usable = [lora for lora in found if not lora.trouble]
    try:
        unet = tensor_shapes(resolve_source(model) / "unet") if usable else {}
    except ModelError:
        unet = {}
    fitting = tuple(lora for lora in usable if not layer_differences(lora.header, unet))
    return LoraOffer(
        fitting, len(usable) - len(fitting), tuple(lora.trouble for lora in found if lora.trouble)
    )


def describe_lora(source: str | Path, cache_dir: Path | None = None) -> Lora:
    """Reads a LoRA's record and header.

    Raises:
        ModelMissingError, UnsafeWeightsError: as ``resolve_lora``; or a file can't be read.
        LoraMismatchError: it holds something else than layers of a UNet.
    """
    folder = resolve_lora(source)
    header = read_lora_header(folder / WEIGHTS)
    return Lora(str(source), folder, file_hash(folder / WEIGHTS, cache_dir), header, read_lora_origin(folder))


def check_lora(source: str | Path, model_dir: Path, cache_dir: Path | None = None) -> Lora:
    """``describe_lora`` of a LoRA that fits the UNet in ``model_dir``.

    Raises:
        LoraMismatchError: it does not; the message names the layers that differ and the model it belongs to.
        ModelMissingError, UnsafeWeightsError: as ``describe_lora``.
    """
    lora = describe_lora(source, cache_dir)
    check_layers(lora.folder, lora.header, model_dir, lora.origin.model)
    return lora


def resolve_lora(source: str | Path) -> Path:
    """Folder of a LoRA: a run's name below ``Settings.runs``, a run's folder, or the LoRA's own.

    Raises:
        ModelMissingError: there is none.
        UnsafeWeightsError: its weights are pickled.
    """
    if not str(source).strip():
        raise ModelMissingError("No LoRA was named. Give the name of a run, or a LoRA's folder.")
    runs, given = Settings.from_environment().runs, Path(source).expanduser()
    named = runs / str(source)
    found = (named, given) if named.resolve().is_relative_to(runs) else (given,)
    folders = [place for folder in found for place in (folder / RESULT, folder)]
    for folder in folders:
        if (folder / WEIGHTS).is_file():
            return folder
    for path in (given, *(file for folder in folders for file in _files(folder))):
        if path.suffix in PICKLED:
            raise UnsafeWeightsError(unsafe_message(path))
    raise ModelMissingError(
        f"There is no LoRA '{source}': neither a run below {runs} nor a folder that holds {WEIGHTS}. "
        "Train one by training.finetune_unet, or copy one there."
    )


def lora_source(folder: Path, settings: Settings) -> str:
    """What a recipe calls a LoRA: its run's name where it lies below ``settings.runs``, so that a moved or
    copied library still finds it; else its folder."""
    run = folder.parent if folder.name == RESULT else folder
    return str(run.relative_to(settings.runs)) if run.is_relative_to(settings.runs) else str(folder)


def read_lora_origin(folder: Path) -> LoraOrigin:
    """The record beside a LoRA's weights; an empty one if there is none.

    Raises:
        ModelError: the record is there and can't be understood.
    """
    path = folder / ORIGIN_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return LoraOrigin(**{f.name: values[f.name] for f in fields(LoraOrigin) if f.name in values})
    except FileNotFoundError:
        return LoraOrigin()
    except (OSError, ValueError, TypeError) as error:
        message = f"{path} can't be read as the record of a LoRA's origin ({error!r}). Copy the folder again."
        raise ModelError(message) from error


def write_lora_origin(folder: Path, origin: LoraOrigin) -> Path:
    """Writes the record beside the weights."""
    path = folder / ORIGIN_FILE
    path.write_text(json.dumps(asdict(origin), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def lora_notes(lora: Lora, recipe: Recipe) -> tuple[str, ...]:
    """Sentences on what a LoRA was trained with, where the recipe draws with something else."""
    origin, notes = lora.origin, []
    if origin.model_hash and origin.model_hash != recipe.model_hash:
        notes.append(
            f"The LoRA '{lora.name}' was trained on the model '{origin.model}'. On '{recipe.model}' it fits, "
            "but what it draws there was not measured."
        )
    elif origin.text_encoder_hash and origin.text_encoder_hash != recipe.text_encoder_hash:
        notes.append(
            f"The LoRA '{lora.name}' was trained with the text encoder '{origin.text_encoder}'. With "
            f"'{recipe.text_encoder}' it fits, but what it draws with it was not measured."
        )
    return tuple(notes)


def _for_list(folder: Path, settings: Settings) -> Lora:
    """One broken folder must not close the page."""
    source = lora_source(folder, settings)
    try:
        return describe_lora(source, settings.library / "cache")
    except (ModelError, OSError) as error:
        return Lora(source, folder, trouble=str(error))


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*")) if folder.is_dir() else []
