"""The sole: heel, arch, ball and five toe pads; no nails. The big toe lies to the left."""

import numpy as np

from training.phantoms.anatomy.digits import Digit, Placed, finish_digits, fuse
from training.phantoms.anatomy.outlines import Points, outline_distance, spline, strokes, wavy
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import octaves
from training.phantoms.shapes import bump, dome, inside

_SOLE = (
    (0.2, 12.4), (-2.0, 11.7), (-3.05, 9.6), (-2.95, 7.0), (-2.2, 4.0), (-2.05, 1.0), (-3.1, -2.0),
    (-4.5, -4.6), (-4.65, -6.6), (-3.2, -7.7), (-1.0, -7.5), (0.8, -7.0), (2.5, -6.1), (3.9, -4.8),
    (4.7, -2.8), (4.6, 0.0), (4.15, 3.2), (3.75, 6.2), (3.4, 9.3), (2.4, 11.6),
)  # fmt: skip  # fmt: skip


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
    finish_digits(frame, rng, body, distance)
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
