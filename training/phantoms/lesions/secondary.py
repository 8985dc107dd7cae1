"""What time, dryness and scratching make of a lesion: scale, crust, scratches, lichenification."""

import cv2
import numpy as np

from training.phantoms.body import Field, Frame, Marks
from training.phantoms.noise import octaves, smooth_noise


def flakes(frame: Frame, rng: np.random.Generator, size_cm: float, share: float) -> Field:
    """Map 0..1 of dry flakes: ``share`` of the surface (0..1) lies under them."""
    cell = max(size_cm, 3.0 / frame.px_per_cm)
    grain = 0.75 * smooth_noise(rng, frame.size, frame.cells(cell)) + 0.65 * octaves(
        rng, frame.size, frame.cells(cell * 5), 2
    )
    level = float(np.quantile(grain[::4, ::4], 1 - np.clip(share, 0.01, 0.99)))
    return np.asarray(np.clip((grain - level) * 1.5, 0, 1), np.float32)


def scaled(
    frame: Frame, marks: Marks, extent: Field, share: float, rng: np.random.Generator, size_cm: float = 0.12
) -> None:
    """Dry whitish scale within ``extent``; it stands off the skin a little and takes its shine."""
    scale = flakes(frame, rng, size_cm, share) * extent
    np.maximum(marks.scale, scale, out=marks.scale)
    marks.height += 0.014 * scale
    marks.gloss *= 1 - 0.6 * np.clip(extent, 0, 1)


def crusted(frame: Frame, marks: Marks, extent: Field, share: float, rng: np.random.Generator) -> None:
    """Dried serum, honey to brown, in a few lumps."""
    crust = flakes(frame, rng, 0.22, share) * extent
    np.maximum(marks.crust, 0.85 * crust, out=marks.crust)
    marks.height += 0.03 * crust


def lichenified(frame: Frame, marks: Marks, extent: Field, strength: float, rng: np.random.Generator) -> None:
    """Thickened skin whose lines have become a coarse net."""
    cell = max(0.28, 4.0 / frame.px_per_cm)
    a = smooth_noise(rng, frame.size, frame.cells(cell))
    b = smooth_noise(rng, frame.size, frame.cells(cell))
    net = np.exp(-8 * a * a) + np.exp(-8 * b * b)
    marks.height += strength * extent * (0.03 - 0.035 * np.clip(net, 0, 1))
    marks.melanin += 0.22 * strength * extent
    marks.gloss += 0.3 * strength * extent


def scratched(frame: Frame, marks: Marks, extent: Field, count: int, rng: np.random.Generator) -> None:
    """Parallel linear excoriations, red with dots of crust."""
    inside = np.argwhere(extent > 0.5)
    if not len(inside):
        return
    lines = np.zeros(frame.x.shape, np.uint8)
    angle = rng.uniform(0, np.pi)
    for _ in range(count):
        row, column = inside[rng.integers(len(inside))]
        length = rng.uniform(0.5, 1.6) * frame.px_per_cm
        turn = angle + rng.normal(0, 0.18)
        dx, dy = 0.5 * length * np.cos(turn), 0.5 * length * np.sin(turn)
        ends = [(int((column + s * dx) * 16), int((row + s * dy) * 16)) for s in (-1, 1)]
        cv2.line(lines, ends[0], ends[1], 255, 1, cv2.LINE_AA, 4)
    line = lines.astype(np.float32) / 255 * extent
    np.maximum(marks.blood, 1.1 * line, out=marks.blood)
    np.maximum(
        marks.crust, 0.5 * line * (octaves(rng, frame.size, frame.cells(0.2), 1) > 0.3), out=marks.crust
    )
    marks.height -= 0.01 * line
