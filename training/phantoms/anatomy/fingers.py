"""Fingers close up from the back, and their nails."""

from dataclasses import replace

import numpy as np

from training.phantoms.anatomy.digits import Digit, Placed, finish_digits, place
from training.phantoms.anatomy.hairs import DARKEST_HAIR, Hairs, hair_alpha
from training.phantoms.anatomy.hand import FINGER_HALF_WIDTHS, FINGER_LENGTHS
from training.phantoms.anatomy.joints import knuckle_wrinkles
from training.phantoms.anatomy.nails import draw_nail
from training.phantoms.body import Body, Frame
from training.phantoms.shapes import bump, inside


def draw_fingers(frame: Frame, rng: np.random.Generator) -> Body:
    """Three or four fingers close up from the back: the last two joints and the nails."""
    count = int(rng.integers(3, 5))
    lay = _row_of_fingers(rng, count)
    placed = [p for p in (place(frame, d) for d in lay) if p is not None]
    distance, height = np.full_like(frame.x, 9.0), frame.zeros()
    for each in placed:
        w = each.window
        distance[w] = np.minimum(distance[w], each.distance)
        height[w] = np.maximum(height[w], each.height())
    body = Body.bare(frame, inside(distance, frame.px_per_cm), height)
    age = rng.uniform(0, 1)
    for each in placed:
        for joint in each.digit.joints:
            knuckle_wrinkles(body, each, joint, rng, 0.6 + 0.4 * age, 0.5)
        draw_nail(body, each, frame, rng)
    finish_digits(frame, rng, body, distance)
    _finger_hair(frame, rng, body, placed)
    body.pores, body.lines = 0.1, 0.7 + 0.3 * age
    return body


def _row_of_fingers(rng: np.random.Generator, count: int) -> list[Digit]:
    """Index to little finger side by side, pointing up, tips at their natural staggered heights."""
    stout, gap = rng.uniform(0.92, 1.12), rng.uniform(0.02, 0.3)
    first = 0 if count == 4 else int(rng.integers(0, 2))
    tops = (-2.9, -3.8, -3.3, -1.7)
    chosen = range(first, first + count)
    middle = (first + first + count - 1) / 2
    fan = rng.uniform(0.0, 0.06)
    return [
        Digit(
            base=(
                (k - middle) * (1.85 * stout + gap) * 0.96,
                tops[k] + 0.6 + FINGER_LENGTHS[k] + rng.normal(0, 0.15),
            ),
            angle=float((k - middle) * fan + rng.normal(0, 0.015)),
            length=FINGER_LENGTHS[k],
            half_width=FINGER_HALF_WIDTHS[k] * stout,
            bend=rng.normal(0, 0.1),
        )
        for k in chosen
    ]


def _finger_hair(frame: Frame, rng: np.random.Generator, body: Body, placed: list[Placed]) -> None:
    """A few hairs over the middle phalanges, on some fingers."""
    if rng.random() < 0.5:
        return
    density = frame.zeros()
    for each in placed:
        spot = bump(each.from_joint(0.61), 0.45) * bump(each.side, 0.45)
        density[each.window] = np.maximum(density[each.window], spot)
    style = Hairs(length=0.55, width=0.005, curl=0.5, opacity=0.75)
    body.cover(hair_alpha(frame, rng, density * body.lesion_area, 400, 0.9, style), DARKEST_HAIR)


def draw_fingernails(frame: Frame, rng: np.random.Generator) -> Body:
    """The last joints of the fingers, so close that the nails fill the picture."""
    return draw_fingers(replace(frame, y=frame.y + np.float32(rng.uniform(-1.7, -1.4))), rng)
