"""Parts of the face near by: nose, lips, eye, chin, jaw and a bearded jaw, cut from the same head."""

import numpy as np

from training.phantoms.anatomy.chart import Chart, Window, moved
from training.phantoms.anatomy.hairs import Hairs, hair_alpha
from training.phantoms.anatomy.layers import lay
from training.phantoms.anatomy.likeness import RGB3, sample_hair
from training.phantoms.anatomy.skull import draw_head
from training.phantoms.body import Body, Field, Frame


def draw_nose_near(frame: Frame, rng: np.random.Generator) -> Body:
    """The nose from root to base, with the inner corners of the eyes above it."""
    body = draw_head(moved(frame, 0, 2.2), rng, near=True)
    body.pores = 0.9
    return body


def draw_lips_near(frame: Frame, rng: np.random.Generator) -> Body:
    """Both lips with the base of the nose above and the furrow of the chin below."""
    return draw_head(moved(frame, 0, 6.5), rng, near=True)


def draw_eye_near(frame: Frame, rng: np.random.Generator) -> Body:
    """One eye with lids, lashes and brow."""
    return draw_head(moved(frame, 3.3, -0.7), rng, near=True)


def draw_chin_near(frame: Frame, rng: np.random.Generator) -> Body:
    """The chin between the lower lip and the throat."""
    return draw_head(moved(frame, 0, 9.6), rng, near=True)


def draw_jaw_near(frame: Frame, rng: np.random.Generator) -> Body:
    """The border of the lower jaw from the chin to the ear lobe, the neck below."""
    return draw_head(moved(frame, 4.6, 7.4), rng, near=True)


def draw_beard_near(frame: Frame, rng: np.random.Generator) -> Body:
    """The lower face with a beard: stubble, trimmed or full, always with skin showing through."""
    frame = moved(frame, 0, 7.6)
    body = draw_head(frame, rng, near=True)
    grow_beard(body, frame, sample_hair(rng), rng)
    return body


def grow_beard(body: Body, frame: Frame, colour: RGB3, rng: np.random.Generator) -> None:
    """Hair on cheeks, upper lip, chin and under the jaw."""
    where = _beard_area(frame) * (1 - np.clip(2.2 * (body.blood - 0.25), 0, 1)) * (body.coverage > 0.9)
    full = float(rng.random())
    length, curl = 0.12 + 0.95 * full, 0.4 + 1.2 * full
    style = Hairs(length=length, width=0.018, curl=curl, opacity=0.85, spread=0.45)
    angle = np.arctan2(np.float32(1.4) + 0 * frame.x, 0.16 * frame.x).astype(np.float32)
    share = max(float(where.mean()), 1e-3)
    hairs = hair_alpha(
        frame, rng, where.astype(np.float32), min(int((2600 - 900 * full) / share), 12000), angle, style
    )
    shadow = (0.16 + 0.42 * full) * where
    lay(body, Window.whole(frame), 1 - (1 - shadow) * (1 - hairs), colour)
    body.gloss *= 1 - 0.5 * where


def _beard_area(frame: Frame) -> Field:
    """0..1: moustache, chin, jaw and a strip up to the ear; lips and upper cheek stay bare."""
    chart = Chart.of(frame)
    jaw = [(6.4, 0.5), (6.1, 4.0), (5.3, 6.9), (3.9, 8.8), (2.0, 9.9), (0, 10.2)]
    strip = chart.ridges(jaw, 1.15, 0)
    moustache = chart.ridges([(0.25, 5.15), (1.6, 5.35), (2.7, 6.2), (3.0, 7.6)], 0.36, 0.05)
    tuft = chart.mound((0, 8.3), (0.6, 0.5))
    return np.asarray(np.clip(1.5 * np.maximum(strip, np.maximum(moustache, tuft)) - 0.25, 0, 1), np.float32)
