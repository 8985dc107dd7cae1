"""The back of the hand, and the skeleton that the palm shares.

Fingers point up (-y), the thumb lies to the left; mirroring the frame gives the other hand. Proportions after
adult anthropometry: hand 18.5 cm long and 8.5 cm broad, middle finger 8 cm from its web.
"""

from dataclasses import dataclass

import numpy as np

from training.phantoms.anatomy.digits import THUMB_PROFILE, Digit, Placed, finish_digits, fuse
from training.phantoms.anatomy.hairs import DARKEST_HAIR, Hairs, hair_alpha
from training.phantoms.anatomy.joints import knuckle_wrinkles
from training.phantoms.anatomy.nails import draw_nail
from training.phantoms.anatomy.outlines import outline_distance, spline, strokes, wavy
from training.phantoms.body import Body, Field, Frame
from training.phantoms.shapes import dome, inside

_KNUCKLES = ((-2.85, 0.55), (-0.72, 0.0), (1.4, 0.5), (3.15, 1.75))
FINGER_LENGTHS = (8.9, 9.8, 9.2, 7.5)
FINGER_HALF_WIDTHS = (0.94, 0.97, 0.91, 0.79)
_PALM = (
    (-2.8, 20), (-2.75, 12), (-2.85, 9.6), (-3.3, 7.2), (-3.8, 4.6), (-3.95, 2.2), (-3.85, 0.4),
    (-3.3, -0.9), (-1.9, -1.35), (-0.7, -1.75), (0.4, -1.5), (1.6, -1.1), (2.6, -0.2), (3.7, 0.7),
    (4.15, 2.2), (4.2, 4.2), (3.8, 6.8), (3.05, 9.2), (2.8, 12), (2.85, 20),
)  # fmt: skip  # fmt: skip


@dataclass(frozen=True)
class Hand:
    """One person's hand: its five digits (thumb first), palm outline, and age 0..1."""

    digits: tuple[Digit, ...]
    palm: tuple[tuple[float, float], ...]
    age: float


def some_hand(rng: np.random.Generator) -> Hand:
    """Draws a hand: slender or broad, fingers together or spread, a little bent."""
    stout, long = rng.uniform(0.9, 1.12), rng.uniform(0.94, 1.04)
    spread, lean = rng.uniform(0.35, 1.35), rng.normal(0, 0.03)
    fingers = [
        Digit(
            base=(x * stout**0.5, y),
            angle=float(np.radians(a) * spread + lean + rng.normal(0, 0.02)),
            length=length * long * rng.uniform(0.975, 1.02),
            half_width=half * stout,
            bend=rng.normal(0, 0.12) + lean_in,
        )
        for (x, y), a, length, half, lean_in in zip(
            _KNUCKLES,
            (-9, -1.5, 6, 14),
            FINGER_LENGTHS,
            FINGER_HALF_WIDTHS,
            (0.2, 0.05, -0.1, -0.3),
            strict=True,
        )
    ]
    palm = tuple((x * stout**0.5, y) for x, y in _PALM)
    return Hand((_thumb(rng, stout, long), *fingers), palm, rng.uniform(0, 1))


def _thumb(rng: np.random.Generator, stout: float, long: float) -> Digit:
    """The thumb from the base of its metacarpal, seen three quarters from the side."""
    return Digit(
        base=(-1.7 * stout**0.5, 7.6),
        angle=float(np.radians(rng.uniform(-52, -30))),
        length=10.6 * long,
        half_width=1.06 * stout,
        bend=rng.uniform(0.2, 1.0),
        profile=THUMB_PROFILE,
        joints=(0.42, 0.71),
        nail_length=1.35,
        nail_width=0.78,
        turn=-rng.uniform(0.35, 0.75),
    )


