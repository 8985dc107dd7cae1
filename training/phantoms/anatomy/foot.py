"""The foot from above, and its toes close up.

Toes point up (-y), the big toe lies to the left; mirroring the frame gives the other foot. Proportions after
adult anthropometry: foot 25 cm long and 10 cm broad.
"""

from dataclasses import replace

import numpy as np

from training.phantoms.anatomy.digits import BIG_TOE_PROFILE, TOE_PROFILE, Digit, finish_digits, fuse
from training.phantoms.anatomy.hairs import DARKEST_HAIR, Hairs, hair_alpha
from training.phantoms.anatomy.joints import knuckle_wrinkles
from training.phantoms.anatomy.nails import draw_nail
from training.phantoms.anatomy.outlines import outline_distance, spline, strokes, wavy
from training.phantoms.body import Body, Field, Frame
from training.phantoms.shapes import dome, inside

_DORSUM = (
    (-3.5, 20), (-3.5, 12.5), (-4.0, 9.6), (-3.75, 7.0), (-3.35, 4.0), (-3.7, 1.0), (-4.45, -2.0),
    (-4.85, -4.2), (-4.5, -6.1), (-2.9, -6.9), (-1.0, -6.8), (0.6, -6.3), (2.2, -5.4), (3.6, -4.1),
    (4.75, -2.3), (4.95, -0.3), (4.55, 2.2), (4.1, 5.0), (4.0, 7.5), (4.3, 10.2), (3.7, 13), (3.5, 20),
)  # fmt: skip  # fmt: skip
_TOE_BASES = ((-3.25, -4.6), (-0.8, -5.1), (0.9, -4.5), (2.45, -3.6), (3.9, -2.2))
_TOE_LENGTHS = (6.2, 5.35, 4.85, 4.4, 3.9)
TOE_HALF_WIDTHS = (1.32, 0.88, 0.83, 0.81, 0.82)
_TOE_ANGLES = (3.0, -1.0, 2.0, 4.0, 2.0)


def some_toes(rng: np.random.Generator, stout: float, lift: float = 0.0, shorten: float = 1.0) -> list[Digit]:
    """The five toes, big toe first; on some feet the second is the longest."""
    morton, fan = rng.normal(0, 0.22), rng.uniform(0.2, 1.2)
    return [
        Digit(
            base=(x * stout, y + lift),
            angle=float(np.radians(angle + 3.2 * fan * (k - 1.5)) + rng.normal(0, 0.02)),
            length=shorten * (length + (morton if k == 1 else 0)) * rng.uniform(0.97, 1.03),
            half_width=half * stout,
            bend=float(rng.normal(0, 0.06) - 0.1 * max(k - 1, 0) + (0.25 * rng.random() if k == 0 else 0)),
            profile=TOE_PROFILE if k else BIG_TOE_PROFILE,
            joints=(0.62, 0.8) if k else (0.66,),
            tip=0.95,
            nail_length=0.78 - 0.05 * k if k else 1.4,
            nail_width=0.62 if k else 0.68,
        )
        for k, ((x, y), length, half, angle) in enumerate(
            zip(_TOE_BASES, _TOE_LENGTHS, TOE_HALF_WIDTHS, _TOE_ANGLES, strict=True)
        )
    ]


def draw_foot(frame: Frame, rng: np.random.Generator) -> Body:
    """The back of a foot from above, its ankle going out of the picture."""
    stout = rng.uniform(0.93, 1.07)
    dorsum = outline_distance(frame, [(x * stout, y) for x, y in _DORSUM])
    toes = some_toes(rng, stout)
    body, placed, distance = fuse(frame, dorsum, _instep(frame, dorsum), toes, (0.9, 0.6, 0.5, 0.5, 0.5), 0.7)
    _dorsal_relief(frame, rng, body, toes, distance)
    for each in placed:
        for joint in each.digit.joints:
            knuckle_wrinkles(body, each, joint, rng, rng.uniform(0.5, 0.9), 0.5)
        draw_nail(body, each, frame, rng)
    finish_digits(frame, rng, body, distance)
    _foot_hair(frame, rng, body)
    body.pores, body.lines = 0.15, 0.7
    return body


