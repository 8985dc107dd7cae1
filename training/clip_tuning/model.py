"""The CLIP that is fine-tuned: loaded from anywhere transformers loads it, opened in part, saved whole."""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peft
import torch
from torch import nn
from transformers import CLIPImageProcessorPil, CLIPModel, CLIPTokenizer

from core.errors import ModelError, ModelMissingError, TrainingError, UnsafeWeightsError
from core.weights.model_folders import PICKLED, unsafe_message
from core.weights.origins import Origin, fingerprint_of, read_origin, write_origin
from training.clip_tuning.config import FULL, LAST_LAYERS, FinetuneConfig

LORA_TARGETS = ("q_proj", "k_proj", "v_proj", "out_proj")


@dataclass(slots=True)
class Student:
    """A CLIP, what stays as it was (``teacher``, a copy of its text tower), and what reads for it."""

    clip: CLIPModel
    teacher: Any
    tokenizer: CLIPTokenizer
    pictures: CLIPImageProcessorPil
    origin: Origin
    adapter: Any = None

    def trained(self) -> dict[str, nn.Parameter]:
        """The weights that move, by name."""
        return {name: p for name, p in self.clip.named_parameters() if p.requires_grad}


def load_student(config: FinetuneConfig, download: bool = False) -> Student:
    """Loads ``config.clip``, copies its text tower and opens what the method moves.

    Raises:
        ModelMissingError: no such folder, or a hub id that is not on this machine.
        UnsafeWeightsError: the weights are pickled.
        TrainingError: more layers are asked for than there are.
    """
    clip, tokenizer, pictures = load_clip(config.clip, download)
    student = Student(
        clip, copy.deepcopy(clip.text_model), tokenizer, pictures, origin_of(config.clip, clip.text_model)
    )
    student.teacher.requires_grad_(False)
    return open_weights(student, config)


def load_clip(source: str, download: bool) -> tuple[CLIPModel, CLIPTokenizer, CLIPImageProcessorPil]:
    """A whole CLIP in float32, its tokenizer, and how its pictures are prepared.

    Raises:
        ModelMissingError, UnsafeWeightsError: as ``load_student``.
    """
    _refuse_pickled(Path(source).expanduser())
    place = {"local_files_only": not download}
    try:
        clip = CLIPModel.from_pretrained(source, dtype=torch.float32, use_safetensors=True, **place)
        tokenizer = CLIPTokenizer.from_pretrained(source, **place)
        pictures = CLIPImageProcessorPil.from_pretrained(source, **place)
    except (OSError, ValueError) as error:
        raise ModelMissingError(
            f"'{source}' is no CLIP that can be loaded ({str(error).splitlines()[0]}). Give a folder as "
            "save_pretrained writes it, with tokenizer and preprocessor_config.json, or a hub id; add "
            "--download to fetch one that is not on this machine."
        ) from error
    return clip.eval(), tokenizer, pictures


def _refuse_pickled(folder: Path) -> None:
    pickled = sorted(f for f in folder.glob("*") if f.suffix in PICKLED) if folder.is_dir() else []
    if pickled and not [*folder.glob("*.safetensors"), *folder.glob("*.safetensors.index.json")]:
        raise UnsafeWeightsError(unsafe_message(pickled[0]))


def origin_of(source: str, text_model: nn.Module) -> Origin:
    """The line of ancestors, this encoder last; a CLIP that was tuned before brings its own."""
    folder = Path(source).expanduser()
    before = read_origin(folder) if folder.is_dir() else None
    earlier = before.ancestors if before else ()
    return Origin((*earlier, fingerprint_of(text_model.state_dict().items())), "training.finetune_clip")


def open_weights(student: Student, config: FinetuneConfig) -> Student:
    """Freezes everything but what the method moves. Projections and the logit scale stay as they are, except
    the pictures' projection where the vision tower is trained: the text tower has to do the learning."""
    clip = student.clip.requires_grad_(False)
    layers = clip.text_model.encoder.layers
    if config.method != FULL and config.layers > len(layers):
        raise TrainingError(f"layers is {config.layers}; the text tower has {len(layers)}.")
    if config.method == FULL:
        clip.text_model.requires_grad_(True)
    elif config.method == LAST_LAYERS:
        layers[-config.layers :].requires_grad_(True)
        clip.text_model.final_layer_norm.requires_grad_(True)
    else:
        student.adapter = _add_lora(clip.text_model, len(layers), config)
    if config.train_vision:
        clip.vision_model.requires_grad_(True)
        clip.visual_projection.requires_grad_(True)
    return student


def _add_lora(text_model: nn.Module, count: int, config: FinetuneConfig) -> Any:
    """Injects the adapter in place; peft freezes the rest of the tower."""
    torch.manual_seed(config.seed)
    numbers = "|".join(str(i) for i in range(count - config.layers, count))
    targets = rf".*layers\.({numbers})\.self_attn\.({'|'.join(LORA_TARGETS)})"
    settings = peft.LoraConfig(r=config.lora_rank, lora_alpha=config.lora_alpha, target_modules=targets)
    return peft.get_peft_model(text_model, settings)


def merge_adapter(student: Student) -> None:
    """Adds the adapter into the weights, so that the text tower is a plain CLIPTextModel again."""
    if student.adapter is not None:
        student.clip.text_model = student.adapter.merge_and_unload()
        student.adapter = None


def save_student(student: Student, details: dict[str, Any], text_encoder: Path, clip: Path | None) -> None:
    """Writes the text encoder, and the whole CLIP where a place is given, each with tokenizer and origin.

    Raises:
        ModelError: a weight is no number.
    """
    merge_adapter(student)
    if not all(bool(torch.isfinite(p).all()) for p in student.clip.parameters()):
        raise ModelError(
            "The tuned weights hold NaN or infinity; nothing was saved. Lower the learning rate."
        )
    origin = Origin(student.origin.ancestors, student.origin.made_by, details)
    for folder, network in ((text_encoder, student.clip.text_model), (clip, student.clip)):
        if folder is not None:
            network.save_pretrained(folder, safe_serialization=True)
            student.tokenizer.save_pretrained(folder)
            write_origin(folder, origin)
    if clip is not None:
        student.pictures.save_pretrained(clip)
