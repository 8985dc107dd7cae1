"""Forearm and lower leg, and close views of their joints: wrist, elbow, knee, ankle, thigh.

Both run down the picture. The forearm's elbow lies at y = -14, its wrist at y = 12, the thumb's side to the
left; the leg's kneecap at y = -20, its ankle at y = 20, the inner side to the left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from training.phantoms.anatomy.hairs import DARKEST_HAIR, Hairs, hair_alpha
from training.phantoms.anatomy.outlines import Points, cavity, outline_distance, spline, strokes, wavy
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import octaves
from training.phantoms.shapes import bump, dome, inside

_ARM_LEFT = (
    (-5.2, -40), (-5.1, -26), (-4.9, -20), (-4.55, -15.5), (-4.65, -12.5), (-4.9, -9), (-4.5, -4),
    (-3.7, 2), (-3.05, 7), (-2.8, 10.5), (-2.85, 12.2), (-3.4, 13.8), (-4.4, 15.6), (-5.5, 17.8),
    (-5.9, 20), (-6.0, 26), (-6.0, 40),
)  # fmt: skip
_ARM_RIGHT = (
    (4.3, 40), (4.3, 26), (4.3, 20), (4.2, 18), (3.9, 15.5), (3.3, 13.4), (2.95, 12), (2.85, 10),
    (3.05, 7), (3.6, 2), (4.15, -4), (4.35, -9), (4.25, -12.5), (4.5, -15), (4.8, -20), (5.0, -26),
    (5.2, -40),
)  # fmt: skip
_LEG_LEFT = (
    (-8.5, -55), (-7.7, -36), (-6.6, -27), (-6.1, -22.5), (-5.9, -19), (-5.2, -15.5), (-5.5, -11),
    (-5.75, -7), (-5.2, -1), (-4.1, 6), (-3.4, 12), (-3.2, 15.5), (-3.75, 19), (-3.6, 21), (-3.5, 24),
    (-4.4, 29), (-4.6, 50),
)  # fmt: skip
_LEG_RIGHT = (
    (5.2, 50), (5.1, 29), (4.2, 25), (3.9, 22.5), (4.0, 20.5), (3.3, 16.5), (3.4, 12), (4.2, 6),
    (5.3, -1), (5.7, -6), (5.6, -10), (5.1, -14.5), (5.6, -19), (5.9, -22.5), (6.6, -27), (7.6, -36),
    (8.5, -55),
)  # fmt: skip


@dataclass(frozen=True)
class Limb:
    """One limb on the picture: the frame that looks at it, its outline's distance, how hairy and how lean."""

    frame: Frame
    distance: Field
    hairy: float
    lean: float


def _some_limb(
    frame: Frame, rng: np.random.Generator, outline: tuple[tuple[float, float], ...], at: float, hairy: float
) -> Limb:
    moved = replace(frame, y=frame.y + np.float32(at))
    stout = rng.uniform(0.88, 1.1)
    shaken = [(x * stout + rng.normal(0, 0.08), y) for x, y in outline]
    return Limb(moved, outline_distance(moved, shaken), hairy * rng.random() ** 1.5, rng.uniform(0, 1))


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
    limb = _some_limb(frame, rng, _ARM_LEFT + _ARM_RIGHT, at, 0.35 if front else 1.0)
    body = _round_body(limb, 3.6)
    if front:
        _front_of_arm(limb, rng, body)
    else:
        _back_of_arm(limb, rng, body)
    _finish(limb, rng, body)
    _grow(limb, rng, body, Hairs(length=1.3, width=0.007, curl=0.5, opacity=0.75), 900, (0.9, 1.9))
    body.pores, body.lines = 0.3, 0.6
    return body


def _round_body(limb: Limb, radius: float) -> Body:
    return Body.bare(
        limb.frame, inside(limb.distance, limb.frame.px_per_cm), 0.85 * dome(limb.distance, radius, 2.1)
    )


