"""The foot from above, its sole, and the webs between spread toes.

Toes point up (-y), the big toe lies to the left; mirroring the frame gives the other foot. Proportions after
adult anthropometry: foot 25 cm long and 10 cm broad.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from training.phantoms.anatomy.digits import (
    BIG_TOE_PROFILE,
    TOE_PROFILE,
    Digit,
    Placed,
    draw_nail,
    fuse,
    knuckle_wrinkles,
)
from training.phantoms.anatomy.hairs import DARKEST_HAIR, Hairs, hair_alpha
from training.phantoms.anatomy.outlines import Points, cavity, outline_distance, spline, strokes, wavy
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import blur, octaves
from training.phantoms.shapes import bump, circle, dome, inside, union

_DORSUM = (
    (-3.5, 20), (-3.5, 12.5), (-4.0, 9.6), (-3.75, 7.0), (-3.35, 4.0), (-3.7, 1.0), (-4.45, -2.0),
    (-4.85, -4.2), (-4.5, -6.1), (-2.9, -6.9), (-1.0, -6.8), (0.6, -6.3), (2.2, -5.4), (3.6, -4.1),
    (4.75, -2.3), (4.95, -0.3), (4.55, 2.2), (4.1, 5.0), (4.0, 7.5), (4.3, 10.2), (3.7, 13), (3.5, 20),
)  # fmt: skip
_SOLE = (
    (0.2, 12.4), (-2.0, 11.7), (-3.05, 9.6), (-2.95, 7.0), (-2.2, 4.0), (-2.05, 1.0), (-3.1, -2.0),
    (-4.5, -4.6), (-4.65, -6.6), (-3.2, -7.7), (-1.0, -7.5), (0.8, -7.0), (2.5, -6.1), (3.9, -4.8),
    (4.7, -2.8), (4.6, 0.0), (4.15, 3.2), (3.75, 6.2), (3.4, 9.3), (2.4, 11.6),
)  # fmt: skip
_TOE_BASES = ((-3.25, -4.6), (-0.8, -5.1), (0.9, -4.5), (2.45, -3.6), (3.9, -2.2))
_TOE_LENGTHS = (6.2, 5.35, 4.85, 4.4, 3.9)
_TOE_HALF_WIDTHS = (1.32, 0.88, 0.83, 0.81, 0.82)
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
            zip(_TOE_BASES, _TOE_LENGTHS, _TOE_HALF_WIDTHS, _TOE_ANGLES, strict=True)
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
    _finish(frame, rng, body, distance)
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


def draw_sole(frame: Frame, rng: np.random.Generator) -> Body:
    """The sole: heel, arch, ball and five toe pads; no nails."""
    stout = rng.uniform(0.94, 1.08)
    plantar = outline_distance(frame, [(x * stout, y) for x, y in _SOLE])
    toes = _toe_pads(rng, stout)
    body, placed, distance = fuse(frame, plantar, 0.7 * dome(plantar, 1.6, 2.4), toes, [0.4] * 5, 0.15)
    body.melanin *= rng.uniform(0.3, 0.4)
    _plantar_relief(frame, rng, body, distance)
    for each in placed:
        _plantar_toe(frame, body, each)
    _plantar_creases(frame, rng, body, distance)
    _finish(frame, rng, body, distance)
    body.pores, body.lines = 0.0, 0.9
    return body


def _toe_pads(rng: np.random.Generator, stout: float) -> list[Digit]:
    """Toes from below: short stalks ending in round pads."""
    pads = (
        (-3.2, -6.6, 4.3, 1.42),
        (-0.8, -6.7, 3.3, 0.95),
        (1.0, -6.2, 3.05, 0.91),
        (2.6, -5.3, 2.8, 0.89),
        (3.9, -3.9, 2.6, 0.9),
    )
    stalk = ((0.0, 0.9), (0.35, 0.82), (0.55, 0.92), (0.75, 1.06), (1, 1.02))
    fan = rng.uniform(0.5, 1.3)
    return [
        Digit(
            (x * stout, y),
            float(np.radians((k - 1) * 3 * fan)),
            length * rng.uniform(0.97, 1.04),
            half * stout,
            profile=stalk,
            tip=1.15,
        )
        for k, (x, y, length, half) in enumerate(pads)
    ]


def _plantar_relief(frame: Frame, rng: np.random.Generator, body: Body, distance: Field) -> None:
    """Heel and ball bulge and are flushed; the arch is hollow and paler."""
    x, y = frame.x, frame.y
    heel = np.exp(-0.6 * (((x - 0.2) / 2.2) ** 2 + ((y - 9.3) / 2.4) ** 2) ** 1.4)
    ball = np.exp(-0.6 * (((x + 2.7) / 1.7) ** 2 + ((y + 5.2) / 1.9) ** 2) ** 1.4)
    outer = np.exp(-0.6 * (((x - 2.2 + 0.12 * y) / 2.0) ** 2 + ((y + 3.2) / 2.2) ** 2) ** 1.4)
    edge = np.exp(-(((x - 3.0) / 1.0) ** 2)) * inside(np.abs(y - 2) - 5, frame.px_per_cm, 4.0)
    arch = np.exp(-(((x + 2.0) / 2.4) ** 2) - ((y - 2.4) / 3.4) ** 2)
    body.height += 0.9 * heel + 0.75 * ball + 0.5 * outer - 0.75 * arch
    soft = inside(distance + 0.2, frame.px_per_cm, 0.8)
    body.blood += 0.05 + soft * (0.17 * heel + 0.16 * ball + 0.15 * outer + 0.08 * edge - 0.04 * arch)
    body.blood += 0.03 * octaves(rng, frame.size, frame.cells(3), 2)
    body.melanin *= 1 + 0.18 * (heel + ball)


def _plantar_toe(frame: Frame, body: Body, placed: Placed) -> None:
    """The pad of a toe, rosy, above the furrow under its stalk."""
    w, digit = placed.window, placed.digit
    pad = np.exp(-(((placed.along - 0.8 * digit.length) / digit.half_width) ** 2) - placed.side**2)
    pad = pad * inside(placed.distance, frame.px_per_cm)
    body.height[w] += 0.3 * pad
    body.blood[w] += 0.18 * pad
    furrow = bump(placed.from_joint(0.45), 0.22) * inside(placed.distance - 0.1, frame.px_per_cm, 0.5)
    body.height[w] -= 0.28 * furrow
    body.shade[w] *= 1 - 0.3 * furrow
    body.melanin[w] *= 1 + 0.3 * furrow


def _plantar_creases(frame: Frame, rng: np.random.Generator, body: Body, distance: Field) -> None:
    """Oblique flexion lines below the ball, wrinkles in the arch, cracks around some heels."""
    lines = [_arch_line(rng) for _ in range(rng.integers(4, 9))]
    if rng.random() < 0.6:
        lines.append(wavy(rng, spline([(-4.2, -2.9), (-2.4, -2.3), (0.2, -1.5), (2.2, -1.3)]), 0.12))
    inner = inside(distance + 0.3, frame.px_per_cm, 0.6)
    map_ = np.minimum(strokes(frame, lines, 0.05, 0.05, fade=0.5), 1) * inner
    body.height -= 0.04 * map_
    body.shade *= 1 - 0.2 * map_
    body.melanin *= 1 + 0.25 * map_
    if rng.random() < 0.4:
        _heel_cracks(frame, rng, body, distance)


def _arch_line(rng: np.random.Generator) -> Points:
    """One wrinkle of the arch, across or obliquely lengthwise."""
    x, y = rng.uniform(-1.8, 1.4), rng.uniform(-2.0, 6.0)
    angle = rng.normal(0.2, 0.3) if rng.random() < 0.6 else rng.normal(1.5, 0.25)
    along = rng.uniform(0.8, 2.4) * np.array([np.cos(angle), np.sin(angle)])
    bow = rng.normal(0, 0.2, 2)
    curve = spline([(x - along[0], y - along[1]), (x + bow[0], y + bow[1]), (x + along[0], y + along[1])])
    return wavy(rng, curve, 0.1)


def _heel_cracks(frame: Frame, rng: np.random.Generator, body: Body, distance: Field) -> None:
    """Short dry fissures running in from the rim of the heel."""
    turns = rng.uniform(-0.4, np.pi + 0.4, 18)
    ways = [
        np.array([[0.2 + r * 3.1 * np.cos(a), 9.0 + r * 3.3 * np.sin(a)] for r in (1.0, 0.88, 0.76)])
        for a in turns
    ]
    map_ = strokes(frame, [wavy(rng, w.astype(np.float32), 0.06) for w in ways], 0.05, 0.03)
    map_ = map_ * inside(distance + 0.15, frame.px_per_cm, 0.2)
    body.height -= 0.04 * map_
    body.shade *= 1 - 0.3 * map_
    rim = bump(distance + 0.5, 0.5) * np.clip((frame.y - 7) / 3, 0, 1)
    body.gloss *= 1 - 0.6 * rim
    body.melanin *= 1 + 0.35 * rim


def draw_between_toes(frame: Frame, rng: np.random.Generator) -> Body:
    """Spread toes close up; the folds of the web spaces lie open."""
    toes = _spread_toes(rng)
    front = outline_distance(
        frame, [(-12, 12), (-12, 1.9), (-6, 1.2), (0, 0.9), (6, 1.4), (12, 1.9), (12, 12)]
    )
    body, placed, distance = fuse(frame, front, dome(front, 1.3, 2.2), toes, [0.55] * len(toes), 0.5)
    for toe in toes:
        away = np.square(frame.x - np.float32(toe.base[0])) + 0.5 * np.square(frame.y - np.float32(2.4))
        body.height += 0.16 * np.exp(-1.2 * away)
        tendon = [spline([(0.8 * toe.base[0], 7.0), (toe.base[0], 2.6), (toe.base[0], 0.5)])]
        body.height += 0.07 * strokes(frame, tendon, 0.25, 0.16, fade=0.3)
    webs = [_web_place(a, b) for a, b in pairwise(toes)]
    distance = _web_floors(frame, rng, body, distance, webs, placed)
    for each in placed:
        for joint in each.digit.joints:
            knuckle_wrinkles(body, each, joint, rng, rng.uniform(0.6, 1.0), 0.5)
        draw_nail(body, each, frame, rng)
    _finish(frame, rng, body, distance)
    near = np.max([np.exp(-0.45 * ((frame.x - x) ** 2 + 0.7 * (frame.y - y) ** 2)) for x, y, _ in webs], 0)
    body.lesion_area *= np.clip(1.5 * near, 0, 1).astype(np.float32)
    body.pores, body.lines = 0.1, 0.8
    return body


def _spread_toes(rng: np.random.Generator) -> list[Digit]:
    """Three or four neighbouring toes held apart, some with the big toe."""
    first, count = int(rng.integers(0, 3)), int(rng.integers(3, 5))
    chosen = list(range(first, min(first + count, 5)))
    fan, gap = rng.uniform(0.1, 0.22), rng.uniform(0.3, 0.6)
    widths = [1.12 * _TOE_HALF_WIDTHS[k] for k in chosen]
    places = np.cumsum([0.0] + [a + b + gap for a, b in pairwise(widths)])
    places -= places[-1] / 2
    tops = [3.7 - 0.36 * abs(k - 1) + rng.normal(0, 0.12) for k in chosen]
    return [
        Digit(
            base=(float(x), 2.2),
            angle=float(fan * x / 2.0 + rng.normal(0, 0.02)),
            length=top + 1.2,
            half_width=half,
            bend=rng.normal(0, 0.1),
            profile=TOE_PROFILE if k else BIG_TOE_PROFILE,
            joints=(0.55, 0.73) if k else (0.58,),
            tip=0.95,
            nail_length=0.85 if k else 1.45,
            nail_width=0.64 if k else 0.7,
        )
        for x, half, top, k in zip(places, widths, tops, chosen, strict=True)
    ]


def _web_place(a: Digit, b: Digit) -> tuple[float, float, float]:
    """Where two toes part: x, y and the direction of the gap (radians from straight up)."""
    angle = (a.angle + b.angle) / 2
    x = (a.base[0] + a.half_width + b.base[0] - b.half_width) / 2
    return x + 1.3 * np.sin(angle), 0.85, angle


def _web_floors(
    frame: Frame,
    rng: np.random.Generator,
    body: Body,
    distance: Field,
    webs: list[tuple[float, float, float]],
    placed: list[Placed],
) -> Field:
    """Deep skin in each gap, hung between the toes like a hammock, and the fold that runs into it."""
    px = frame.px_per_cm
    toes = np.full_like(distance, 9.0)
    for each in placed:
        toes[each.window] = np.minimum(toes[each.window], each.distance)
    for x, y, angle in webs:
        reach = rng.uniform(0.0, 0.45)
        deep = circle(frame.x, frame.y, x + reach * np.sin(angle), y - reach * np.cos(angle), 0.5)
        floor = union(deep, toes, 0.9)
        near = np.square(frame.x - np.float32(x)) + np.square(frame.y - np.float32(y - 0.3))
        floor = np.where(near < 3.0, floor, distance)
        behind = inside(floor, px) * (1 - body.coverage)
        body.height += behind * (0.6 * dome(floor, 0.5) - 0.35)
        body.coverage = np.maximum(body.coverage, inside(floor, px))
        distance = np.minimum(distance, floor)
        body.shade *= 1 - rng.uniform(0.25, 0.45) * blur(behind, 0.1 * px)
        body.blood += 0.18 * behind
        _fold(frame, rng, body, (x, y, angle))
    return distance


def _fold(frame: Frame, rng: np.random.Generator, body: Body, web: tuple[float, float, float]) -> None:
    """The creases from the back of the foot over the rim of a web into it, at times white and sodden."""
    x, y, angle = web
    sin, cos = np.sin(angle), np.cos(angle)
    ways = []
    for side in (-0.3, 0.0, 0.3)[: rng.integers(1, 4)] if rng.random() < 0.5 else (0.0,):
        up = rng.uniform(0.5, 1.1)
        start, end = (x + 2.0 * side - up * sin, y + up * cos), (x + 0.5 * sin + 0.5 * side, y - 0.5 * cos)
        ways.append(wavy(rng, spline([start, (x + side, y + 0.2), end]), 0.03))
    lines = np.minimum(strokes(frame, ways, 0.05, 0.04, fade=0.5), 1)
    middle = [spline([(x - 1.1 * sin, y + 1.1 * cos), (x + 0.5 * sin, y - 0.5 * cos)])]
    hollow = np.minimum(strokes(frame, middle, 0.3, 0.25, fade=0.5), 1.2)
    away = np.square(frame.x - np.float32(x)) + 0.6 * np.square(frame.y - np.float32(y - 0.2))
    sodden = np.exp(-2.5 * away) * np.float32(max(rng.uniform(-0.7, 1), 0))
    body.height -= 0.04 * lines + 0.22 * hollow
    body.shade *= 1 - 0.35 * lines
    body.blood += 0.08 * hollow
    body.melanin *= 1 - 0.45 * sodden
    body.gloss *= 1 + 0.8 * sodden


def _finish(frame: Frame, rng: np.random.Generator, body: Body, distance: Field) -> None:
    """Hollows lose light; broad unevenness; lesions keep off nails and silhouettes."""
    px = frame.px_per_cm
    body.height += 0.03 * octaves(rng, frame.size, frame.cells(3), 2)
    body.shade *= cavity(body.height, body.coverage, 0.45 * px, 0.55)
    body.lesion_area = np.clip(-distance / 0.45, 0, 1) * (1 - body.nail)
