"""Hair of the head from the front: a cap with strands, parted by the hairline from the face."""

import cv2
import numpy as np

from training.phantoms.anatomy.chart import AnyField, Chart, Window, rise
from training.phantoms.anatomy.hairs import Hairs, hair_alpha
from training.phantoms.anatomy.layers import lay
from training.phantoms.anatomy.likeness import Likeness
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import smooth_noise
from training.phantoms.shapes import inside


def draw_head_hair(body: Body, frame: Frame, chart: Chart, face: Likeness, rng: np.random.Generator) -> None:
    """Lays the hair over skull and temples; long hair falls beside the neck."""
    outer = _cap(chart, face)
    cap = inside(outer, frame.px_per_cm)
    skin = _bare_face(chart, face)
    ragged = 0.12 * smooth_noise(rng, frame.size, frame.cells(0.7)) * (frame.y < 0)
    hair = rise(skin + ragged, 0.35) * rise(0.3 - outer, 0.1)
    if float((hair * cap).max()) < 0.05:
        return
    fringe = _fringe(frame, skin, cap, face, rng)
    beyond = (1 - body.coverage) * (
        hair > 0.1
    )  # hair in front of the background has no skin to shine through
    if face.hair_style != "shaved":
        body.coverage = np.maximum(body.coverage, cap * hair)
    _lay_strands(body, frame, hair, np.maximum(fringe, beyond), face, rng)
    body.lesion_area *= 1 - np.clip(1.6 * hair, 0, 1)


def _bare_face(chart: Chart, face: Likeness) -> Field:
    """Distance to the hairless face: positive where hair may grow."""
    r = face.hairline
    right = [(0, -7.3 - r), (2.4, -7.4 - 1.4 * r), (4.4, -6.6 - r), (5.5, -4.6), (5.9, -2.6), (6.35, -0.4)]
    right += (
        [(6.2, 1.2), (6.75, 1.9), (9.5, 3), (9, 14), (0, 16)]
        if face.hair_style != "long"
        else [(6.2, 2), (6.0, 5), (5.3, 8), (4.9, 11), (4.8, 15), (0, 16)]
    )
    return chart.symmetric(right)


def _cap(chart: Chart, face: Likeness) -> Field:
    """Distance to the outline of the hair."""
    v = {"short": 0.7, "long": 0.9, "shaved": 0.05}[face.hair_style]
    right = [
        (0, -11.7 - v),
        (3.8, -11.0 - v),
        (6.4 + 0.6 * v, -8.8 - 0.6 * v),
        (7.1 + v, -5),
        (7.1 + 0.7 * v, -2),
    ]
    if face.hair_style == "long":
        right += [(8.4, 1), (8.7, 5), (8.9, 9), (9.3, 14), (6, 17), (0, 17)]
    else:
        right += [(7.0, -0.4), (6.9, 0.8), (6.6, 1.4), (5, 1.2), (0, 1)]
    return chart.symmetric(right)


def strands(along: AnyField, across: AnyField, rng: np.random.Generator) -> Field:
    """Streaks (unit variance) that run ``along`` the strands and change ``across`` them (both 0..1)."""
    table = cv2.resize(
        rng.standard_normal((5, 90), dtype=np.float32), (720, 40), interpolation=cv2.INTER_CUBIC
    )
    fine = cv2.resize(
        rng.standard_normal((4, 400), dtype=np.float32), (720, 40), interpolation=cv2.INTER_LINEAR
    )
    u = np.clip(across, 0, 1) * 719
    v = np.clip(along, 0, 1) * 39
    streaks = cv2.remap(
        table * 0.7 + fine * 0.7, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR
    )
    return np.asarray(streaks, np.float32)


def _lay_strands(
    body: Body, frame: Frame, hair: Field, fringe: Field, face: Likeness, rng: np.random.Generator
) -> None:
    """Strands sweep from a parting over the top and hang at the sides."""
    dx, dy = frame.x - np.float32(rng.uniform(-1.5, 1.5)), frame.y + 5.5
    across = np.arctan2(dx, -dy) / (2 * np.pi) + 0.5
    if face.hair_style == "long":
        hang = rise(frame.y + 4.5, 2.5)
        across = across * (1 - hang) + (0.5 + 0.055 * frame.x) * hang
    streak = strands(np.hypot(dx, dy) / 18, across, rng)
    dense = np.float32(0.45 if face.hair_style == "shaved" else 0.98)
    alpha = 1 - (1 - dense * hair) * (1 - fringe)
    everywhere = Window.whole(frame)
    lay(body, everywhere, alpha, face.hair, 1 + np.clip(0.25 + 0.45 * streak, -0.4, 1.2) * hair)
    body.height += hair * (0.25 + 0.05 * streak)
    body.gloss *= 1 - 0.6 * hair


def _fringe(frame: Frame, skin: Field, cap: Field, face: Likeness, rng: np.random.Generator) -> Field:
    """Single hairs at the hairline of the forehead and temples, growing away from the face."""
    band = np.exp(-0.5 * ((skin - 0.15) / 0.28) ** 2).astype(np.float32) * cap * (frame.y < 1)
    share = float(band.mean())
    if share < 0.002:
        return frame.zeros()
    temple = 7 * rise(frame.y + 3.5, 2.0)  # sideburns grow down and back
    angle = np.arctan2(frame.y - 1.5 + temple, frame.x * 1.2).astype(np.float32)
    long = 0.25 if face.hair_style == "shaved" else 0.8
    style = Hairs(length=long, width=0.02, curl=0.5, opacity=0.75, spread=0.35)
    return hair_alpha(frame, rng, band, min(int(400 / share), 20000), angle, style)