def _front_of_arm(limb: Limb, rng: np.random.Generator, body: Body) -> None:
    """Paler skin, two flexor tendons and bracelet lines at the wrist, the crease of the elbow, veins."""
    body.melanin *= rng.uniform(0.75, 0.9)
    tendons = [spline([(x * 1.1, 3.0), (x, 8.0), (0.8 * x, 12.0)]) for x in (-0.75, 0.15)]
    _ridge(limb, body, tendons, 0.32, 0.16 * (0.3 + limb.lean))
    veins = [
        [(-3.2, -15), (-2.6, -9), (-1.6, -3), (-1.9, 4), (-1.5, 12)],
        [(1.8, -18), (1.2, -13), (2.0, -8), (1.4, 0), (1.2, 8)],
    ]
    _vein_paths(
        limb,
        rng,
        body,
        [[*veins[0]], veins[1], [(-2.7, -10), (-0.6, -12), (1.3, -13.6)]],
        rng.uniform(0, 0.07),
    )
    bracelet = [_across(rng, y, 3.0, 0.3) for y in (11.2, 12.0, 12.75)]
    _crease(limb, body, bracelet, rng.uniform(0.3, 0.7))
    _crease(limb, body, [_across(rng, -14.2, 4.3, -0.5)], rng.uniform(0.5, 0.9))
    _crease(limb, body, [_across(rng, -13.2 + rng.normal(0, 0.3), 2.6, -0.6)], rng.uniform(0.1, 0.5))
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
    _ridge(limb, body, tendons, 0.25, 0.1 * (0.3 + limb.lean))
    _ridge(limb, body, [spline([(-2.0, 9.5), (-3.0, 13), (-5.0, 17)])], 0.3, 0.12)
    veins = [
        [(-1.8, -8), (-2.2, -2), (-1.2, 5), (-1.8, 12), (-0.8, 17)],
        [(2.2, -4), (1.6, 3), (0.6, 9), (1.4, 16)],
    ]
    _vein_paths(limb, rng, body, veins, rng.uniform(0, 0.1))
    _crease(limb, body, [_across(rng, 11.9, 2.6, 0.15), _across(rng, 12.5, 2.2, 0.1)], rng.uniform(0.1, 0.45))
    _wrinkled_cap(limb, rng, body, (0.3, -14.3), (1.9, 2.2), 0.75)


def _wrinkled_cap(
    limb: Limb,
    rng: np.random.Generator,
    body: Body,
    centre: tuple[float, float],
    radii: tuple[float, float],
    lift: float,
) -> None:
    """Loose, darker, transversely wrinkled skin over a bony point (elbow, kneecap)."""
    x, y = (limb.frame.x - centre[0]) / radii[0], (limb.frame.y - centre[1]) / radii[1]
    reach = x * x + y * y
    cap = np.exp(-0.8 * reach**1.5).astype(np.float32)
    waver = octaves(rng, limb.frame.size, limb.frame.cells(1.2), 2)
    wave = np.cos((limb.frame.y + 0.25 * x * x * np.sign(y)) * 2 * np.pi / 0.55 + 1.3 * waver)
    furrow = np.maximum(wave, 0) ** 2 * cap * rng.uniform(0.5, 1.0)
    body.height += lift * cap - 0.05 * furrow
    body.shade *= 1 - 0.2 * furrow
    body.melanin *= 1 + 0.3 * cap
    body.blood += 0.06 * cap


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
    limb = _some_limb(frame, rng, _LEG_LEFT + _LEG_RIGHT, float(at), 1.0)
    body = _round_body(limb, 4.8)
    _shin(limb, body)
    _knee(limb, rng, body)
    _ankle(limb, rng, body)
    _finish(limb, rng, body)
    _grow(limb, rng, body, Hairs(length=1.7, width=0.008, curl=0.5, opacity=0.8), 1100, (1.2, 1.9))
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
    _wrinkled_cap(limb, rng, body, (0.0, -20.5), (2.5, 2.7), 1.0)
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
    _ridge(limb, body, lines, 0.4, 0.2 * (0.3 + limb.lean))
    _vein_paths(
        limb,
        rng,
        body,
        [[(-2.2, 12), (-2.4, 17), (-2.0, 22), (-2.8, 28)], [(2.6, 24), (0.8, 27), (-1.6, 27)]],
        rng.uniform(0, 0.1),
    )
    _crease(limb, body, [_across(rng, 21.4, 2.6, 0.4), _across(rng, 22.2, 2.2, 0.35)], rng.uniform(0.1, 0.6))
    body.height += np.asarray(
        0.12 * np.clip(y - 20, 0, 12) * inside(limb.distance + 1, limb.frame.px_per_cm, 2.0)
    )


