"""The head from the front: skull and soft parts, features, hair. Coordinates in cm, y = 0 through the pupils.

Lengths follow adult averages: hairline to chin 18.3, breadth 13.8, pupils 6.3 apart, nose 3.5 wide, mouth 5.
"""

import numpy as np

from training.phantoms.anatomy.chart import Chart, Window, moved, rise
from training.phantoms.anatomy.eye import draw_brows, draw_eyes, draw_lashes
from training.phantoms.anatomy.headhair import draw_head_hair
from training.phantoms.anatomy.likeness import Likeness, sample_likeness
from training.phantoms.anatomy.mouth_nose import draw_mouth, draw_nose
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import octaves
from training.phantoms.shapes import inside


def draw_face(frame: Frame, rng: np.random.Generator) -> Body:
    """The whole face with hair, ears and the root of the neck."""
    return draw_head(moved(frame, 0, 0.3), rng)


def draw_cheek(frame: Frame, rng: np.random.Generator) -> Body:
    """One cheek between nose, lower lid, corner of the mouth and the ear's edge of the face."""
    return draw_head(moved(frame, 3.9, 3.7), rng, near=True)


def draw_forehead(frame: Frame, rng: np.random.Generator) -> Body:
    """The forehead between the hairline and the brows."""
    return draw_head(moved(frame, 0, -5.0), rng, near=True)


def draw_head(frame: Frame, rng: np.random.Generator, near: bool = False) -> Body:
    """Whatever part of a head the frame shows; ``near`` draws single lashes."""
    face = sample_likeness(rng)
    chart = Chart.of(frame)
    low = chart.low()
    coarse_edge = _face_outline(low, face)
    body = _skull(frame, chart, coarse_edge, rng)
    _sculpt_face(body, chart, face)
    _furrow_forehead(body, frame, face, rng)
    draw_eyes(body, frame, face)
    draw_nose(body, frame, face)
    draw_mouth(body, frame, face, rng)
    if near:
        draw_lashes(body, frame, face, rng)
    draw_brows(body, frame, face, rng)
    draw_head_hair(body, frame, chart, face, rng)
    body.shade = np.clip(body.shade, 0.05, 1)
    body.lesion_area *= body.coverage
    body.pores, body.lines = 0.55, 0.45
    return body


def _face_outline(chart: Chart, face: Likeness) -> Field:
    """Distance to the outline of the head without hair and ears."""
    j = face.jaw
    right = [(0, -11.6), (3.6, -10.9), (6.1, -8.6), (7.0, -5), (6.95, -1.5), (6.85, 2), (6.3 * j**0.5, 5)]
    right += [(5.5 * j, 7.7), (4.0 * j, 9.7), (2.2 * j, 10.9), (0, 11.25)]
    return chart.symmetric(right)


def _skull(frame: Frame, chart: Chart, coarse_edge: Field, rng: np.random.Generator) -> Body:
    """The head's dome before neck and ears, which lie in its shadow."""
    deep = np.clip(-coarse_edge / 6.2, 0, 1)
    dome = 2.2 + 4.6 * np.sqrt(1 - (1 - deep) ** 2) - 0.018 * chart.coarse_x**2
    edge = chart.enlarged(coarse_edge)
    body = Body.bare(frame, inside(edge, frame.px_per_cm), chart.enlarged(np.asarray(dome, np.float32)))
    if float(frame.y.max()) > 3.5:
        _add_neck(body, frame, edge)
    for side in (-1.0, 1.0):
        _add_ear(body, frame, edge, side)
    body.height += 0.04 * octaves(rng, frame.size, frame.cells(5), 2)
    return body


def _add_ear(body: Body, frame: Frame, edge: Field, side: float) -> None:
    """An ear seen from the front: a narrow shell behind the cheek."""
    window = Window.around(frame, (side * 7.2, 0.9), (1.6, 3.8), side)
    if window is None:
        return
    shell = window.chart.outline(
        [
            (-0.6, -2.5),
            (0.3, -3.0),
            (0.95, -2.0),
            (0.8, -0.2),
            (0.35, 1.9),
            (-0.1, 2.9),
            (-0.6, 2.6),
            (-1.0, 1),
        ]
    )
    behind = (1 - rise(-window.of(edge), 0.15)) * inside(shell, frame.px_per_cm)
    rim = np.exp(-0.5 * ((shell + 0.24) / 0.15) ** 2)
    auricle = 1.0 + 0.30 * rim + 0.5 * np.clip(-shell, 0, 0.4)
    height, coverage = window.of(body.height), window.of(body.coverage)
    height[:] += behind * (auricle - height)
    np.maximum(coverage, behind, out=coverage)
    window.of(body.shade)[:] *= 1 - behind * (0.12 + 0.35 * np.exp(-0.5 * ((shell + 0.6) / 0.2) ** 2))
    window.of(body.blood)[:] += 0.12 * behind


