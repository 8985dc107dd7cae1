"""The leg from the front: lower leg, knee, ankle, thigh.

It runs down the picture: kneecap at y = -20, ankle at y = 20, the inner side to the left.
"""

import numpy as np

from training.phantoms.anatomy.hairs import Hairs
from training.phantoms.anatomy.limb import (
    Limb,
    across,
    crease,
    finish_limb,
    grow,
    ridge,
    round_body,
    some_limb,
    vein_paths,
    wrinkled_cap,
)
from training.phantoms.anatomy.outlines import spline
from training.phantoms.body import Body, Frame
from training.phantoms.shapes import inside

_LEG_LEFT = (
    (-8.5, -55), (-7.7, -36), (-6.6, -27), (-6.1, -22.5), (-5.9, -19), (-5.2, -15.5), (-5.5, -11),
    (-5.75, -7), (-5.2, -1), (-4.1, 6), (-3.4, 12), (-3.2, 15.5), (-3.75, 19), (-3.6, 21), (-3.5, 24),
    (-4.4, 29), (-4.6, 50),
)  # fmt: skip  # fmt: skip
_LEG_RIGHT = (
    (5.2, 50), (5.1, 29), (4.2, 25), (3.9, 22.5), (4.0, 20.5), (3.3, 16.5), (3.4, 12), (4.2, 6),
    (5.3, -1), (5.7, -6), (5.6, -10), (5.1, -14.5), (5.6, -19), (5.9, -22.5), (6.6, -27), (7.6, -36),
    (8.5, -55),
)  # fmt: skip  # fmt: skip


def draw_leg(frame: Frame, rng: np.random.Generator) -> Body:
    """A lower leg from the front: shin, calf contour, with the knee or the ankle at one end."""
    return _leg(frame, rng, rng.choice((rng.uniform(-14, -12), rng.uniform(12, 14))))


def draw_knee(frame: Frame, rng: np.random.Generator) -> Body:
    """A knee from the front."""
    return _leg(frame, rng, rng.uniform(-20.5, -18.5))


def draw_ankle(frame: Frame, rng: np.random.Generator) -> Body:
    """An ankle from the front, between shin and instep."""
    return _leg(frame, rng, rng.uniform(18.5, 20.5))


def draw_thigh(frame: Frame, rng: np.random.Generator) -> Body:
    """A thigh from the front, with the upper rim of the knee at times."""
    return _leg(frame, rng, rng.uniform(-38, -35))


def _leg(frame: Frame, rng: np.random.Generator, at: float) -> Body:
    limb = some_limb(frame, rng, _LEG_LEFT + _LEG_RIGHT, float(at), 1.0)
    body = round_body(limb, 4.8)
    _shin(limb, body)
    _knee(limb, rng, body)
    _ankle(limb, rng, body)
    finish_limb(limb, rng, body)
    grow(limb, rng, body, Hairs(length=1.7, width=0.008, curl=0.5, opacity=0.8), 1100, (1.2, 1.9))
    body.pores, body.lines = 0.3, 0.6
    return body


def _shin(limb: Limb, body: Body) -> None:
    """The tibia's sharp front border and flat inner face; the calf muscle swelling on both sides."""
    x, y = limb.frame.x, limb.frame.y
    along = np.clip((y + 17) / 3, 0, 1) * np.clip((19 - y) / 5, 0, 1)
    crest = x + 0.9 - 0.02 * y
    edge = np.where(crest > 0, np.exp(-((crest / 1.9) ** 2)), np.exp(-((crest / 0.8) ** 2)))
    flank = np.exp(-(((x - 3.0) / 1.6) ** 2) - ((y + 6) / 8) ** 2) + np.exp(
        -(((x + 4.0) / 1.1) ** 2) - ((y + 6) / 7) ** 2
    )
    body.height += along * (0.42 + 0.25 * limb.lean) * edge + 0.35 * flank
    body.gloss *= 1 + 0.25 * along * edge


def _knee(limb: Limb, rng: np.random.Generator, body: Body) -> None:
    """Kneecap with the dimples beside it, the tendon and the tuberosity below, the thigh's muscle above."""
    x, y = limb.frame.x, limb.frame.y
    wrinkled_cap(limb, rng, body, (0.0, -20.5), (2.5, 2.7), 1.0)
    dents = sum(
        np.exp(-0.9 * ((x - dx) ** 2 + ((y - dy) / 1.5) ** 2)) for dx, dy in ((-3.2, -18.6), (3.2, -18.6))
    )
    tuber = np.exp(-0.9 * ((x + 0.2) ** 2 + ((y + 15.6) / 1.3) ** 2))
    tendon = np.exp(-((x / 0.9) ** 2) - ((y + 17.2) / 1.2) ** 2)
    muscle = np.exp(-0.5 * (((x + 3.6) / 1.9) ** 2 + ((y + 25.5) / 2.6) ** 2))
    body.height += 0.45 * tuber + 0.3 * tendon + 0.7 * muscle - 0.55 * dents


def _ankle(limb: Limb, rng: np.random.Generator, body: Body) -> None:
    """Malleoli, tendons fanning over the instep, and the fold where the foot bends up."""
    x, y = limb.frame.x, limb.frame.y
    for mx, my in ((-3.0, 19.2), (3.3, 20.8)):
        body.height += 0.95 * np.exp(-0.8 * ((x - mx) ** 2 + (y - my) ** 2))
    lines = [
        spline([(-0.8, 13), (-0.9, 18), (-1.6, 23), (-3.2, 30)]),
        spline([(0.2, 15), (0.3, 19), (0.6, 24), (1.4, 31)]),
    ]
    ridge(limb, body, lines, 0.4, 0.2 * (0.3 + limb.lean))
    vein_paths(
        limb,
        rng,
        body,
        [[(-2.2, 12), (-2.4, 17), (-2.0, 22), (-2.8, 28)], [(2.6, 24), (0.8, 27), (-1.6, 27)]],
        rng.uniform(0, 0.1),
    )
    crease(limb, body, [across(rng, 21.4, 2.6, 0.4), across(rng, 22.2, 2.2, 0.35)], rng.uniform(0.1, 0.6))
    body.height += np.asarray(
        0.12 * np.clip(y - 20, 0, 12) * inside(limb.distance + 1, limb.frame.px_per_cm, 2.0)
    )