def solid_hand(frame: Frame, hand: Hand) -> tuple[Body, list[Placed], Field]:
    """Joins palm and digits with rounded webs, the widest at the thumb."""
    palm = outline_distance(frame, hand.palm)
    webs = [2.2 if d.turn else 0.8 for d in hand.digits]
    return fuse(frame, palm, 0.62 * dome(palm, 2.4, 2.2), hand.digits, webs, 0.8)


def draw_hand(frame: Frame, rng: np.random.Generator) -> Body:
    """The back of a hand: knuckles, tendons, veins, nails."""
    hand = some_hand(rng)
    body, placed, distance = solid_hand(frame, hand)
    _back_relief(frame, rng, body, hand, distance)
    for each in placed:
        first = 1 if each.digit.turn else 0
        for joint in each.digit.joints[first:]:
            knuckle_wrinkles(body, each, joint, rng, 0.5 + 0.5 * hand.age)
        draw_nail(body, each, frame, rng)
    finish_digits(frame, rng, body, distance)
    _back_hair(frame, rng, body)
    body.pores, body.lines = 0.15, 0.6 + 0.3 * hand.age
    return body


def _back_relief(frame: Frame, rng: np.random.Generator, body: Body, hand: Hand, distance: Field) -> None:
    """Metacarpal heads, extensor tendons fanning from the wrist, and the venous network."""
    wrist = (0.2, 9.5)
    tendons, knuckles = [], np.zeros_like(distance)
    for digit in hand.digits[1:]:
        bx, by = digit.base
        start = (wrist[0] + 0.22 * bx, wrist[1])
        tendons.append(spline([start, (0.5 * bx + 0.1, 0.5 * (by + 9.0)), (bx, by + 0.3)]))
        knuckles = np.maximum(knuckles, np.exp(-2.2 * ((frame.x - bx) ** 2 + (frame.y - by) ** 2)))
    thin = rng.uniform(0.25, 1.0)
    ridge = strokes(frame, tendons, 0.22, 0.16, fade=0.2) * inside(distance + 0.4, frame.px_per_cm, 0.8)
    body.height += 0.11 * thin * ridge + 0.28 * knuckles
    body.melanin *= 1 + 0.2 * knuckles
    body.blood += 0.05 * knuckles
    _veins(frame, rng, body, rng.uniform(0.0, 0.09) * (0.5 + hand.age), distance)


def _veins(frame: Frame, rng: np.random.Generator, body: Body, strength: float, distance: Field) -> None:
    """The dorsal arch and what joins it, between the metacarpals."""
    ways = (
        [(-2.0, 1.6), (-1.8, 3.2), (-0.9, 4.6), (-0.8, 6.5), (-1.6, 9.0), (-1.8, 13)],
        [(0.4, 1.2), (0.3, 2.8), (-0.9, 4.6)],
        [(0.3, 2.8), (1.2, 4.0), (1.7, 5.5), (1.4, 8.0), (1.7, 13)],
        [(2.4, 2.2), (2.3, 3.8), (1.7, 5.5)],
    )
    shift = rng.normal(0, 0.25, 2)
    curves = [wavy(rng, spline([(x + shift[0], y + shift[1]) for x, y in way]), 0.15) for way in ways]
    map_ = strokes(frame, curves, 0.2, 0.09, fade=0.12) * inside(distance + 0.5, frame.px_per_cm, 0.8)
    body.height += strength * map_
    body.blood += 0.9 * strength * map_
    body.melanin *= 1 + 0.8 * strength * map_


def _back_hair(frame: Frame, rng: np.random.Generator, body: Body) -> None:
    """Fine hair on the little-finger side of the back and on the wrist, on some hands."""
    if rng.random() < 0.45:
        return
    density = (
        np.clip(0.35 + 0.13 * frame.x + 0.06 * (frame.y - 4), 0, 0.8) * (frame.y > 1.2) * body.lesion_area
    )
    count = int(rng.uniform(150, 700))
    style = Hairs(length=0.8, width=0.006, curl=0.5, opacity=0.7)
    body.cover(hair_alpha(frame, rng, density, count, 0.9, style), DARKEST_HAIR)
