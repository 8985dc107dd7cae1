"""The forearm and its two joints.

It runs down the picture: elbow at y = -14, wrist at y = 12, the thumb's side to the left.
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

_ARM_LEFT = (
    (-5.2, -40), (-5.1, -26), (-4.9, -20), (-4.55, -15.5), (-4.65, -12.5), (-4.9, -9), (-4.5, -4),
    (-3.7, 2), (-3.05, 7), (-2.8, 10.5), (-2.85, 12.2), (-3.4, 13.8), (-4.4, 15.6), (-5.5, 17.8),
    (-5.9, 20), (-6.0, 26), (-6.0, 40),
)  # fmt: skip  # fmt: skip
_ARM_RIGHT = (
    (4.3, 40), (4.3, 26), (4.3, 20), (4.2, 18), (3.9, 15.5), (3.3, 13.4), (2.95, 12), (2.85, 10),
    (3.05, 7), (3.6, 2), (4.15, -4), (4.35, -9), (4.25, -12.5), (4.5, -15), (4.8, -20), (5.0, -26),
    (5.2, -40),
)  # fmt: skip  # fmt: skip


def draw_arm(frame: Frame, rng: np.random.Generator) -> Body:
    """A forearm with the crook of the elbow at one end, or the wrist, from the front or from the back."""
    if rng.random() < 0.3:
        return _arm(frame, rng, rng.uniform(-11.0, -9.0), front=True)
    return _arm(frame, rng, rng.uniform(5.5, 8.0), front=rng.random() < 0.4)


def draw_wrist(frame: Frame, rng: np.random.Generator) -> Body:
    """The front or back of a wrist, close."""
    return _arm(frame, rng, rng.uniform(10.5, 12.0), front=rng.random() < 0.7)


def draw_elbow(frame: Frame, rng: np.random.Generator) -> Body:
    """The crook of an elbow, or its point from the back."""
    return _arm(frame, rng, rng.uniform(-15, -13.5), front=rng.random() < 0.5)


def _arm(frame: Frame, rng: np.random.Generator, at: float, front: bool) -> Body:
    limb = some_limb(frame, rng, _ARM_LEFT + _ARM_RIGHT, at, 0.35 if front else 1.0)
    body = round_body(limb, 3.6)
    if front:
        _front_of_arm(limb, rng, body)
    else:
        _back_of_arm(limb, rng, body)
    finish_limb(limb, rng, body)
    grow(limb, rng, body, Hairs(length=1.3, width=0.007, curl=0.5, opacity=0.75), 900, (0.9, 1.9))
    body.pores, body.lines = 0.3, 0.6
    return body


def _front_of_arm(limb: Limb, rng: np.random.Generator, body: Body) -> None:
    """Paler skin, two flexor tendons and bracelet lines at the wrist, the crease of the elbow, veins."""
    body.melanin *= rng.uniform(0.75, 0.9)
    tendons = [spline([(x * 1.1, 3.0), (x, 8.0), (0.8 * x, 12.0)]) for x in (-0.75, 0.15)]
    ridge(limb, body, tendons, 0.32, 0.16 * (0.3 + limb.lean))
    veins = [
        [(-3.2, -15), (-2.6, -9), (-1.6, -3), (-1.9, 4), (-1.5, 12)],
        [(1.8, -18), (1.2, -13), (2.0, -8), (1.4, 0), (1.2, 8)],
    ]
    vein_paths(
        limb,
        rng,
        body,
        [[*veins[0]], veins[1], [(-2.7, -10), (-0.6, -12), (1.3, -13.6)]],
        rng.uniform(0, 0.07),
    )
    bracelet = [across(rng, y, 3.0, 0.3) for y in (11.2, 12.0, 12.75)]
    crease(limb, body, bracelet, rng.uniform(0.3, 0.7))
    crease(limb, body, [across(rng, -14.2, 4.3, -0.5)], rng.uniform(0.5, 0.9))
    crease(limb, body, [across(rng, -13.2 + rng.normal(0, 0.3), 2.6, -0.6)], rng.uniform(0.1, 0.5))
    heel = np.exp(-0.6 * (((limb.frame.x + 1.9) / 1.9) ** 2 + ((limb.frame.y - 15.8) / 2.4) ** 2))
    heel += np.exp(-0.6 * (((limb.frame.x - 2.1) / 1.5) ** 2 + ((limb.frame.y - 16.2) / 2.8) ** 2))
    body.height += 0.7 * heel
    palm = np.clip((limb.frame.y - 12.8) / 0.9, 0, 1)
    body.melanin += (0.38 - body.melanin) * palm
    body.blood += 0.14 * palm


def _back_of_arm(limb: Limb, rng: np.random.Generator, body: Body) -> None:
    """The knob of the ulna, extensor tendons, veins; the elbow's wrinkled dark skin over its point."""
    f = limb.frame
    knob = np.exp(-1.3 * ((f.x - 1.9) ** 2 + ((f.y - 10.6) / 1.1) ** 2))
    body.height += 0.5 * knob
    tendons = [spline([(0.15 * x, 10.0), (0.35 * x, 13), (x, 20)]) for x in (-2.9, -0.8, 1.4, 3.2)]
    ridge(limb, body, tendons, 0.25, 0.1 * (0.3 + limb.lean))
    ridge(limb, body, [spline([(-2.0, 9.5), (-3.0, 13), (-5.0, 17)])], 0.3, 0.12)
    veins = [
        [(-1.8, -8), (-2.2, -2), (-1.2, 5), (-1.8, 12), (-0.8, 17)],
        [(2.2, -4), (1.6, 3), (0.6, 9), (1.4, 16)],
    ]
    vein_paths(limb, rng, body, veins, rng.uniform(0, 0.1))
    crease(limb, body, [across(rng, 11.9, 2.6, 0.15), across(rng, 12.5, 2.2, 0.1)], rng.uniform(0.1, 0.45))
    wrinkled_cap(limb, rng, body, (0.3, -14.3), (1.9, 2.2), 0.75)
