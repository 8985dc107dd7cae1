"""Loading: one path for the embedded model, a local Stable Diffusion 1.x folder and a downloaded hub id.

Text encoder and autoencoder compute in float32; the UNet, where the time goes, in the fastest type that the
device has hardware for. Latents stay float32 between the steps, so the scheduler's arithmetic never rounds.
"""

import contextlib
import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from core.drawing.memory import out_of_memory_message, ran_out_of_memory
from core.drawing.precision import fast_dtype, with_float32_border
from core.drawing.previews import Projection, fit_projection
from core.errors import GenerationError, ModelError
from core.language.prompts import FolderTokenizer, tokenizer_of
from core.recipes import STOCK_ENCODER
from core.weights.autoencoders import autoencoder_class
from core.weights.checkpoints import check_model_folder, drawn_encoder_hash, model_hash
from core.weights.encoders import check_text_encoder
from core.weights.interpolation import check_weight, load_drawn_encoder
from core.weights.model_folders import find_weights, resolve_source, tensor_shapes
from core.weights.text_encoders import check_report

ONE_LOAD_AT_A_TIME = threading.Lock()
"""transformers and accelerate change torch's defaults for the whole process while they build a network."""


@dataclass(slots=True)
class FittedLora:
    """SHA-256 of the LoRA that a UNet carries now, and what its strength is multiplied by; "" without one."""

    hash: str = ""
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A loaded model. ``parts`` is never drawn with directly: each drawing gets its own scheduler.

    Not thread-safe inside; ``lock`` lets one drawing in at a time. ``lora`` is what the UNet carries now.
    """

    source: str
    folder: Path
    parts: StableDiffusionPipeline
    tokenizer: FolderTokenizer
    projection: Projection
    device: torch.device
    model_hash: str
    text_encoder_hash: str
    lora: FittedLora = field(default_factory=FittedLora)
    lock: threading.Lock = field(default_factory=threading.Lock)


def load_pipeline(
    source: str | Path,
    text_encoder: str | Path | None = None,
    device: str | None = None,
    unet_dtype: torch.dtype | None = None,
    text_encoder_weight: float | None = None,
) -> Pipeline:
    """Checks and loads a model, with another text encoder in it if one is given, mixed with the model's own
    by ``text_encoder_weight`` (0: the model's own; 1 or None: the other).

    ``device`` and ``unet_dtype`` are chosen by ``default_device`` and ``fast_dtype`` if left out.

    Raises:
        ModelMissingError: the folder or a part is missing, or a hub id is not on this machine.
        UnsafeWeightsError: weights are pickled.
        EncoderMismatchError: the text encoder does not fit.
        RecipeError: the weight is not between 0 and 1.
        GenerationError: the memory does not suffice.
    """
    folder = resolve_source(source)
    check_model_folder(folder)
    if text_encoder is not None:
        check_text_encoder(Path(text_encoder), folder)
    if text_encoder_weight is not None:
        check_weight(text_encoder_weight)
    encoder = STOCK_ENCODER if text_encoder is None else str(text_encoder)
    target = torch.device(device or default_device())
    dtype = unet_dtype or fast_dtype(target, count_parameters(folder / "unet"))
    with ONE_LOAD_AT_A_TIME, _saying_what_failed(folder), _quiet():
        reader = load_drawn_encoder(folder, encoder, text_encoder_weight)
        parts = _load_parts(folder, reader, target, dtype)
        projection = fit_projection(parts.vae)
    hashes = model_hash(folder), drawn_encoder_hash(folder, encoder, text_encoder_weight)
    return Pipeline(str(source), folder, parts, tokenizer_of(folder), projection, target, *hashes)


def default_device() -> str:
    """The accelerator of this machine, or the CPU."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _load_parts(
    folder: Path, encoder: Any, device: torch.device, dtype: torch.dtype
) -> StableDiffusionPipeline:
    unet = _load_network(UNet2DConditionModel, folder / "unet", dtype)
    pipeline = StableDiffusionPipeline.from_pretrained(
        folder,
        unet=with_float32_border(unet, dtype),
        vae=_load_network(autoencoder_class(folder / "vae"), folder / "vae", torch.float32),
        text_encoder=encoder,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
        use_safetensors=True,
        local_files_only=True,
    )
    for part in (pipeline.unet, pipeline.vae, pipeline.text_encoder):
        part.to(device).requires_grad_(False)
    return pipeline


def _load_network(kind: Any, folder: Path, dtype: torch.dtype) -> Any:
    """Loads a UNet or an autoencoder, refusing any weight left to chance."""
    variant = find_weights(folder)[1]
    network, report = kind.from_pretrained(
        folder,
        output_loading_info=True,
        use_safetensors=True,
        local_files_only=True,
        variant=variant,
        torch_dtype=dtype,
    )
    check_report(folder, report)
    return network.eval()


def count_parameters(folder: Path) -> int:
    """Of one part of a model, by its files' headers."""
    return sum(math.prod(shape) for _, shape in tensor_shapes(folder).values())


@contextlib.contextmanager
def _saying_what_failed(folder: Path) -> Iterator[None]:
    """Turns what the libraries raise while loading into a sentence with a way out."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        if ran_out_of_memory(error):
            raise GenerationError(out_of_memory_message("load the model")) from error
        raise ModelError(
            f"The model in {folder} can't be loaded ({type(error).__name__}: {error}). "
            "Copy the folder again, or check that it is a Stable Diffusion 1.x model in diffusers form."
        ) from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Mutes the libraries' progress bars and reports; what matters in them is checked and raised."""
    bars = transformers_logging.is_progress_bar_enabled()
    levels = [(log, log.get_verbosity()) for log in (transformers_logging, diffusers_logging)]
    for log, _ in levels:
        log.set_verbosity_error()
        log.disable_progress_bar()
    try:
        yield
    finally:
        for log, level in levels:
            log.set_verbosity(level)
            if bars:
                log.enable_progress_bar()
