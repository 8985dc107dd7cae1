"""The released folder: a Stable Diffusion pipeline in half precision, the whole CLIP, and a model card."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderTiny, StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPModel

from core.errors import TrainingError
from core.language.vocabulary import load_vocabulary
from core.measuring.measurements import write_measurement
from core.settings import EMBEDDED_MODEL
from core.weights.model_cards import DrawingDefaults, ModelCard, load_card, write_card
from training.embedded.datasets import PhantomSet, open_phantoms
from training.embedded.noise_schedule import make_scheduler
from training.render_phantoms import SETTINGS_FILE
from training.words.text_states import load_text_encoder

LARGEST_FILE = 50_000_000
"""Bytes; a hosting limit for files kept in a repository."""

TEXT_TOWER = "text_model."
TEXT_SHARD, OWN_SHARD = "../text_encoder/model.safetensors", "model-vision.safetensors"

NOTICE = "Trained on drawn phantoms, not on patients; not for diagnosis."
ORIGIN = "Made by training.build_embedded from phantoms of training.render_phantoms alone."


@dataclass(frozen=True, slots=True)
class Parts:
    """Folders of what was trained, each in save_pretrained form."""

    unet: Path
    vae: Path
    clip: Path


def assemble(parts: Parts, phantoms: Path, folder: Path) -> None:
    """Writes the model folder beside its place and swaps it in whole.

    Raises:
        TrainingError: a file is too large to be kept in a repository.
    """
    waiting = folder.with_name(folder.name + ".new")
    shutil.rmtree(waiting, ignore_errors=True)
    drawn = open_phantoms(phantoms)
    _pipeline(parts).to(dtype=torch.float16).save_pretrained(waiting, safe_serialization=True)
    _save_clip(parts.clip, waiting / "clip")
    for part in ("text_encoder", "clip"):
        _load_in_float32(waiting / part / "config.json")
    for config in waiting.rglob("config.json"):
        _forget_origin(config)
    write_card(waiting, card_for(drawn))
    check_sizes(waiting)
    shutil.rmtree(folder, ignore_errors=True)
    waiting.replace(folder)


def _forget_origin(config: Path) -> None:
    """Takes out the folder of the training run, which means nothing on another machine."""
    values = json.loads(config.read_text(encoding="utf-8"))
    values.pop("_name_or_path", None)
    config.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def _pipeline(parts: Parts) -> StableDiffusionPipeline:
    tokenizer, text_encoder = load_text_encoder(parts.clip)
    return StableDiffusionPipeline(
        vae=AutoencoderTiny.from_pretrained(parts.vae, torch_dtype=torch.float32),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=UNet2DConditionModel.from_pretrained(parts.unet, torch_dtype=torch.float32),
        scheduler=make_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _save_clip(clip: Path, folder: Path) -> None:
    """The whole CLIP in half precision, with its tokenizer and picture preparation."""
    CLIPModel.from_pretrained(clip, torch_dtype=torch.float32).half().save_pretrained(folder)
    for file in clip.iterdir():
        if file.is_file() and not (folder / file.name).exists() and file.suffix in (".json", ".txt"):
            shutil.copy2(file, folder / file.name)
    _share_text_tower(folder)


def _share_text_tower(folder: Path) -> None:
    """Keeps the text tower on disk once: the index of shards names the pipeline's text encoder for it."""
    whole = folder / "model.safetensors"
    weights = load_file(whole)
    own = {name: value for name, value in weights.items() if not name.startswith(TEXT_TOWER)}
    save_file(own, folder / OWN_SHARD, metadata={"format": "pt"})
    index = {
        "metadata": {"total_size": sum(value.nbytes for value in weights.values())},
        "weight_map": {name: OWN_SHARD if name in own else TEXT_SHARD for name in weights},
    }
    text = json.dumps(index, indent=2) + "\n"
    (folder / "model.safetensors.index.json").write_text(text, encoding="utf-8")
    whole.unlink()


