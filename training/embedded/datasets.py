"""Phantom folders as arrays: packed once into memory-mapped files, then read without decoding a PNG again."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import TrainingError
from core.language.attributes import Attributes

LESION = 255
"""Value of lesion pixels in a mask; skin is 128, background 0."""

VALIDATION_EVERY = 50
"""Each fiftieth phantom is kept from training the autoencoder and measures it."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Phantom:
    """One line of metadata.jsonl."""

    index: int
    attributes: Attributes
    caption: str
    image: str
    mask: str


@dataclass(frozen=True, slots=True)
class PhantomSet:
    """A phantom folder. ``images`` is (count, height, width, 3), ``masks`` (count, height, width)."""

    folder: Path
    phantoms: tuple[Phantom, ...]
    images: Bytes
    masks: Bytes
    digest: str

    def __len__(self) -> int:
        return len(self.phantoms)

    @property
    def size(self) -> int:
        """Pixels along one side."""
        return int(self.images.shape[1])

    def training_rows(self) -> NDArray[np.int64]:
        """Rows to learn from."""
        rows = np.arange(len(self))
        return rows[rows % VALIDATION_EVERY != 0] if len(self) >= VALIDATION_EVERY else rows

    def validation_rows(self, most: int = 128) -> NDArray[np.int64]:
        """Rows to measure on, spread over the set."""
        rows = np.arange(len(self))[::VALIDATION_EVERY]
        return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64)]


def open_phantoms(folder: Path) -> PhantomSet:
    """Opens a folder written by ``training.render_phantoms``, packing it on the first call.

    Raises:
        TrainingError: no metadata.jsonl, a broken line, or pictures of different sizes.
    """
    metadata = folder / "metadata.jsonl"
    if not metadata.is_file():
        raise TrainingError(f"{folder} holds no metadata.jsonl: draw it by training.render_phantoms.")
    content = metadata.read_bytes()
    phantoms = tuple(_phantom(metadata, line) for line in content.decode().splitlines() if line.strip())
    if not phantoms:
        raise TrainingError(f"{metadata} is empty: no phantom to learn from.")
    digest = hashlib.sha256(content).hexdigest()
    packed = folder.with_name(folder.name + ".packed")
    if not _is_current(packed, digest):
        _pack(folder, phantoms, packed, digest)
    images = np.load(packed / "images.npy", mmap_mode="r")
    masks = np.load(packed / "masks.npy", mmap_mode="r")
    return PhantomSet(folder, phantoms, images, masks, digest)


def _phantom(path: Path, line: str) -> Phantom:
    try:
        values: dict[str, Any] = json.loads(line)
        further = values.get("severity"), values.get("view")
        attributes = Attributes(values["rash"], tuple(values["sites"]), values["tone"], *further)
        return Phantom(
            int(values["index"]), attributes, str(values["caption"]), values["image"], values["mask"]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"A line of {path} can't be read ({error!r}): {line[:120]}") from error


def _is_current(packed: Path, digest: str) -> bool:
    stamp = packed / "digest.txt"
    return stamp.is_file() and stamp.read_text() == digest


def _pack(folder: Path, phantoms: Sequence[Phantom], packed: Path, digest: str) -> None:
    """Decodes every picture once; the digest is written last, so a half-packed folder is packed again."""
    shutil.rmtree(packed, ignore_errors=True)
    packed.mkdir(parents=True)
    height, width = _read(folder / phantoms[0].image, "RGB").shape[:2]
    shape = (len(phantoms), height, width)
    images = np.lib.format.open_memmap(packed / "images.npy", "w+", np.uint8, (*shape, 3))
    masks = np.lib.format.open_memmap(packed / "masks.npy", "w+", np.uint8, shape)

    def place(row: int) -> None:
        for array, name, mode in ((images, phantoms[row].image, "RGB"), (masks, phantoms[row].mask, "L")):
            pixels = _read(folder / name, mode)
            if pixels.shape != array[row].shape:
                raise TrainingError(f"{folder / name} is {pixels.shape}, the first is {array[row].shape}.")
            array[row] = pixels

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(place, range(len(phantoms))))
    images.flush()
    masks.flush()
    (packed / "digest.txt").write_text(digest)


def _read(path: Path, mode: str) -> Bytes:
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert(mode))
    except OSError as error:
        raise TrainingError(f"The phantom picture {path} can't be read: {error}.") from error


@dataclass(frozen=True, slots=True)
class Crops:
    """Random square crops, half of them centred on a lesion pixel where the picture has one."""

    phantoms: PhantomSet
    size: int
    on_lesion: float = 0.5

    def draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> tuple[Bytes, NDArray[np.bool_]]:
        """Pictures (count, size, size, 3) and lesion masks (count, size, size), mirrored half of the time."""
        size = self.size
        pictures = np.empty((len(rows), size, size, 3), np.uint8)
        lesions = np.empty((len(rows), size, size), np.bool_)
        for i, row in enumerate(rows):
            top, left = self._corner(self.phantoms.masks[row], rng)
            window = np.s_[top : top + size, left : left + size]
            turn = np.s_[:, ::-1] if rng.random() < 0.5 else np.s_[:, :]
            pictures[i] = self.phantoms.images[row][window][turn]
            lesions[i] = self.phantoms.masks[row][window][turn] == LESION
        return pictures, lesions

    def _corner(self, mask: Bytes, rng: np.random.Generator) -> tuple[int, int]:
        room = self.phantoms.size - self.size
        if rng.random() < self.on_lesion:
            spots = np.flatnonzero(mask == LESION)
            if len(spots):
                y, x = divmod(int(spots[rng.integers(len(spots))]), mask.shape[1])
                jitter = rng.integers(-self.size // 4, self.size // 4 + 1, 2)
                corner = np.clip(np.array([y, x]) + jitter - self.size // 2, 0, room)
                return int(corner[0]), int(corner[1])
        return int(rng.integers(room + 1)), int(rng.integers(room + 1))
