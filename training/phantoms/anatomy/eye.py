"""The eye in its socket: lids, lashes, iris and brow. Window coordinates: outer corner at +x, pupil at 0."""

import numpy as np

from training.phantoms.anatomy.chart import Window, rise
from training.phantoms.anatomy.hairs import DARKEST_HAIR, Hairs, hair_alpha
from training.phantoms.anatomy.layers import lay
from training.phantoms.anatomy.likeness import Likeness
from training.phantoms.body import Body, Field, Frame

PUPIL_TO_MIDLINE = 3.15
HALF_FISSURE = 1.52
SCLERA = (0.44, 0.405, 0.38)


def draw_eyes(body: Body, frame: Frame, face: Likeness) -> None:
    """Both eyes of a face whose pupils lie on y = 0."""
    for side in (-1.0, 1.0):
        window = Window.around(frame, (side * PUPIL_TO_MIDLINE, 0.0), (2.6, 2.2), side)
        if window is not None:
            _draw_eye(body, window, face)


def _draw_eye(body: Body, window: Window, face: Likeness) -> None:
    chart = window.chart
    upper, lower = _lid_margins(chart.x, face.lids)
    _sculpt_lids(body, window, upper, lower, face)
    between = rise(chart.y - upper, 0.05) * rise(lower - chart.y, 0.05) * (np.abs(chart.x) < HALF_FISSURE)
    if face.lids > 0:
        _fill_fissure(body, window, between, upper, face)
    _lash_line(body, window, upper, lower, face)
    guard = rise(chart.y - upper + 0.28, 0.12) * rise(lower - chart.y + 0.25, 0.12)
    guard = guard * rise(HALF_FISSURE + 0.25 - np.abs(chart.x), 0.12)
    window.of(body.lesion_area)[:] *= 1 - guard


def _lid_margins(x: Field, lids: float) -> tuple[Field, Field]:
    """Heights of the upper and the lower lid's margin; closed lids meet on a curve that sags."""
    across = np.clip(1 - (x / HALF_FISSURE) ** 2, 0, 1)
    tilt = -0.06 * x
    low = tilt + 0.40 * across**0.75 * (1 + 0.12 * x)
    high = tilt - 0.58 * lids * across**0.62 * (1 - 0.12 * x)
    return (np.asarray(high, np.float32), np.asarray(low, np.float32)) if lids > 0 else (low, low)


def _sculpt_lids(body: Body, window: Window, upper: Field, lower: Field, face: Likeness) -> None:
    """The eyeball's dome under the lids, the fold above it and the furrow below."""
    chart = window.chart
    x, y = chart.x, chart.y
    fade = np.exp(-((x / 1.75) ** 4))
    crease = np.asarray(upper - (0.34 if face.lids > 0 else 0.78) + 0.1 * (x / 1.5) ** 2, np.float32)
    fold = np.exp(-0.5 * ((y - crease) / 0.10) ** 2) * fade
    bag = np.exp(-0.5 * ((y - lower - 0.42 - 0.1 * x) / 0.14) ** 2) * np.exp(-(((x + 0.4) / 1.2) ** 4))
    ball = np.exp(-(((x / 1.35) ** 2 + ((y - 0.02) / 0.88) ** 2) ** 1.4))
    height, shade = window.of(body.height), window.of(body.shade)
    height[:] += 0.55 * ball - 0.10 * fold - 0.07 * (0.4 + face.age) * bag
    shade[:] -= 0.30 * fold + (0.06 + 0.10 * face.age) * bag
    shade[:] *= 1 - 0.22 * chart.mound((-1.75, -0.35), (0.5, 0.6))
    window.of(body.melanin)[:] += 0.10 * chart.mound((0, 0.3), (1.7, 1.0))


def _fill_fissure(body: Body, window: Window, between: Field, upper: Field, face: Likeness) -> None:
    chart = window.chart
    x, y = chart.x, chart.y
    under_lid = np.clip((y - upper) / 0.32, 0, 1)
    lay(body, window, between, SCLERA)
    window.of(body.shade)[:] *= 1 - between * (0.45 * (1 - under_lid) + 0.12)
    lay(body, window, between * chart.mound((-1.42, 0.1), (0.16, 0.2)), (0.42, 0.14, 0.12))
    r = np.hypot(x - 0.02, y + 0.08).astype(np.float32)
    lay(body, window, between * rise(0.58 - r, 0.06), face.iris)
    lay(body, window, 0.6 * between * np.exp(-0.5 * ((r - 0.56) / 0.06) ** 2), DARKEST_HAIR)
    lay(body, window, between * rise(0.22 - r, 0.05), (0.004, 0.004, 0.004))
    lay(body, window, 0.85 * between * chart.mound((0.14, -0.26), (0.075, 0.075)), (0.9, 0.9, 0.9))
    window.of(body.gloss)[:] += 1.5 * between