def _load_in_float32(config: Path) -> None:
    """Names float32 as the type to compute in.

    transformers would otherwise load the half-precision file as such, while diffusers loads its own parts in
    float32, and a plain from_pretrained would end in a mixture that can't draw.
    """
    values = json.loads(config.read_text(encoding="utf-8"))
    for place in (values, *(v for v in values.values() if isinstance(v, dict))):
        place.pop("torch_dtype", None)
        if "dtype" in place or place is values:
            place["dtype"] = "float32"
    config.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def card_for(phantoms: PhantomSet) -> ModelCard:
    """What the model knows is what its phantoms show."""
    asked, words = [p.attributes for p in phantoms.phantoms], load_vocabulary()
    settings = _settings(phantoms.folder)
    return ModelCard(
        source=EMBEDDED_MODEL,
        label="Embedded model",
        description=f"Draws {phantoms.size}x{phantoms.size} pictures of skin; small enough for a processor.",
        notice=NOTICE,
        rashes=_known(words.rashes, (a.rash for a in asked)),
        sites=_known(words.sites, (site for a in asked for site in a.sites)),
        tones=_known(words.all_tones, _tones_taught(a.tone for a in asked)),
        severities=_known(words.severities, (a.severity for a in asked)),
        views=_known(words.views, (a.view for a in asked)),
        defaults=DrawingDefaults(20, 3.0, "ddim", phantoms.size, phantoms.size),
        licence="Apache-2.0",
        judge=True,
        held_out=float(settings.get("hold_out", 0.0)),
        true_sites=bool(settings.get("true_sites", False)),
        origin=f"{ORIGIN} It learned from {len(phantoms)} of them.",
    )


def _settings(folder: Path) -> dict[str, Any]:
    """How the phantoms were drawn, as it stands beside them."""
    path = folder / SETTINGS_FILE
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def _tones_taught(shown: Iterable[str | None]) -> set[str]:
    """The tones that were shown, and the named ones all of whose Monk steps were: captions name them, too."""
    words, found = load_vocabulary(), {tone for tone in shown if tone}
    steps = {key: words.named_tone(step).key for key, step in words.monk_tones.items()}
    whole = {named for named in words.tones if all(k in found for k, of in steps.items() if of == named)}
    return found | whole


def _known(vocabulary: Iterable[str], used: Iterable[str | None]) -> tuple[str, ...]:
    """The keys that are used, in the vocabulary's order."""
    found = set(used)
    return tuple(key for key in vocabulary if key in found)


def check_sizes(folder: Path) -> None:
    """Refuses files that a repository would not take.

    Raises:
        TrainingError: naming the file and its size.
    """
    for file in folder.rglob("*"):
        if file.is_file() and file.stat().st_size >= LARGEST_FILE:
            raise TrainingError(
                f"{file} is {file.stat().st_size:,} bytes; at most {LARGEST_FILE:,} can be released. "
                "Train a smaller network."
            )


def copy_judge(trained: Path, folder: Path) -> None:
    """Puts the judge in its place, if it is not there already."""
    if trained.resolve() == folder.resolve():
        return
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(trained, folder)


def check_drawing(folder: Path, size: int) -> None:
    """Draws one picture with the plain diffusers pipeline, as anybody would.

    Raises:
        TrainingError: the picture has another size, or is one flat colour.
    """
    pipeline = StableDiffusionPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    caption = "tinea type of rash at the foot area on a fair skin"
    steps = {"num_inference_steps": 4, "guidance_scale": 2.0, "height": size, "width": size}
    picture = pipeline(caption, generator=torch.Generator().manual_seed(0), **steps).images[0]
    if picture.size != (size, size) or np.asarray(picture).std() == 0:
        raise TrainingError(f"The model in {folder} draws no picture of {size} pixels; train it again.")


def record_figures(folder: Path, report: dict[str, Any]) -> None:
    """Writes a measurement's figures into the model card, and the measurement itself beside it."""
    write_measurement(folder, report)
    write_card(folder, replace(load_card(folder), figures=report["figures"]))