def _across(rng: np.random.Generator, y: float, half: float, bow: float) -> Points:
    """A transverse line, its middle ``bow`` cm lower than its ends."""
    y += rng.normal(0, 0.1)
    ends = rng.uniform(0.85, 1.1, 2) * half
    tilt = rng.normal(0, 0.12)
    curve = spline(
        [
            (-ends[0], y - tilt),
            (-0.35 * half, y + 0.85 * bow),
            (0.35 * half, y + 0.85 * bow),
            (ends[1], y + tilt),
        ]
    )
    return wavy(rng, curve, 0.05)


def _crease(limb: Limb, body: Body, curves: list[Points], strength: float) -> None:
    f = limb.frame
    line = (
        np.minimum(strokes(f, curves, 0.08, 0.05, fade=0.25), 1)
        * inside(limb.distance + 0.1, f.px_per_cm, 0.3)
        * strength
    )
    soft = (
        np.minimum(strokes(f, curves, 0.2, 0.2, fade=0.25), 1)
        * inside(limb.distance + 0.1, f.px_per_cm, 0.3)
        * strength
    )
    body.height -= 0.06 * line + 0.12 * soft
    body.shade *= 1 - 0.35 * line
    body.melanin *= 1 + 0.3 * line
    body.blood += 0.06 * line


def _ridge(limb: Limb, body: Body, curves: list[Points], width: float, height: float) -> None:
    inner = inside(limb.distance + 0.4, limb.frame.px_per_cm, 0.8)
    body.height += height * strokes(limb.frame, curves, width, 0.2, fade=0.35) * inner


def _vein_paths(
    limb: Limb,
    rng: np.random.Generator,
    body: Body,
    ways: Sequence[Sequence[tuple[float, float]]],
    strength: float,
) -> None:
    """Veins: low ridges with a faint dark tint."""
    curves = [wavy(rng, spline(way), 0.25) for way in ways]
    map_ = strokes(limb.frame, curves, 0.25, 0.1, fade=0.15) * inside(
        limb.distance + 0.4, limb.frame.px_per_cm, 0.8
    )
    body.height += strength * map_
    body.melanin *= 1 + 1.2 * strength * map_
    body.blood += 0.5 * strength * map_


def _grow(
    limb: Limb, rng: np.random.Generator, body: Body, style: Hairs, count: int, course: tuple[float, float]
) -> None:
    """Body hair pointing down the limb and outwards; none over kneecap, wrist front and palm."""
    if limb.hairy < 0.06:
        return
    f = limb.frame
    patchy = 0.7 + 0.3 * octaves(rng, f.size, 3.0, 1)
    bare = 0.8 * bump(f.y + 20.5, 2.2) * (np.abs(f.x) < 2.6)
    density = np.clip(patchy - bare, 0, 1) * body.lesion_area * limb.hairy
    angle = np.float32(sum(course) / 2) - 0.06 * f.x
    body.cover(hair_alpha(f, rng, density, count, angle, style), DARKEST_HAIR)


def _finish(limb: Limb, rng: np.random.Generator, body: Body) -> None:
    """Broad unevenness, light lost in hollows, lesions away from the silhouettes."""
    f = limb.frame
    body.height += 0.10 * octaves(rng, f.size, f.cells(6), 2)
    body.shade *= cavity(body.height, body.coverage, 0.5 * f.px_per_cm, 0.3)
    body.lesion_area = np.clip(-limb.distance / 0.9, 0, 1).astype(np.float32)
