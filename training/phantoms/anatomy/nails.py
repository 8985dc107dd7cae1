"""The nail plate of a finger or toe, with its folds, cuticle, lunula and free edge."""

import numpy as np

from training.phantoms.anatomy.digits import Placed
from training.phantoms.body import Body, Field, Frame
from training.phantoms.shapes import bump, inside


def draw_nail(body: Body, whole: Placed, frame: Frame, rng: np.random.Generator) -> None:
    """Draws the nail plate with its folds, cuticle, lunula and free edge into the maps."""
    digit = whole.digit
    edge = float(rng.uniform(0.72, 0.86))
    placed = whole.part(digit.length - 1.35 * digit.nail_length - 0.2, digit.length + 0.2)
    if placed is None:
        return
    w = placed.window
    plate, a, b = _plate(placed, frame)
    px = frame.px_per_cm
    fold = bump(plate, max(0.05, 0.7 / px)) * inside(placed.distance + 0.04, px)
    rim = np.where(a < 0.75, fold, 0.15 * fold)
    alpha = inside(plate, px)
    body.nail[w] = np.maximum(body.nail[w], alpha)
    body.height[w] += alpha * (0.05 * b * b - 0.035) * digit.half_width + 0.05 * bump(plate - 0.08, 0.07) * (
        a < 0.7
    )
    body.shade[w] *= 1 - 0.38 * rim
    free = alpha * np.clip((a - edge + 0.1 * b * b) * np.float32(digit.nail_length * px * 0.5) + 0.5, 0, 1)
    lunula = np.clip((0.62 - np.hypot((a + 1.05) * 1.1, b)) * digit.nail_length * px * 0.3, 0, 1) * alpha
    _tint_nail(body, w, alpha, free, lunula, rng)


def _plate(placed: Placed, frame: Frame) -> tuple[Field, Field, Field]:
    """Distance to the nail plate (cm) and its own coordinates: -1..1 root to edge, -1..1 side to side."""
    digit = placed.digit
    half_length = 0.5 * digit.nail_length
    width = digit.nail_width * (1 - 0.3 * abs(digit.turn)) * digit.half_width * digit.profile[-2][1]
    middle = digit.length - half_length - 0.04 - 0.03 * digit.length / 8
    a = (placed.along - middle) / half_length
    b = (placed.across - digit.turn * 0.42 * digit.half_width) / width
    power = np.where(a > 0, 2.6, 3.4).astype(np.float32)
    a_abs, b_abs = np.abs(a), np.abs(b * (1 + 0.06 * (1 - a)))
    radius = (a_abs**power + b_abs**power) ** (1 / power)
    return np.asarray((radius - 1) * min(half_length, width), np.float32), a, b


def _tint_nail(
    body: Body, w: tuple[slice, slice], alpha: Field, free: Field, lunula: Field, rng: np.random.Generator
) -> None:
    """Pink bed through a clear plate, pale moon, ivory free edge."""
    body.melanin[w] *= 1 - alpha * rng.uniform(0.4, 0.55)
    body.blood[w] += alpha * (0.16 - 0.16 * lunula)
    body.gloss[w] += alpha * rng.uniform(1.4, 2.0)
    pale = np.maximum(0.75 * free, 0.22 * lunula)
    keep = (1 - pale)[..., None]
    body.paint[w] = body.paint[w] * keep + np.array([0.62, 0.54, 0.44], np.float32) * pale[..., None]
    body.paint_alpha[w] = body.paint_alpha[w] * (1 - pale) + pale
