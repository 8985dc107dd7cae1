"""The hand from its back and from its palm, and fingers close up.

Fingers point up (-y), the thumb lies to the left; mirroring the frame gives the other hand. Proportions after
adult anthropometry: hand 18.5 cm long and 8.5 cm broad, middle finger 8 cm from its web.
"""

from dataclasses import dataclass, replace

import numpy as np

from training.phantoms.anatomy.digits import (
    THUMB_PROFILE,
    Digit,
    Placed,
    draw_nail,
    flexion_crease,
    fuse,
    knuckle_wrinkles,
    place,
)
from training.phantoms.anatomy.hairs import DARKEST_HAIR, Hairs, hair_alpha
from training.phantoms.anatomy.outlines import cavity, outline_distance, spline, strokes, wavy
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import octaves
from training.phantoms.shapes import bump, dome, inside

_KNUCKLES = ((-2.85, 0.55), (-0.72, 0.0), (1.4, 0.5), (3.15, 1.75))
_LENGTHS = (8.9, 9.8, 9.2, 7.5)
_HALF_WIDTHS = (0.94, 0.97, 0.91, 0.79)
_PALM = (
    (-2.8, 20), (-2.75, 12), (-2.85, 9.6), (-3.3, 7.2), (-3.8, 4.6), (-3.95, 2.2), (-3.85, 0.4),
    (-3.3, -0.9), (-1.9, -1.35), (-0.7, -1.75), (0.4, -1.5), (1.6, -1.1), (2.6, -0.2), (3.7, 0.7),
    (4.15, 2.2), (4.2, 4.2), (3.8, 6.8), (3.05, 9.2), (2.8, 12), (2.85, 20),
)  # fmt: skip


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
            _KNUCKLES, (-9, -1.5, 6, 14), _LENGTHS, _HALF_WIDTHS, (0.2, 0.05, -0.1, -0.3), strict=True
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


def draw_hand(frame: Frame, rng: np.random.Generator) -> Body:
    """The back of a hand: knuckles, tendons, veins, nails."""
    hand = some_hand(rng)
    body, placed, distance = _solid(frame, hand)
    _back_relief(frame, rng, body, hand, distance)
    for each in placed:
        first = 1 if each.digit.turn else 0
        for joint in each.digit.joints[first:]:
            knuckle_wrinkles(body, each, joint, rng, 0.5 + 0.5 * hand.age)
        draw_nail(body, each, frame, rng)
    _finish(frame, rng, body, distance)
    _back_hair(frame, rng, body)
    body.pores, body.lines = 0.15, 0.6 + 0.3 * hand.age
    return body


def draw_palm(frame: Frame, rng: np.random.Generator) -> Body:
    """The palm: eminences, the main creases, flexion creases and pads; no nails."""
    hand = some_hand(rng)
    body, placed, distance = _solid(frame, hand)
    body.melanin *= rng.uniform(0.3, 0.4)
    body.blood += 0.1 + 0.03 * octaves(rng, frame.size, frame.cells(4), 2)
    _palm_relief(frame, body, distance)
    _palm_creases(frame, rng, body, distance)
    for each in placed:
        _palmar_finger(frame, rng, body, each)
    _wrist_creases(frame, rng, body, distance)
    _finish(frame, rng, body, distance)
    body.pores, body.lines = 0.0, 0.75
    return body


def _solid(frame: Frame, hand: Hand) -> tuple[Body, list[Placed], Field]:
    """Joins palm and digits with rounded webs, the widest at the thumb."""
    palm = outline_distance(frame, hand.palm)
    webs = [2.2 if d.turn else 0.8 for d in hand.digits]
    return fuse(frame, palm, 0.62 * dome(palm, 2.4, 2.2), hand.digits, webs, 0.8)


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


def _palm_relief(frame: Frame, body: Body, distance: Field) -> None:
    """Thenar and hypothenar eminences, the pads below the fingers, the hollow between them."""
    x, y = frame.x, frame.y
    thenar = _mound(x, y, (-2.0, 5.4), (1.5, 2.6), -0.4)
    hypothenar = _mound(x, y, (2.5, 6.1), (1.25, 2.8), 0.1)
    hollow = np.exp(-(((x - 0.2) / 1.6) ** 2) - ((y - 4.2) / 2.2) ** 2)
    pads = sum(np.exp(-3.0 * ((x - px) ** 2 + 0.8 * (y - py) ** 2)) for px, py in _pad_places())
    body.height += 0.95 * thenar + 0.7 * hypothenar
    body.height += 0.18 * pads - 0.45 * hollow
    soft = inside(distance + 0.3, frame.px_per_cm, 0.8)
    red = hypothenar + 0.8 * thenar + 0.8 * pads
    body.blood += 0.1 * red * soft - 0.04 * hollow


def _mound(
    x: Field, y: Field, centre: tuple[float, float], radii: tuple[float, float], angle: float
) -> Field:
    """A soft elliptic elevation, 1 in the middle, flat on top; ``angle`` in radians, clockwise."""
    dx, dy = x - np.float32(centre[0]), y - np.float32(centre[1])
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    reach = ((dx * c + dy * s) / radii[0]) ** 2 + ((dy * c - dx * s) / radii[1]) ** 2
    return np.asarray(np.exp(-0.7 * reach**1.3), np.float32)


