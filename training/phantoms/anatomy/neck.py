"""The neck from the front: jaw above, collar bones below; 12 cm wide."""

import numpy as np

from training.phantoms.anatomy.chart import Chart, rise
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import octaves
from training.phantoms.shapes import inside


def draw_neck(frame: Frame, rng: np.random.Generator) -> Body:
    """Jaw at the top, the two sternomastoid straps, larynx, rings, and the notch at the bottom."""
    chart, lean = Chart.of(frame), rng.uniform(0.5, 1.2)
    low = chart.low()
    edge = chart.enlarged(_column(low, rng))
    body = Body.bare(frame, inside(edge, frame.px_per_cm), chart.enlarged(_form(low, lean, rng)))
    deep = np.clip(-edge / 4.5, 0, 1)
    body.height += 3.6 * np.sqrt(1 - (1 - deep) ** 2)
    body.shade *= 0.7 + 0.3 * np.clip(-edge / 1.5, 0, 1)
    body.shade -= chart.enlarged(_hollows(low, lean))
    _skin_lines(body, chart, rng)
    _hang_jaw(body, chart, rng)
    body.height += 0.04 * octaves(rng, frame.size, frame.cells(5), 2)
    body.shade = np.clip(body.shade, 0.1, 1)
    body.pores, body.lines = 0.3, 0.7
    return body


def _column(low: Chart, rng: np.random.Generator) -> Field:
    """Distance to the outline: the column and the slope of trapezius to the shoulders."""
    w, slope = rng.uniform(5.2, 6.1), rng.uniform(-0.6, 0.8)
    right = [(0, -15), (w + 0.9, -15), (w + 0.7, -8), (w + 0.1, -4), (w, -0.5), (w + 0.5, 2.2 + slope)]
    right += [(w + 2.3, 4.2 + slope), (w + 5.5, 5.6 + slope), (16, 7 + slope), (17, 16), (0, 16)]
    return low.symmetric(right)


_STRAP = [(6.0, -7.0), (4.9, -3.5), (3.5, 0.5), (2.1, 4.2), (1.15, 6.7)]


def _form(low: Chart, lean: float, rng: np.random.Generator) -> Field:
    """Sternomastoids, larynx, clavicles and the hollows between them."""
    larynx, y = rng.uniform(0.15, 0.75), rng.uniform(-0.8, 0.4)
    bone = [(1.5, 7.0), (4.0, 6.9), (7.0, 6.2), (11, 5.6)]
    h = 0.55 * lean * low.ridges(_STRAP, 0.75, 0.12) + 0.3 * lean * low.ridges(
        [(2.6, 3.5), (3.6, 6.6)], 0.5, 0.3
    )
    h += larynx * low.mound((0, y), (0.85, 1.1)) + 0.2 * larynx * low.mound((0, y + 2.2), (1.2, 0.6))
    h -= 0.7 * low.mound((0, 6.9), (0.9, 1.0))
    h += lean * (0.8 * low.ridges(bone, 0.6, 0.1) - 0.6 * low.pair((5.6, 4.6), (1.6, 0.9), -0.2))
    h += 0.5 * low.pair((6.5, 3.2), (1.0, 1.6), 0.6)
    return np.asarray(h, np.float32)


def _hollows(low: Chart, lean: float) -> Field:
    beside = [(x - 1.15, y + 0.4) for x, y in _STRAP[1:]]
    dark = 0.10 * lean * low.ridges(beside, 0.55, 0.3) + 0.24 * low.mound((0, 6.8), (0.8, 0.9))
    dark += 0.20 * lean * low.pair((5.6, 4.6), (1.5, 0.8), -0.2)
    return np.asarray(dark, np.float32)


def _skin_lines(body: Body, chart: Chart, rng: np.random.Generator) -> None:
    """The rings of the neck, sagging in the middle."""
    depth = rng.uniform(0.4, 1.2)
    for y in (-2.4, 0.9, 3.4)[: int(rng.integers(2, 4))]:
        y += rng.uniform(-0.5, 0.5)
        sag = rng.uniform(0.2, 0.7)
        line = [(-5.5, y - 1.1), (-2.8, y - 0.2), (0.2, y + sag * 0.4), (2.8, y - 0.2), (5.5, y - 1.1)]
        ring = chart.ridge(line, 0.10, 0.3)
        body.height -= 0.07 * depth * ring
        body.shade -= 0.12 * depth * ring


def _hang_jaw(body: Body, chart: Chart, rng: np.random.Generator) -> None:
    """The lower face juts out above: a rounded border and its shadow on the throat."""
    chin, wide = rng.uniform(-5.4, -4.6), rng.uniform(5.2, 6.0)
    jaw = chart.symmetric(
        [(0, -18), (wide + 1, -17), (wide + 0.8, -9), (wide, -8), (4.0, -6.4), (2.0, chin - 0.25), (0, chin)]
    )
    front = rise(-jaw, 0.22)
    rounded_edge = 2.2 * np.sqrt(np.clip(1 - (1 - np.clip(-jaw / 2.2, 0, 1)) ** 2, 0, 1))
    chin_button = 0.45 * chart.mound((0, chin - 1.5), (1.3, 0.9))
    body.height += front * (0.9 + rounded_edge + chin_button)
    body.shade *= 1 - (1 - front) * 0.50 * np.exp(-np.clip(jaw, 0, 9) / 1.1)
