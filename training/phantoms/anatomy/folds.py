"""Where limbs join the trunk: armpit, groin, buttock, shoulder."""

from collections.abc import Sequence

import numpy as np

from training.phantoms.anatomy.hairs import DARKEST_HAIR, Hairs, hair_alpha
from training.phantoms.anatomy.outlines import Points, cavity, mound, outline_distance, spline, strokes, wavy
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import octaves
from training.phantoms.shapes import dome, inside

_ARMPIT = (
    (-30, -3.5), (-16, -4.2), (-9.5, -5.2), (-6.2, -8), (-5.2, -12), (-5.2, -30), (4.6, -30), (4.8, -13),
    (4.7, -8), (4.3, -3.5), (4.6, 0), (5.6, 4), (6.1, 8), (5.9, 13), (5.6, 30), (-30, 30),
)  # fmt: skip
_SHOULDER = (
    (-30, -14), (-12, -13), (-9.5, -8.8), (-5, -6.8), (0, -6.2), (4.2, -5), (7.2, -2), (8.6, 2.5), (8.6, 7.5),
    (7.9, 12), (7.4, 18), (7.4, 40), (-30, 40),
)  # fmt: skip
_BUTTOCKS = (
    (-12.5, -40), (-12.8, -16), (-14.5, -8), (-16, 0), (-16, 6), (-14.6, 12), (-14, 20), (-14, 40),
    (14, 40), (14, 20), (14.6, 12), (16, 6), (16, 0), (14.5, -8), (12.8, -16), (12.5, -40),
)  # fmt: skip


def draw_armpit(frame: Frame, rng: np.random.Generator) -> Body:
    """A raised arm, the hollow between its two muscle folds, hair."""
    distance = outline_distance(frame, _shaken(rng, _ARMPIT, 0.15))
    body = _rounded(frame, distance, 3.5)
    x, y = frame.x, frame.y
    front = mound(x, y, (-4.2, 2.0), (1.5, 6.5), 0.25)
    back = mound(x, y, (4.0, 3.5), (1.0, 6.0), -0.15)
    hollow = mound(x, y, (0.1, 0.2), (2.6, 4.4), 0.05)
    body.height += 1.1 * front + 0.5 * back - 1.7 * hollow
    body.melanin *= 1 + rng.uniform(0.1, 0.4) * hollow
    body.shade *= 1 - 0.25 * hollow
    lines = [
        _line(rng, (-2.4, k - 0.4), (2.6, k + 0.5), 0.4) for k in rng.uniform(-3.2, 3.4, rng.integers(3, 7))
    ]
    _crease(frame, body, lines, rng.uniform(0.3, 0.8), distance)
    patch = np.clip(1.6 * mound(x, y, (0.2, 0.0), (1.7, 3.2), 0.05) - 0.3, 0, 1)
    shaven = rng.random() < 0.45
    style = Hairs(length=0.25 if shaven else 2.2, width=0.009, curl=0.3 if shaven else 1.3, spread=0.6)
    hairs = hair_alpha(frame, rng, patch, 900 if shaven else int(rng.uniform(900, 2200)), 1.6, style)
    body.cover(hairs * np.float32(0.6 if shaven else 0.95), DARKEST_HAIR)
    return _finished(frame, rng, body, distance)


def draw_groin(frame: Frame, rng: np.random.Generator) -> Body:
    """The fold between belly and thigh, running down towards the middle of the body."""
    x, y = frame.x, frame.y
    bow = float(rng.uniform(0.006, 0.014))
    along, across = 0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x
    fold = across - bow * along * along
    belly, thigh = np.exp(-(((fold + 5) / 4.4) ** 2)), np.exp(-(((fold - 5.5) / 4.8) ** 2))
    body = Body.bare(frame, frame.ones(), np.asarray(2.0 * belly + 2.3 * thigh, np.float32))
    deep = np.exp(-((fold / 1.1) ** 2))
    body.height -= 0.4 * np.exp(-((fold / 0.6) ** 2))
    body.melanin *= 1 + np.float32(rng.uniform(0.15, 0.45)) * deep
    body.blood += 0.06 * deep
    body.shade *= 1 - 0.2 * deep
    everywhere = frame.zeros() - 5
    _crease(frame, body, [_groin_line(rng, bow, 0.0)], rng.uniform(0.6, 1.0), everywhere)
    _crease(frame, body, [_groin_line(rng, bow, rng.uniform(-1.2, 1.2))], rng.uniform(0.1, 0.4), everywhere)
    patch = np.clip((along - 5.0 - 0.4 * np.abs(across + 1)) / 2.5, 0, 1)
    style = Hairs(length=1.8, width=0.009, curl=2.0, spread=0.8)
    body.cover(hair_alpha(frame, rng, patch, int(rng.uniform(500, 2500)), 1.2, style), DARKEST_HAIR)
    return _finished(frame, rng, body, everywhere)


def _groin_line(rng: np.random.Generator, bow: float, aside: float) -> Points:
    """A line along the fold, ``aside`` cm towards the thigh."""
    along = np.linspace(-14, 12, 9)
    across = bow * along * along + aside
    return wavy(rng, spline(np.stack([0.8 * along - 0.6 * across, 0.6 * along + 0.8 * across], 1)), 0.1)


def _shaken(rng: np.random.Generator, outline: Sequence[tuple[float, float]], amount: float) -> Points:
    return np.asarray(outline, np.float32) + rng.normal(0, amount, (len(outline), 2)).astype(np.float32)


def _rounded(frame: Frame, distance: Field, radius: float) -> Body:
    return Body.bare(frame, inside(distance, frame.px_per_cm), 0.8 * dome(distance, radius, 2.1))


def _line(rng: np.random.Generator, a: tuple[float, float], b: tuple[float, float], bow: float) -> Points:
    middle = ((a[0] + b[0]) / 2 + rng.normal(0, bow / 2), (a[1] + b[1]) / 2 + rng.normal(bow, bow / 2))
    return wavy(rng, spline([a, middle, b]), 0.06)


def _crease(frame: Frame, body: Body, curves: Sequence[Points], strength: float, distance: Field) -> None:
    inner = inside(distance + 0.3, frame.px_per_cm, 0.6) * np.float32(strength)
    line = np.minimum(strokes(frame, curves, 0.1, 0.06, fade=0.25), 1) * inner
    soft = np.minimum(strokes(frame, curves, 0.3, 0.35, fade=0.25), 1) * inner
    body.height -= 0.06 * line + 0.25 * soft
    body.shade *= np.clip(1 - 0.4 * line - 0.08 * soft, 0.3, 1)
    body.melanin *= 1 + 0.3 * line
    body.blood += 0.05 * line


def _finished(frame: Frame, rng: np.random.Generator, body: Body, distance: Field) -> Body:
    """Broad unevenness, light lost in hollows, lesions away from the silhouettes."""
    body.height += 0.08 * octaves(rng, frame.size, frame.cells(6), 2)
    body.shade *= cavity(body.height, body.coverage, 0.6 * frame.px_per_cm, 0.25)
    body.lesion_area = np.clip(-distance / 0.9, 0, 1).astype(np.float32)
    body.pores, body.lines = 0.3, 0.6
    return body