def _lash_line(body: Body, window: Window, upper: Field, lower: Field, face: Likeness) -> None:
    """A dark rim that thickens outwards, so that lashes read even where a lash is finer than a pixel."""
    chart = window.chart
    ends = np.clip((HALF_FISSURE + 0.1 - np.abs(chart.x)) / 0.2, 0, 1)
    width = np.maximum(0.055 + 0.025 * chart.x, 0.6 / chart.px_per_cm)
    margin = np.exp(-0.5 * ((chart.y - upper + 0.02) / width) ** 2) * ends
    lay(body, window, np.asarray(0.85 * margin, np.float32), DARKEST_HAIR)
    if face.lids > 0:
        rim = np.exp(-0.5 * ((chart.y - lower) / 0.06) ** 2) * ends
        lay(body, window, np.asarray(0.22 * rim, np.float32), DARKEST_HAIR)
        window.of(body.blood)[:] += 0.25 * rim


def draw_lashes(body: Body, frame: Frame, face: Likeness, rng: np.random.Generator) -> None:
    """Single lashes, for pictures near enough to show them."""
    for side in (-1.0, 1.0):
        window = Window.around(frame, (side * PUPIL_TO_MIDLINE, 0.0), (1.7, 1.0), side)
        if window is not None:
            _lashes_of_one_eye(body, frame, window, side, face, rng)


def _lashes_of_one_eye(
    body: Body, frame: Frame, window: Window, side: float, face: Likeness, rng: np.random.Generator
) -> None:
    x, y = window.chart.x, window.chart.y
    upper, _ = _lid_margins(x, face.lids)
    reach = (np.abs(x) < HALF_FISSURE) * (0.5 + 0.3 * x)
    sense = 1.0 if face.lids == 0 else -1.0
    root = np.asarray((np.abs(y - upper) < 0.06) * reach, np.float32)
    angle = np.arctan2(np.full_like(x, sense), (0.15 + 0.75 * x) * side).astype(np.float32)
    density = window.full(root, frame.x)
    style = Hairs(length=0.62, width=0.014, curl=0.35, opacity=0.85, spread=0.10)
    count = min(int(60 / max(float(density.mean()), 1e-4)), 30000)
    hairs = hair_alpha(frame, rng, density, count, window.full(angle, frame.x), style)
    near = Window.around(frame, (side * PUPIL_TO_MIDLINE, 0.0), (2.6, 2.0))
    if near is not None:
        lay(body, near, near.of(hairs), DARKEST_HAIR)


def draw_brows(body: Body, frame: Frame, face: Likeness, rng: np.random.Generator) -> None:
    """Eyebrows: thick and upright near the nose, thin and lying towards the temple."""
    lift = rng.uniform(-0.2, 0.25)
    window = Window.around(frame, (0.0, -2.1), (6.4, 1.6))
    if window is None:
        return
    chart, thick = window.chart, face.brows**0.5
    y = -0.1 - lift
    inner = chart.ridges([(1.35, 0.35), (2.2, y), (3.4, y - 0.2)], 0.25 * thick, 0.3)
    outer = chart.ridges([(2.4, y - 0.05), (3.9, y - 0.25), (5.3, 0.35)], 0.18 * thick, 0.35)
    density = np.clip(1.3 * np.maximum(inner, outer) - 0.12, 0, 1)
    whole = window.full(np.asarray(density, np.float32), frame.x)
    share = float(whole.mean())
    hairs = np.zeros(density.shape, np.float32)
    if share > 0.0005:
        ax = np.abs(frame.x)
        angle = np.arctan2(-1.3 + 0.42 * np.clip(ax - 1, 0, 4), np.ones_like(ax)).astype(np.float32)
        angle = np.asarray(np.where(frame.x < 0, np.float32(np.pi) - angle, angle), np.float32)
        style = Hairs(length=0.75, width=0.020, curl=0.35, opacity=0.8, spread=0.25)
        count = min(int(420 * face.brows / share), 30000)
        hairs = window.of(hair_alpha(frame, rng, whole, count, angle, style))
    lay(body, window, 1 - (1 - 0.40 * face.brows * density) * (1 - hairs), face.hair)
    window.of(body.lesion_area)[:] *= 1 - np.clip(1.5 * density, 0, 1)
