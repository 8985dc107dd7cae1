"""Pictures decoded once: as small pixels in a memory-mapped file, or as the frozen vision tower's embeddings.

Both are kept in a cache folder under a name made from what they depend on, so that a resumed run and the runs
of a sweep find them again.
"""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPImageProcessorPil

from core.errors import TrainingError
from training.clip_tuning.captioned import CaptionedSet
from training.clip_tuning.model import Student
from training.loop.processes import Processes

READERS = 4
AT_ONCE = 64
"""Pictures decoded together: what is in memory besides the result."""


def decode(path: Path, preparation: CLIPImageProcessorPil) -> NDArray[np.uint8]:
    """(3, side, side): one picture resized and cropped as its CLIP wants it.

    Raises:
        TrainingError: the file can't be read as a picture.
    """
    try:
        with Image.open(path) as image:
            prepared = preparation(
                image.convert("RGB"), do_rescale=False, do_normalize=False, return_tensors="np"
            )
    except (OSError, ValueError) as error:
        raise TrainingError(f"The picture {path} can't be read: {error}. Prepare the data again.") from error
    return np.clip(np.rint(prepared["pixel_values"][0]), 0, 255).astype(np.uint8)


def decode_all(paths: Sequence[Path], preparation: CLIPImageProcessorPil) -> Iterator[NDArray[np.uint8]]:
    """Groups of at most AT_ONCE pictures, (group, 3, side, side), in order."""
    with ThreadPoolExecutor(READERS) as pool:
        for start in range(0, len(paths), AT_ONCE):
            group = paths[start : start + AT_ONCE]
            yield np.stack(list(pool.map(lambda path: decode(path, preparation), group)))


def as_input(pixels: NDArray[np.uint8], preparation: CLIPImageProcessorPil, device: torch.device) -> Tensor:
    """(batch, 3, side, side) scaled and normalised as the tower was trained."""
    values = torch.from_numpy(np.ascontiguousarray(pixels)).to(device).float() * preparation.rescale_factor
    mean, spread = (
        torch.tensor(v, device=device).view(1, 3, 1, 1)
        for v in (preparation.image_mean, preparation.image_std)
    )
    return (values - mean) / spread


def see(clip: Any, pixels: Tensor) -> Tensor:
    """(batch, projection) embeddings of length 1."""
    pooled = clip.vision_model(pixel_values=pixels).pooler_output
    return functional.normalize(clip.visual_projection(pooled).float(), dim=-1)


@torch.inference_mode()
def embed_pictures(student: Student, data: CaptionedSet, cache: Path, processes: Processes) -> Tensor:
    """(pictures, projection) on the CPU, by the vision tower as it is; read from the cache if it is there."""
    path = cache / f"embeddings-{_key(student, data, with_tower=True)}.npy"
    if not path.is_file():
        mine = [row.image for row in data.rows][processes.share(len(data))]
        groups = decode_all(mine, student.pictures)
        parts = [see(student.clip, as_input(g, student.pictures, processes.device)) for g in groups]
        width = student.clip.config.projection_dim
        own = torch.cat(parts) if parts else torch.zeros(0, width, device=processes.device)
        found = processes.gather(own, len(data)).cpu()
        if processes.writes:
            _save_whole(path, found.numpy())
        return found.clone()
    return torch.from_numpy(np.load(path))


def pack_pictures(
    student: Student, data: CaptionedSet, cache: Path, processes: Processes
) -> NDArray[np.uint8]:
    """(pictures, 3, side, side) as a memory-mapped file."""
    path = cache / f"pixels-{_key(student, data, with_tower=False)}.npy"
    with processes.first_alone():
        if not path.is_file():
            cache.mkdir(parents=True, exist_ok=True)
            waiting = path.with_suffix(".tmp")
            _write_pixels(waiting, [row.image for row in data.rows], student.pictures)
            waiting.replace(path)
    packed: NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return packed


def _write_pixels(path: Path, images: Sequence[Path], preparation: CLIPImageProcessorPil) -> None:
    first = decode(images[0], preparation)
    shape = (len(images), *first.shape)
    packed = np.lib.format.open_memmap(path, "w+", np.uint8, shape)
    start = 0
    for group in decode_all(images, preparation):
        packed[start : start + len(group)] = group
        start += len(group)
    packed.flush()


def _save_whole(path: Path, values: NDArray[np.float32]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_suffix(".tmp")
    with waiting.open("wb") as file:
        np.save(file, values)
    waiting.replace(path)


def _key(student: Student, data: CaptionedSet, with_tower: bool) -> str:
    """What the result depends on: files and their times, preparation, and the tower's weights."""
    digest = hashlib.sha256(student.pictures.to_json_string().encode())
    towers = (student.clip.vision_model, student.clip.visual_projection) if with_tower else ()
    return key_of(digest, [row.image for row in data.rows], towers)


def key_of(digest: Any, files: Sequence[Path], networks: Sequence[nn.Module]) -> str:
    """16 hex digits of what ``digest`` holds, the files with their times, and the networks' weights."""
    for file in files:
        status = file.stat()
        digest.update(f"{file.resolve()}|{status.st_size}|{status.st_mtime_ns}\n".encode())
    for network in networks:
        for weight in network.parameters():
            digest.update(weight.detach().float().cpu().numpy().tobytes())
    return str(digest.hexdigest()[:16])
