"""Nose, lips and chin on a face whose pupils lie on y = 0: subnasale at 4.4, the lips' line at 6.5."""

import numpy as np

from training.phantoms.anatomy.chart import AnyField, Window, rise
from training.phantoms.anatomy.layers import lay
from training.phantoms.anatomy.likeness import Likeness
from training.phantoms.body import Body, Field, Frame

STOMION = 6.5
TEETH = (0.52, 0.48, 0.40)
DARK_MOUTH = (0.030, 0.010, 0.009)


def draw_nose(body: Body, frame: Frame, face: Likeness) -> None:
    """A rounded wedge from the root to the tip, wings with their crease, nostrils beneath."""
    window = Window.around(frame, (0.0, 2.0), (3.8, 5.0))
    if window is None:
        return
    chart, wide = window.chart, face.nose_width
    height, shade = window.of(body.height), window.of(body.shade)
    height += _bridge(chart.x, chart.y + 2.0, face)
    wing = (1.22 * wide, 1.78)
    height += 0.55 * chart.mound((0, 1.45), (0.62 * wide**0.5, 0.60)) + 0.78 * chart.pair(
        wing, (0.40 * wide, 0.42)
    )
    crease = [(0.95 * wide, 0.9), (1.5 * wide, 1.15), (1.86 * wide, 1.75), (1.72 * wide, 2.25)]
    furrow = chart.ridges(crease, 0.13, 0.3)
    height -= 0.16 * furrow
    shade -= 0.24 * furrow
    base = chart.ridge([(-1.6 * wide, 2.2), (-0.6, 2.45), (0.6, 2.45), (1.6 * wide, 2.2)], 0.22, 0.2)
    shade -= 0.20 * base
    hole = np.clip(1.25 * chart.pair((0.66 * wide, 2.16), (0.30 * wide, 0.135), 0.22), 0, 1)
    shade *= 1 - 0.88 * hole
    height -= 0.15 * hole
    window.of(body.blood)[:] += 0.13 * chart.mound((0, 1.5), (0.9, 0.7)) + 0.08 * chart.pair(wing, (0.5, 0.5))
    window.of(body.gloss)[:] += 0.6 * chart.mound((0, 1.0), (0.8, 1.3))
    window.of(body.lesion_area)[:] *= 1 - hole


def _bridge(x: Field, y: Field, face: Likeness) -> Field:
    """Height of the nose's back over the face; ``y`` from the pupils."""
    along = np.clip((y + 1.3) / 5.2, 0, 1)
    tall = (0.35 + 1.75 * along**1.35) * face.bridge
    width = 0.55 + 0.42 * face.nose_width * along
    side = np.exp(-0.5 * np.abs(x / width) ** 2.5)
    start, stop = rise(y + 0.9, 1.1), rise(4.15 + 0.15 * np.cos(2.2 * x) - y, 0.30)
    return np.asarray(tall * side * start * stop, np.float32)


def draw_mouth(body: Body, frame: Frame, face: Likeness, rng: np.random.Generator) -> None:
    """Vermilion with Cupid's bow, the line between the lips, corners, philtrum and the furrow of the chin."""
    window = Window.around(frame, (0.0, STOMION), (4.4, 3.2))
    if window is None:
        return
    chart = window.chart
    x, y = chart.x, chart.y
    s = np.clip(np.abs(x) / face.mouth, 0, 1)
    line = np.asarray(0.10 * s**2 - 0.05 * np.cos(2.6 * x) * (1 - s), np.float32)
    gap = face.parted * (1 - s**2)
    bow = 0.85 * (1 - s**1.7) - 0.16 * np.exp(-((x / 0.30) ** 2))
    top = line - face.lips * bow - 0.4 * gap
    bottom = line + face.lips * 1.02 * np.clip(1 - s**2.1, 0, 1) ** 0.85 + gap
    inside = rise(face.mouth - np.abs(x), 0.12)
    red = rise(y - top, 0.13) * rise(bottom - y, 0.17) * inside
    _sculpt_lips(body, window, face, (top, line, bottom), inside)
    _stain_lips(body, window, red, rng)
    _open_mouth(body, window, line - 0.4 * gap, line + gap, inside, face)
    _around_lips(body, window, face)


