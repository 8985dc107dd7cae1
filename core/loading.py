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
from transformers import CLIPTextModel
from transformers.utils import logging as transformers_logging

from core.autoencoders import autoencoder_class
from core.checkpoints import check_model_folder, encoder_hash, model_hash
from core.encoders import check_text_encoder
from core.errors import GenerationError, ModelError
from core.memory import out_of_memory_message, ran_out_of_memory
from core.model_folders import find_weights, resolve_source, tensor_shapes
from core.precision import fast_dtype, with_float32_border
from core.previews import Projection, fit_projection
from core.prompts import FolderTokenizer, tokenizer_of

OTHER_TOWER = ("vision_model.", "visual_projection.", "text_projection.", "logit_scale")
"""Tensors of a whole CLIP that a text encoder rightly leaves unread."""

POSITION_IDS = "embeddings.position_ids"
"""A constant that checkpoints of before 2023 carry; it is not a weight."""


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
) -> Pipeline:
    """Checks and loads a model, with another text encoder in it if one is given.

    ``device`` and ``unet_dtype`` are chosen by ``default_device`` and ``fast_dtype`` if left out.

    Raises:
        ModelMissingError: the folder or a part is missing, or a hub id is not on this machine.
        UnsafeWeightsError: weights are pickled.
        EncoderMismatchError: the text encoder does not fit.
        GenerationError: the memory does not suffice.
    """
    folder = resolve_source(source)
    check_model_folder(folder)
    if text_encoder is not None:
        check_text_encoder(Path(text_encoder), folder)
    encoder = folder / "text_encoder" if text_encoder is None else Path(text_encoder)
    target = torch.device(device or default_device())
    dtype = unet_dtype or fast_dtype(target, count_parameters(folder / "unet"))
    with ONE_LOAD_AT_A_TIME, _saying_what_failed(folder), _quiet():
        parts = _load_parts(folder, encoder, target, dtype)
        projection = fit_projection(parts.vae)
    hashes = model_hash(folder), encoder_hash(encoder)
    return Pipeline(str(source), folder, parts, tokenizer_of(folder), projection, target, *hashes)


def default_device() -> str:
    """The accelerator of this machine, or the CPU."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def load_text_encoder(folder: Path) -> CLIPTextModel:
    """Loads a CLIP text encoder in float32: with or without the "text_model." prefix, or out of a whole CLIP.

    Raises:
        ModelError: a weight is missing, left over, or of another shape: it would be drawn from chance.
    """
    variant = find_weights(folder)[1]
    options = {"use_safetensors": True, "local_files_only": True, "variant": variant, "dtype": torch.float32}
    encoder, report = CLIPTextModel.from_pretrained(
        folder, output_loading_info=True, ignore_mismatched_sizes=True, **options
    )
    _check_report(folder, report, allowed=OTHER_TOWER)
    _check_finite(folder, encoder)
    return encoder.eval()


def _load_parts(
    folder: Path, encoder: Path, device: torch.device, dtype: torch.dtype
) -> StableDiffusionPipeline:
    unet = _load_network(UNet2DConditionModel, folder / "unet", dtype)
    pipeline = StableDiffusionPipeline.from_pretrained(
        folder,
        unet=with_float32_border(unet, dtype),
        vae=_load_network(autoencoder_class(folder / "vae"), folder / "vae", torch.float32),
        text_encoder=load_text_encoder(encoder),
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
    _check_report(folder, report)
    return network.eval()


def _check_report(folder: Path, report: dict[str, Any], allowed: tuple[str, ...] = ()) -> None:
    """Libraries only warn and fill the gap with random numbers."""
    unexpected = [name for name in report["unexpected_keys"] if not name.startswith(allowed)]
    unexpected = [name for name in unexpected if not name.endswith(POSITION_IDS)]
    for what, names in (
        ("lack", report["missing_keys"]),
        ("hold what the configuration does not describe:", unexpected),
        ("have another shape than the configuration says at", report["mismatched_keys"]),
    ):
        if names:
            first = sorted(str(name) for name in names)[0]
            raise ModelError(
                f"The weights in {folder} {what} '{first}' ({len(names)} in all). "
                "Configuration and weights belong to different models; copy the folder again."
            )


def _check_finite(folder: Path, network: Any) -> None:
    if not all(bool(torch.isfinite(p).all()) for p in network.parameters()):
        raise ModelError(f"The weights in {folder} hold NaN or infinity: its training went wrong.")


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
