"""Microscopic phantom folders for tests: coloured backgrounds with one red blob, in the renderer's format."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

RASHES, SITES, TONES = ("acne", "eczema", "tinea", "clear"), ("face", "foot"), ("pale", "fair", "brown")


def write_phantoms(folder: Path, count: int = 12, size: int = 64, seed: int = 0) -> Path:
    """Writes ``count`` pictures with captions, masks and metadata; every one but "clear" has a lesion."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    with (folder / "metadata.jsonl").open("w") as metadata:
        for index in range(count):
            metadata.write(json.dumps(_write_one(folder, index, size, rng)) + "\n")
    return folder


def _write_one(folder: Path, index: int, size: int, rng: np.random.Generator) -> dict[str, object]:
    rash, site, tone = RASHES[index % 4], SITES[index % 2], TONES[index % 3]
    y, x = np.mgrid[:size, :size]
    centre, radius = rng.integers(size // 4, 3 * size // 4, 2), size // 6
    blob = (y - centre[0]) ** 2 + (x - centre[1]) ** 2 < radius**2
    mask = np.full((size, size), 128, np.uint8)
    mask[: size // 8] = 0
    picture = np.empty((size, size, 3), np.uint8)
    picture[:] = rng.integers(60, 220, 3)
    picture[y % 8 < 2] //= 2
    if rash != "clear":
        picture[blob], mask[blob] = (200, 40, 40), 255
    caption = f"{rash} type of rash at the {site} area on a {tone} skin"
    name = f"{index:05d}"
    Image.fromarray(picture).save(folder / f"{name}.png")
    Image.fromarray(mask).save(folder / f"{name}_mask.png")
    (folder / f"{name}.txt").write_text(caption)
    names = {"image": f"{name}.png", "mask": f"{name}_mask.png"}
    attributes = {"rash": rash, "sites": [site], "tone": tone, "caption": caption}
    return {"index": index, "seed": seed_of(index), **attributes, **names}


def seed_of(index: int) -> int:
    """A number of its own for every picture."""
    return 1000 + index
