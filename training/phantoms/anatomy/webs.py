"""Spread toes close up, with the folds of the spaces between them."""

from itertools import pairwise

import numpy as np

from training.phantoms.anatomy.digits import BIG_TOE_PROFILE, TOE_PROFILE, Digit, Placed, finish_digits, fuse
from training.phantoms.anatomy.foot import TOE_HALF_WIDTHS
from training.phantoms.anatomy.joints import knuckle_wrinkles
from training.phantoms.anatomy.nails import draw_nail
from training.phantoms.anatomy.outlines import Points, outline_distance, spline, strokes, to_pixels, wavy
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import blur
from training.phantoms.shapes import circle, dome, inside, union


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
    finish_digits(frame, rng, body, distance)
    near = np.max([np.exp(-0.45 * ((frame.x - x) ** 2 + 0.7 * (frame.y - y) ** 2)) for x, y, _ in webs], 0)
    body.lesion_area *= np.clip(1.5 * near, 0, 1).astype(np.float32)
    body.pores, body.lines = 0.1, 0.8
    return body


def _spread_toes(rng: np.random.Generator) -> list[Digit]:
    """Three or four neighbouring toes held apart, some with the big toe."""
    first, count = int(rng.integers(0, 3)), int(rng.integers(3, 5))
    chosen = list(range(first, min(first + count, 5)))
    fan, gap = rng.uniform(0.1, 0.22), rng.uniform(0.3, 0.6)
    widths = [1.12 * TOE_HALF_WIDTHS[k] for k in chosen]
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
    """Deep skin in each gap, hung between the toes like a hammock, and the folds that run into it."""
    toes = np.full_like(distance, 9.0)
    for each in placed:
        toes[each.window] = np.minimum(toes[each.window], each.distance)
    creases, hollows = [], []
    for web in webs:
        _web_floor(frame, rng, body, distance, toes, web)
        creases += _crease_paths(rng, web)
        hollows.append(_hollow_path(web))
        _sodden(frame, rng, body, web)
    lines = np.minimum(strokes(frame, creases, 0.05, 0.04, fade=0.5), 1)
    hollow = np.minimum(strokes(frame, hollows, 0.3, 0.25, fade=0.5), 1.2)
    body.height -= 0.04 * lines + 0.22 * hollow
    body.shade *= 1 - 0.35 * lines
    body.blood += 0.08 * hollow
    return distance


def _web_floor(
    frame: Frame,
    rng: np.random.Generator,
    body: Body,
    distance: Field,
    toes: Field,
    web: tuple[float, float, float],
) -> None:
    """One hammock, within 1.7 cm of its web; ``distance`` is lowered in place."""
    x, y, angle = web
    px = frame.px_per_cm
    reach, gloom = rng.uniform(0.0, 0.45), rng.uniform(0.25, 0.45)
    w = _around(frame, x, y - 0.3, 1.9)
    if distance[w].size == 0:
        return
    near = circle(frame.x[w], frame.y[w], x, y - 0.3, 1.73) < 0
    deep = circle(frame.x[w], frame.y[w], x + reach * np.sin(angle), y - reach * np.cos(angle), 0.5)
    floor = np.where(near, union(deep, toes[w], 0.9), distance[w])
    behind = inside(floor, px) * (1 - body.coverage[w])
    body.height[w] += behind * (0.6 * dome(floor, 0.5) - 0.35)
    body.coverage[w] = np.maximum(body.coverage[w], inside(floor, px))
    distance[w] = np.minimum(distance[w], floor)
    body.shade[w] *= 1 - np.float32(gloom) * blur(behind, 0.1 * px)
    body.blood[w] += 0.18 * behind


def _around(frame: Frame, x: float, y: float, reach: float) -> tuple[slice, slice]:
    """The rows and columns within ``reach`` cm of a place; empty where it is far outside the picture."""
    column, row = to_pixels(frame, np.array([[x, y]], np.float32))[0]
    far = reach * frame.px_per_cm
    rows, columns = ((max(int(at - far), 0), max(int(at + far) + 1, 0)) for at in (row, column))
    return slice(*rows), slice(*columns)


def _crease_paths(rng: np.random.Generator, web: tuple[float, float, float]) -> list[Points]:
    """One to three creases from the back of the foot over the rim of a web into it."""
    x, y, angle = web
    sin, cos = np.sin(angle), np.cos(angle)
    ways = []
    for side in (-0.3, 0.0, 0.3)[: rng.integers(1, 4)] if rng.random() < 0.5 else (0.0,):
        up = rng.uniform(0.5, 1.1)
        start, end = (x + 2.0 * side - up * sin, y + up * cos), (x + 0.5 * sin + 0.5 * side, y - 0.5 * cos)
        ways.append(wavy(rng, spline([start, (x + side, y + 0.2), end]), 0.03))
    return ways


def _hollow_path(web: tuple[float, float, float]) -> Points:
    x, y, angle = web
    sin, cos = np.sin(angle), np.cos(angle)
    return spline([(x - 1.1 * sin, y + 1.1 * cos), (x + 0.5 * sin, y - 0.5 * cos)])


def _sodden(frame: Frame, rng: np.random.Generator, body: Body, web: tuple[float, float, float]) -> None:
    """Skin that stays wet between the toes is paler and shines, on some feet."""
    strength = rng.uniform(-0.7, 1)
    if strength <= 0:
        return
    x, y, _ = web
    away = np.square(frame.x - np.float32(x)) + 0.6 * np.square(frame.y - np.float32(y - 0.2))
    wet = np.exp(-2.5 * away) * np.float32(strength)
    body.melanin *= 1 - 0.45 * wet
    body.gloss *= 1 + 0.8 * wet