def _add_neck(body: Body, frame: Frame, edge: Field) -> None:
    """A column behind the jaw that widens to the shoulders, darker under the chin."""
    down = frame.y - 4.5
    half = 5.5 - 0.35 * np.clip(3 - down, 0, 3) + 0.035 * np.clip(down - 4, 0, 20) ** 2
    neck = np.maximum(np.abs(frame.x) - half, -down * 0.8).astype(np.float32)
    front = rise(-edge, 0.22)
    behind = 1.4 - 0.05 * frame.x**2
    body.height[:] = behind * (1 - front) + body.height * front
    body.coverage = np.maximum(body.coverage, inside(neck, frame.px_per_cm))
    body.shade *= 1 - (1 - front) * (0.10 + 0.42 * np.exp(-np.clip(edge, 0, 9) / 1.7))
    body.lesion_area = body.coverage.copy()


def _sculpt_face(body: Body, chart: Chart, face: Likeness) -> None:
    """Brow ridges, sockets, cheekbones, folds and chin."""
    low, bone = chart.low(), face.cheekbones
    h = 0.30 * low.pair((2.7, -2.0), (1.7, 0.75), 0.1) + 0.22 * low.mound((0, -1.9), (1.1, 0.8))
    h += 0.22 * low.pair((2.8, -5.3), (1.9, 1.6))
    h -= 0.95 * low.pair((3.0, -0.15), (1.65, 0.95)) + 0.5 * low.pair((1.55, -0.5), (0.6, 0.8))
    h -= 0.45 * low.pair((6.3, -2.8), (1.2, 2.0))
    h += 0.62 * bone * low.pair((4.7, 2.2), (1.7, 1.15), -0.25) + 0.35 * low.pair((3.4, 3.6), (1.3, 1.2))
    h -= 0.42 * bone * low.pair((5.0, 5.6), (1.3, 1.6), 0.3)
    h += 0.45 * low.mound((0, 6.2), (2.6, 1.8)) + 0.75 * low.mound((0, 9.4), (1.5, 1.05))
    body.height += chart.enlarged(h)
    shadow = 0.20 * low.pair((2.9, -0.35), (1.6, 0.75)) + 0.10 * low.pair((1.6, -0.5), (0.5, 0.7))
    body.shade -= chart.enlarged(shadow)
    flush = 0.13 * low.pair((4.4, 3.2), (1.5, 1.3)) + 0.05 * low.mound((0, 9.5), (1.2, 0.9))
    body.blood += chart.enlarged(flush)
    _fold_cheeks(body, chart, face)


def _fold_cheeks(body: Body, chart: Chart, face: Likeness) -> None:
    """Nasolabial fold and tear trough, deeper with age."""
    fold = [(1.95, 3.3), (2.45, 4.3), (2.95, 5.5), (3.15, 6.8)]
    crease = chart.ridges(fold, 0.20 + 0.05 * face.age, 0.35)
    body.height += (0.10 + 0.16 * face.age) * chart.ridges([(x + 0.55, y + 0.05) for x, y in fold], 0.45)
    body.height -= (0.10 + 0.14 * face.age) * crease
    body.shade -= (0.07 + 0.11 * face.age) * crease
    body.height -= 0.12 * face.age * chart.ridges([(1.6, 0.75), (2.5, 1.35), (3.6, 1.55)], 0.25)


def _furrow_forehead(body: Body, frame: Frame, face: Likeness, rng: np.random.Generator) -> None:
    """Faint lines across the forehead, deeper with age; frown lines over the root of the nose."""
    lines = [
        (-3.6 - 0.95 * k + rng.uniform(-0.15, 0.15), rng.uniform(0.1, 0.45), rng.uniform(0.6, 1.1))
        for k in range(4)
    ]
    window = Window.around(frame, (0.0, -4.0), (5.0, 3.2))
    if window is None:
        return
    chart = window.chart
    height, shade = window.of(body.height), window.of(body.shade)
    for y, bow, strength in lines[: int(rng.integers(2, 5))]:
        y += 4.0
        line = [(-4.2, y + 0.5 * bow), (-2, y), (0, y + bow), (2, y), (4.2, y + 0.5 * bow)]
        wrinkle = (0.25 + face.age) * strength * chart.ridge(line, 0.085, 0.3)
        height -= 0.055 * wrinkle
        shade -= 0.075 * wrinkle
    frown = face.age * chart.ridges([(0.45, 2.8), (0.55, 1.8), (0.75, 1.0)], 0.09, 0.4)
    height -= 0.06 * frown
    shade -= 0.10 * frown