def draw_toenails(frame: Frame, rng: np.random.Generator) -> Body:
    """The toes of one foot from above, close."""
    return draw_foot(replace(frame, x=frame.x - np.float32(0.2), y=frame.y - np.float32(7.2)), rng)


def draw_toe(frame: Frame, rng: np.random.Generator) -> Body:
    """The big toe, its neighbour beside it."""
    return draw_foot(replace(frame, x=frame.x - np.float32(2.5), y=frame.y - np.float32(8.2)), rng)


def _instep(frame: Frame, dorsum: Field) -> Field:
    """The back of the foot rises from the toes to the ankle, steepest above its inner side."""
    rise = np.clip((frame.y + 6) / 16, 0, 1)
    round_ = dome(dorsum, 2.6, 2.1)
    ridge = np.exp(-(((frame.x + 0.7) / 2.6) ** 2))
    return np.asarray(
        0.55 * round_ * (1 + 0.9 * rise) + ridge * rise * 2.4 * inside(dorsum + 1, frame.px_per_cm, 2.0)
    )


def _dorsal_relief(
    frame: Frame, rng: np.random.Generator, body: Body, toes: list[Digit], distance: Field
) -> None:
    """Extensor tendons fanning to the toes, the venous arch, malleoli."""
    tendons = [
        spline([(-0.5 + 0.12 * d.base[0], 8.0), (0.45 * d.base[0] - 0.2, 1.5), (d.base[0], d.base[1] + 0.4)])
        for d in toes
    ]
    inner = inside(distance + 0.4, frame.px_per_cm, 0.8)
    thin = rng.uniform(0.2, 1.0)
    body.height += 0.1 * thin * strokes(frame, tendons[1:], 0.25, 0.18, fade=0.3) * inner
    body.height += 0.16 * thin * strokes(frame, tendons[:1], 0.35, 0.2, fade=0.3) * inner
    _foot_veins(frame, rng, body, rng.uniform(0.0, 0.07), inner)
    for x, y in ((-3.5, 9.6), (3.8, 10.2)):
        body.height += 0.9 * np.exp(-0.7 * ((frame.x - x) ** 2 + (frame.y - y) ** 2))
    for toe in toes:
        knuckle = np.exp(-2.0 * ((frame.x - toe.base[0]) ** 2 + (frame.y - toe.base[1]) ** 2))
        body.height += 0.16 * knuckle
        body.melanin *= 1 + 0.1 * knuckle


def _foot_veins(frame: Frame, rng: np.random.Generator, body: Body, strength: float, inner: Field) -> None:
    """The dorsal venous arch and the two saphenous veins that leave it."""
    arch = [(-4.0, 2.0), (-3.2, -1.2), (-1.4, -2.9), (0.6, -2.8), (2.4, -1.4), (3.4, 1.2), (3.3, 5.0)]
    side = [(-4.0, 2.0), (-3.2, 5.0), (-2.9, 10.0)]
    links = [[(x, y), (x + 0.3, y - 1.6)] for x, y in ((-1.4, -2.9), (0.6, -2.8), (2.2, -1.6))]
    curves = [wavy(rng, spline(c), 0.35) for c in (arch, side, *links)]
    map_ = strokes(frame, curves, 0.2, 0.1, fade=0.25) * inner
    body.height += strength * map_
    body.blood += 0.7 * strength * map_
    body.melanin *= 1 + 0.8 * strength * map_


def _foot_hair(frame: Frame, rng: np.random.Generator, body: Body) -> None:
    """Hair over the ankle, a few on the big toe, on some feet."""
    if rng.random() < 0.5:
        return
    ankle = np.clip((frame.y - 2) / 7, 0, 1)
    toe = 0.8 * np.exp(-3 * ((frame.x + 3.2) ** 2 + ((frame.y + 6.8) / 1.2) ** 2))
    density = np.maximum(ankle, toe) * body.lesion_area
    style = Hairs(length=1.1, width=0.007, curl=0.5, opacity=0.75)
    body.cover(hair_alpha(frame, rng, density, int(rng.uniform(200, 700)), -1.3, style), DARKEST_HAIR)