def _sculpt_lips(
    body: Body, window: Window, face: Likeness, levels: tuple[AnyField, AnyField, AnyField], inside: Field
) -> None:
    """Two cushions that meet in a dark line; ``levels``: upper border, meeting line, lower border."""
    y = window.chart.y
    top, line, bottom = levels
    upper = np.clip((y - top) / np.maximum(line - top, 0.05), 0, 1)
    lower = np.clip((bottom - y) / np.maximum(bottom - line, 0.05), 0, 1)
    cushion = np.where(y < line, 0.34 * np.sin(np.pi * 0.72 * upper), 0.46 * np.sin(np.pi * 0.70 * lower))
    height, shade = window.of(body.height), window.of(body.shade)
    height += cushion * face.lips**0.5 * inside
    seam = np.exp(-0.5 * ((y - line) / 0.075) ** 2) * inside
    height -= 0.12 * seam
    shade *= 1 - (0.62 if face.parted == 0 else 0.2) * seam
    shade -= 0.16 * np.exp(-0.5 * ((y - bottom - 0.16) / 0.2) ** 2) * inside
    corner = window.chart.pair((face.mouth + 0.05, 0.12), (0.20, 0.16))
    height -= 0.22 * corner
    shade -= 0.28 * corner


def _stain_lips(body: Body, window: Window, red: Field, rng: np.random.Generator) -> None:
    x = window.chart.x
    furrows = np.sin(x * 14 + 2.5 * np.sin(x * 3.1 + rng.uniform(0, 6))) * np.sin(x * 5.3 + rng.uniform(0, 6))
    window.of(body.height)[:] += 0.012 * furrows * red
    window.of(body.blood)[:] += rng.uniform(0.42, 0.72) * red
    window.of(body.melanin)[:] += 0.14 * red
    window.of(body.gloss)[:] += 0.9 * red
    window.of(body.lesion_area)[:] *= 1 - np.clip(1.6 * red, 0, 1)


def _open_mouth(
    body: Body, window: Window, top: AnyField, bottom: AnyField, inside: Field, face: Likeness
) -> None:
    if face.parted == 0:
        return
    y = window.chart.y
    gap = rise(y - top, 0.06) * rise(bottom - y, 0.06) * inside
    lay(body, window, gap, DARK_MOUTH)
    height, shade = window.of(body.height), window.of(body.shade)
    behind = float((height * gap).sum() / max(float(gap.sum()), 1e-3)) - 0.08
    height[:] += gap * (np.float32(behind) - height)  # teeth stand upright behind the lips
    shade[:] += gap * (0.9 - shade)
    teeth = gap * rise(top + 0.62 * (bottom - top) - y, 0.06) * rise(1.7 - np.abs(window.chart.x), 0.4)
    between = 1 - 0.35 * np.exp(-((np.sin(window.chart.x * np.pi / 0.8) / 0.16) ** 2))
    lay(body, window, np.asarray(0.9 * teeth * between, np.float32), TEETH)


def _around_lips(body: Body, window: Window, face: Likeness) -> None:
    """Philtrum between its two columns; the mentolabial furrow and the chin's button below."""
    chart = window.chart
    height, shade = window.of(body.height), window.of(body.shade)
    columns = [(0.38, -1.95), (0.46, -1.4), (0.60, -0.85)]
    height += 0.09 * chart.ridges(columns, 0.17, 0.2) - 0.10 * chart.mound((0, -1.35), (0.22, 0.5))
    shade -= 0.09 * chart.mound((0, -1.35), (0.2, 0.45))
    sulcus = chart.ridge([(-1.7, 1.75), (0, 1.5), (1.7, 1.75)], 0.32)
    height -= 0.28 * sulcus
    shade -= 0.10 * sulcus