def _pad_places() -> list[tuple[float, float]]:
    return [(-1.85, 0.45), (0.35, 0.1), (2.3, 0.9)]


def _palm_creases(frame: Frame, rng: np.random.Generator, body: Body, distance: Field) -> None:
    """Thenar (life), proximal (head) and distal (heart) crease, and finer lines around them."""
    j = rng.normal(0, 0.22, 8)
    life = [(-3.9, 2.5 + j[0]), (-2.4, 2.7 + j[0]), (-0.9, 4.2 + j[1]), (-0.15, 6.4), (-0.2 + j[2], 8.6)]
    head = [(-3.8, 2.35 + j[0]), (-2.0, 2.5 + j[3]), (0.2, 3.5 + j[3]), (2.0, 4.7 + j[4]), (2.9, 5.6 + j[4])]
    heart = [(4.0, 2.9 + j[5]), (2.5, 2.75 + j[5]), (0.8, 2.2), (-0.5, 1.4 + j[6]), (-1.1, 0.3 + j[6])]
    main = [wavy(rng, spline(c), 0.05) for c in (life, head, heart)]
    fine = [_fine_line(rng) for _ in range(rng.integers(7, 14))]
    keep = inside(distance + 0.1, frame.px_per_cm, 0.3)
    fold = strokes(frame, main, 0.09, 0.05, fade=0.25) * keep
    soft = strokes(frame, main, 0.2, 0.22, fade=0.25) * keep
    minor = strokes(frame, fine, 0.05, 0.03, fade=0.4) * keep
    body.height -= 0.05 * fold + 0.08 * soft + 0.03 * minor
    body.shade *= (1 - 0.42 * np.minimum(fold, 1)) * (1 - 0.1 * np.minimum(soft, 1)) * (1 - 0.16 * minor)
    body.melanin *= 1 + 0.7 * np.minimum(fold, 1) + 0.2 * minor
    body.blood += 0.15 * np.minimum(fold, 1)


def _fine_line(rng: np.random.Generator) -> np.ndarray:
    """A short secondary line somewhere on the palm, mostly lengthwise or oblique."""
    x, y, angle = rng.uniform(-2.6, 3.0), rng.uniform(1.0, 8.5), rng.normal(1.5, 0.6)
    half = rng.uniform(0.6, 1.6) * np.array([np.cos(angle), np.sin(angle)])
    bow = rng.normal(0, 0.15, 2)
    return spline([(x - half[0], y - half[1]), (x + bow[0], y + bow[1]), (x + half[0], y + half[1])])


def _palmar_finger(frame: Frame, rng: np.random.Generator, body: Body, placed: Placed) -> None:
    """Flexion creases at each joint and at the root, soft pads between them, a rosy fingertip."""
    digit, w = placed.digit, placed.window
    thumb = digit.turn != 0
    joints = digit.joints if thumb else (0.2, *digit.joints)
    for joint in joints:
        flexion_crease(body, placed, joint, frame, rng.uniform(0.6, 1.0) * (0.4 if joint == 0.42 else 1))
        if joint == 0.47 or (joint == 0.2 and rng.random() < 0.5):
            flexion_crease(body, placed, joint + 0.018 + 0.01 * rng.random(), frame, rng.uniform(0.4, 0.8))
    pad = np.exp(-(((placed.along - digit.length + 0.95) / 0.8) ** 2) - 1.2 * placed.side**2)
    pad = pad * inside(placed.distance, frame.px_per_cm)
    body.height[w] += 0.12 * pad
    body.blood[w] += 0.14 * pad


def _wrist_creases(frame: Frame, rng: np.random.Generator, body: Body, distance: Field) -> None:
    """Two bracelet lines, below them ordinary forearm skin."""
    y = 9.3 + rng.normal(0, 0.1)
    lines = [
        spline([(-3.4, y + k), (-1.4, y + 0.25 + k), (1.2, y + 0.2 + k), (3.4, y - 0.1 + k)])
        for k in (0, 0.75)
    ]
    map_ = np.minimum(strokes(frame, lines, 0.08, 0.05), 1) * inside(distance, frame.px_per_cm)
    body.height -= 0.07 * map_
    body.shade *= 1 - 0.3 * map_
    forearm = np.clip((frame.y - y) / 0.9, 0, 1)
    body.melanin += (0.75 - body.melanin) * forearm
    body.blood *= 1 - 0.8 * forearm


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


def _finish(frame: Frame, rng: np.random.Generator, body: Body, distance: Field) -> None:
    """Hollows lose light; broad unevenness; lesions keep off nails and silhouettes."""
    px = frame.px_per_cm
    body.height += 0.03 * octaves(rng, frame.size, frame.cells(3), 2)
    body.shade *= cavity(body.height, body.coverage, 0.45 * px, 0.55)
    body.lesion_area = np.clip(-distance / 0.45, 0, 1) * (1 - body.nail)


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
    _finish(frame, rng, body, distance)
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
                tops[k] + 0.6 + _LENGTHS[k] + rng.normal(0, 0.15),
            ),
            angle=float((k - middle) * fan + rng.normal(0, 0.015)),
            length=_LENGTHS[k],
            half_width=_HALF_WIDTHS[k] * stout,
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
