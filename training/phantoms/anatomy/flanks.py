"""Shoulder, waist, groin and buttocks: the trunk's edges and lower parts, in centimetres."""

import math

import numpy as np

from training.phantoms.anatomy.chart import Chart
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import octaves
from training.phantoms.shapes import inside


def draw_shoulder(frame: Frame, rng: np.random.Generator) -> Body:
    """One shoulder from the front: deltoid, end of the collar bone, armpit fold, upper arm hanging down."""
    chart = Chart.of(frame)
    low, lean = chart.low(), rng.uniform(0.6, 1.2)
    wide, slope = rng.uniform(-0.6, 0.8), rng.uniform(-0.6, 0.6)
    outline = [(-16, -9.5), (-9, -7.6 + slope), (-3, -6.2 + slope), (2.0, -5.4 + slope), (5.6 + wide, -3.4)]
    outline += [(7.3 + wide, 0.5), (7.6 + wide, 5), (7.1 + wide, 16), (0.2, 16), (-0.2, 9), (-1.2, 6.0)]
    outline += [(-2.0, 8), (-2.6, 12), (-3.2, 17), (-16, 17)]
    body = _rounded(frame, chart, low.outline(outline), 4.6, rng)
    bone = [(-13, -4.8 + slope), (-8, -5.0 + slope), (-3, -4.7 + slope), (0.6, -4.3 + slope)]
    h = lean * (0.6 * low.ridge(bone, 0.6, 0.15) - 0.4 * low.ridge([(x, y + 1.5) for x, y in bone[:3]], 0.9))
    h += 0.35 * low.mound((1.6, -4.0 + slope), (0.8, 0.7)) + 0.5 * lean * low.mound(
        (3.8, 1.5), (2.4, 4.0), 0.1
    )
    groove = [(-3.2, -3.0), (-2.2, 0.8), (-1.5, 4.5)]
    h -= 0.5 * lean * low.ridge(groove, 0.8, 0.2) + 0.3 * lean * low.ridge(
        [(2.2, 6.6), (4.4, 9), (5, 13)], 0.7
    )
    h += 0.8 * low.mound((-7.5, 4.0), (3.5, 3.2))
    body.height += chart.enlarged(np.asarray(h, np.float32))
    fold = chart.ridge([(-2.2, 2.4), (-1.6, 4.6), (-1.2, 7.2)], 0.30, 0.25)
    body.height -= 0.5 * fold
    body.shade -= 0.30 * fold + chart.enlarged(0.14 * low.ridge(groove, 0.6, 0.2))
    return _finished(body)


def draw_waist(frame: Frame, rng: np.random.Generator) -> Body:
    """The flank from behind and the side: rib border, the narrow of the waist, hip crest with its dimple."""
    chart = Chart.of(frame)
    low, fat = chart.low(), rng.uniform(0, 1)
    deep = rng.uniform(1.2, 3.0) * (1 - 0.8 * fat)
    right = [
        (8.5, -17),
        (8.0, -9),
        (7.6 - 0.6 * deep, -4.5),
        (7.2 - deep, 0),
        (7.8 - 0.4 * deep, 4),
        (9.6, 9),
    ]
    outline = [*right, (10.2, 17), (-19, 17), (-19, -17)]
    body = _rounded(frame, chart, low.outline(outline), 6.0, rng)
    h = 0.35 * (1 - fat) * low.ridge([(7, -6.8), (2, -5.2), (-3, -7.5)], 0.8)
    for k in range(2):
        rib = [(8, -9.5 - 2.4 * k), (3, -8.2 - 2.4 * k), (-2, -10.5 - 2.4 * k)]
        h += 0.22 * (1 - fat) * low.ridge(rib, 0.7)
    crest = [(9, 4.6), (4, 3.4), (-1, 4.6), (-4.5, 7.5)]
    h += 0.45 * low.ridge(crest, 1.0) - 0.4 * low.ridge([(x, y - 1.8) for x, y in crest], 1.0)
    h += 1.3 * fat * (low.mound((4.0, 1.8), (4, 1.6), 0.15) + low.mound((4.0, -3.2), (4, 1.5), -0.1))
    h -= 0.7 * low.ridge([(-9, -16), (-9.2, 0), (-8.6, 12)], 1.3, 0)
    body.height += chart.enlarged(np.asarray(h, np.float32))
    crease = chart.ridge([(8.5, -1.2), (4, -0.6), (-1.5, -1.4)], 0.25, 0.3)
    body.height -= 0.5 * fat * crease
    body.shade -= 0.35 * fat * crease
    body.shade -= chart.enlarged(0.09 * low.ridge([(-9, -16), (-9.2, 0), (-8.6, 12)], 1.0, 0))
    return _finished(body)


def draw_buttock(frame: Frame, rng: np.random.Generator) -> Body:
    """Both buttocks from behind: the cleft, the folds beneath, the sacral dimples, the thighs."""
    chart = Chart.of(frame)
    low, full = chart.low(), rng.uniform(0.7, 1.25)
    w = rng.uniform(14.0, 16.5)
    right = [
        (0, -22),
        (w - 3.0, -22),
        (w - 2.6, -12),
        (w - 0.6, -5),
        (w, 1),
        (w - 0.7, 7),
        (w - 1.4, 22),
        (0, 22),
    ]
    body = _rounded(frame, chart, low.symmetric(right), 7.0, rng)
    h = full * 3.4 * low.pair((6.6, 1.2), (4.3, 4.9), -0.15) - 0.6 * low.ridge([(0, -20), (0, -8)], 0.9, 0)
    h -= 0.35 * low.pair((3.6, -8.2), (0.7, 0.6)) + 1.2 * full * low.ridge(
        [(0, -5.5), (0, 2), (0, 8)], 0.9, 0.2
    )
    under = [(1.0, 7.6), (4.5, 8.6), (8.5, 8.2), (11.5, 6.6)]
    h -= 0.6 * low.ridges(under, 0.9, 0.25)
    body.height += chart.enlarged(np.asarray(h, np.float32))
    cleft = chart.ridge([(0, -6.0), (0, 1), (0, 8), (0, 22)], 0.34, 0.12)
    fold = chart.ridges(under, 0.30, 0.3)
    body.height -= 0.7 * cleft + 0.35 * fold
    body.shade -= 0.62 * cleft + 0.34 * full * fold
    body.shade -= chart.enlarged(0.10 * low.pair((3.6, -8.2), (0.6, 0.5)))
    body.melanin += 0.25 * chart.ridge([(0, -6), (0, 10)], 1.0, 0.2)
    body.lesion_area *= 1 - np.clip(1.4 * cleft, 0, 1)
    return _finished(body)


def _rounded(frame: Frame, chart: Chart, coarse_edge: Field, depth: float, rng: np.random.Generator) -> Body:
    """A body that turns away within ``depth`` cm of its outline (given on the coarse grid)."""
    edge = chart.enlarged(coarse_edge)
    turn = np.clip(-edge / depth, 0, 1)
    form = 0.8 * depth * np.sqrt(1 - (1 - turn) ** 2) - 0.006 * (frame.x**2 + frame.y**2)
    body = Body.bare(frame, inside(edge, frame.px_per_cm), form)
    body.height += 0.07 * octaves(rng, frame.size, frame.cells(math.tau), 2)
    body.shade *= 0.72 + 0.28 * np.clip(-edge / 1.8, 0, 1)
    return body


def _finished(body: Body) -> Body:
    body.shade = np.clip(body.shade, 0.08, 1).astype(np.float32)
    body.pores, body.lines = 0.25, 0.5
    return body
