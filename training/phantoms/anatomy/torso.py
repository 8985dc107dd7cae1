"""The trunk: chest, back and abdomen from the front or behind, in centimetres from the middle of the part."""

import numpy as np

from training.phantoms.anatomy import SiteView
from training.phantoms.anatomy.chart import Chart, rise
from training.phantoms.anatomy.flanks import draw_buttock, draw_shoulder, draw_waist
from training.phantoms.anatomy.hairs import DARKEST_HAIR, Hairs, hair_alpha
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import octaves
from training.phantoms.shapes import inside


def draw_chest(frame: Frame, rng: np.random.Generator) -> Body:
    """The front of the chest from the root of the neck to below the pectoral muscles."""
    chart, muscle = Chart.of(frame), rng.uniform(0.5, 1.3)
    edge = np.abs(frame.x) - np.float32(rng.uniform(15.5, 19)) - 0.02 * (frame.y - 2) ** 2
    body = _trunk(frame, edge, rng)
    _collar_bones(body, chart, rng)
    _pectorals(body, chart, muscle, rng)
    body.height -= 0.22 * chart.ridge([(0, -8), (0.1, 0), (0, 9)], 0.75)
    body.shade -= 0.10 * chart.ridge([(0, -8), (0.1, 0), (0, 9)], 0.7)
    _ribs(body, chart, rng.uniform(0, 0.12))
    if rng.random() < 0.8:
        _nipples(body, chart, rng)
    if rng.random() < 0.35:
        _chest_hair(body, frame, chart, rng)
    return body


def draw_back(frame: Frame, rng: np.random.Generator) -> Body:
    """The back from the nape to the loins, with the spine's furrow and both shoulder blades."""
    chart, lean = Chart.of(frame), rng.uniform(0.5, 1.2)
    body = _trunk(frame, _back_outline(chart, rng), rng)
    _spine(body, chart, lean, rng)
    _shoulder_blades(body, chart, lean, rng)
    body.height += 0.5 * chart.pair((5.5, -12.0), (3.2, 3.0), 0.5)
    body.height += 0.35 * lean * chart.pair((3.2, 8.5), (1.7, 6.5))
    body.pores = 0.45
    return body


def draw_stomach(frame: Frame, rng: np.random.Generator) -> Body:
    """The abdomen from the costal arch to below the navel, with the waist at both sides."""
    chart, fat = Chart.of(frame), rng.uniform(0, 1)
    half = np.float32(rng.uniform(11.2, 13.2) + 1.2 * fat)
    waist = half + np.float32(0.013 * (1.2 - 1.7 * fat)) * (frame.y + 1) ** 2
    body = _trunk(frame, np.abs(frame.x) - waist, rng)
    _costal_arch(body, chart, 1.15 - 0.8 * fat)
    _belly(body, chart, fat)
    _navel(body, chart, fat, rng)
    if rng.random() < 0.4:
        midline = np.exp(-0.5 * (frame.x / 1.1) ** 2) * rise(frame.y - 3.2, 1.5)
        _body_hair(body, frame, midline, 900, np.full_like(frame.x, 1.57), rng)
    return body


def _trunk(frame: Frame, edge: Field, rng: np.random.Generator) -> Body:
    """A barrel with this outline, a little uneven as soft parts are; darker where it turns away."""
    inner = np.clip(-edge / 7.0, 0, 1)
    height = 5.0 * np.sqrt(1 - (1 - inner) ** 2) - 0.010 * frame.x**2
    body = Body.bare(frame, inside(edge, frame.px_per_cm), height)
    body.height += 0.08 * octaves(rng, frame.size, frame.cells(9), 2)
    body.shade *= 0.72 + 0.28 * np.clip(-edge / 2.0, 0, 1)
    body.pores, body.lines = 0.25, 0.5
    return body


def _collar_bones(body: Body, chart: Chart, rng: np.random.Generator) -> None:
    """S-shaped clavicles, the notch between them, hollows above and the neck's tendons."""
    lift, thin = rng.uniform(-1.2, 0.4), rng.uniform(0.55, 1.15)
    bone = [
        (1.7, -9.3),
        (4.5, -9.6),
        (7.5, -10.3 + 0.3 * lift),
        (10.5, -11.0 + 0.7 * lift),
        (15, -10.6 + lift),
    ]
    above = [(x + 0.4, y - 1.7) for x, y in bone[1:4]]
    below = [(x, y + 1.5) for x, y in bone[:4]]
    body.height += thin * (0.75 * chart.ridges(bone, 0.62, 0.12) - 0.55 * chart.ridges(above, 1.0, 0.4))
    body.height -= 0.2 * thin * chart.ridges(below, 0.8, 0.3)
    body.shade -= 0.20 * thin * chart.ridges(above, 0.9, 0.4) + 0.06 * chart.ridges(below, 0.5)
    body.height += 0.5 * chart.ridges([(1.2, -9.6), (2.2, -12.0), (4.2, -16)], 0.6, 0.1)
    body.height -= 0.75 * chart.mound((0, -9.7), (0.95, 0.8))
    body.shade -= 0.24 * chart.mound((0, -9.8), (0.85, 0.7))
    body.height += 0.3 * chart.pair((1.5, -9.2), (0.8, 0.6))


def _pectorals(body: Body, chart: Chart, muscle: float, rng: np.random.Generator) -> None:
    """Two flat cushions with a lower fold that climbs to the armpit, and the groove of the shoulder."""
    low = rng.uniform(5.6, 7.2)
    fold = [(1.6, low - 1.2), (4.5, low), (8.5, low - 0.3), (12, low - 2.6), (14.5, low - 6.5)]
    body.height += muscle * (
        0.9 * chart.pair((7.0, 0.3), (4.6, 4.4)) + 0.35 * chart.pair((8, 3.8), (4, 1.7), -0.2)
    )
    body.height -= 0.35 * muscle * chart.ridges([(x, y + 0.6) for x, y in fold], 0.6)
    body.shade -= 0.15 * muscle * chart.ridges([(x, y + 0.35) for x, y in fold], 0.4)
    groove = [(10, -9), (12, -5.5), (14, -1)]
    body.height -= 0.3 * muscle * chart.ridges(groove, 0.8)
    body.height += 0.6 * chart.pair((15.5, -6), (2.4, 4))
    body.shade -= 0.1 * chart.ridges(groove, 0.6)


def _ribs(body: Body, chart: Chart, strength: float) -> None:
    for y in (8.5, 11.3, 14.0):
        body.height += strength * chart.ridges([(3.5, y - 0.6), (8, y), (12.5, y - 2.2)], 0.6)


def _nipples(body: Body, chart: Chart, rng: np.random.Generator) -> None:
    """Areola and nipple; in men about 20 cm apart."""
    apart, y, radius = rng.uniform(8.8, 10.2), rng.uniform(2.6, 3.8), rng.uniform(0.95, 1.4)
    for side in (-1, 1):
        centre = (side * apart, y + rng.uniform(-0.2, 0.2))
        r = np.hypot(chart.x - centre[0], (chart.y - centre[1]) * 1.12).astype(np.float32)
        areola = 1 - rise(r - np.float32(radius), 0.16)
        body.melanin += 0.65 * areola
        body.blood += 0.22 * areola
        body.height += 0.05 * areola * (1 - areola) * 4 + 0.22 * np.exp(-0.5 * (r / 0.26) ** 4)
        body.shade -= 0.16 * np.exp(-0.5 * ((r - 0.36) / 0.10) ** 2)
        body.lesion_area *= 1 - areola


def _chest_hair(body: Body, frame: Frame, chart: Chart, rng: np.random.Generator) -> None:
    where = np.clip(0.8 * chart.pair((4.5, 0), (3.2, 3.2)) + chart.mound((0, 1), (1.8, 5)), 0, 1)
    flow = np.arctan2(1.0 + 0 * frame.y, -np.tanh(frame.x / 3)).astype(np.float32)
    _body_hair(body, frame, where, int(rng.uniform(500, 2200)), flow, rng)


def _body_hair(
    body: Body, frame: Frame, where: Field, count: int, angle: Field, rng: np.random.Generator
) -> None:
    style = Hairs(length=1.5, width=0.009, curl=1.3, opacity=0.7, spread=0.6)
    hair = hair_alpha(frame, rng, where, count, angle, style)
    body.cover(hair * body.coverage, DARKEST_HAIR)


def _back_outline(chart: Chart, rng: np.random.Generator) -> Field:
    """Distance to the outline of neck, shoulders, hanging arms and the trunk between them."""
    slope, broad, waist = rng.uniform(-0.8, 0.8), rng.uniform(-0.8, 1.2), rng.uniform(11.8, 13.8)
    right = [
        (5.6, -24),
        (5.7, -17),
        (6.3, -14.3),
        (9.5, -12.3 + 0.4 * slope),
        (13.5 + broad, -11.0 + slope),
        (17.3 + broad, -8.6 + slope),
        (19.5 + broad, -3.5),
        (21.5 + broad, 12),
        (17.2 + broad, 13),
        (14.6 + broad, 2.5),
        (13.8 + 0.3 * broad, 4.5),
        (waist + 0.3, 9),
        (waist, 13),
        (waist + 1, 24),
    ]
    return chart.outline(right + [(-x, y) for x, y in reversed(right)])


def _spine(body: Body, chart: Chart, lean: float, rng: np.random.Generator) -> None:
    """A furrow between the erector muscles, with a faint row of spinous processes in it."""
    sway = rng.uniform(-0.25, 0.25)
    line = [(0, -19), (0, -10), (sway, 0), (0, 9), (0, 19)]
    body.height -= (0.55 + 0.35 * lean) * chart.ridge(line, 1.05, 0)
    body.shade -= 0.20 * chart.ridge(line, 0.7, 0)
    for k, y in enumerate(np.arange(-13.5, 16, 2.7)):
        prominent = 1.6 if k == 0 else 0.55
        body.height += 0.28 * lean * prominent * chart.mound((sway * 0.5, float(y)), (0.55, 0.8))


def _shoulder_blades(body: Body, chart: Chart, lean: float, rng: np.random.Generator) -> None:
    """Medial border, inferior angle and spine of both scapulae."""
    out, down = rng.uniform(-0.6, 0.8), rng.uniform(-0.8, 0.8)
    border = [
        (6.2 + out, -7.5 + down),
        (6.0 + out, -3 + down),
        (6.9 + out, 1.2 + down),
        (8.6 + out, 3.6 + down),
    ]
    lower = [
        (6.9 + out, 1.2 + down),
        (8.6 + out, 3.8 + down),
        (11.2 + out, 1.4 + down),
        (13 + out, -1.5 + down),
    ]
    body.height += 0.8 * lean * chart.pair((9.4 + out, -1.4 + down), (2.5, 3.6), -0.35)
    body.height -= 0.34 * lean * chart.ridges([(x - 0.8, y + 0.2) for x, y in border], 0.7)
    body.height -= 0.3 * lean * chart.ridges([(x + 0.2, y + 0.9) for x, y in lower], 0.7)
    body.shade -= lean * (0.11 * chart.ridges([(x - 0.7, y) for x, y in border], 0.5))
    body.shade -= lean * 0.10 * chart.ridges([(x, y + 0.7) for x, y in lower], 0.5)
    body.height += 0.45 * lean * chart.ridges([(6.5 + out, -6.6), (10, -8.0), (14, -9.6)], 0.8)
    body.height += 0.8 * chart.pair((15.5, -6.5), (2.2, 3.4))


def _costal_arch(body: Body, chart: Chart, lean: float) -> None:
    """The rib margin: an inverted V from the xiphoid, and hints of ribs above it."""
    arch = [(0.6, -11.5), (2.6, -8.6), (5.5, -5.4), (8.5, -3.2), (11.5, -2.2)]
    body.height += lean * 0.5 * chart.ridges([(x + 0.5, y - 0.6) for x, y in arch], 0.8, 0.2)
    body.height -= lean * 0.4 * chart.ridges([(x - 0.3, y + 1.0) for x, y in arch], 0.9, 0.2)
    body.shade -= lean * 0.12 * chart.ridges([(x - 0.2, y + 0.7) for x, y in arch], 0.6, 0.2)
    for k in range(2):
        rib = [(4.5 + 2 * k, -9.8 + 1.9 * k), (8.5, -7.7 + 2.0 * k), (12.5, -6.8 + 2.2 * k)]
        body.height += 0.14 * lean * chart.ridges(rib, 0.55)


def _belly(body: Body, chart: Chart, fat: float) -> None:
    """Rectus muscles between the white line and the semilunar lines, or a soft round belly over them."""
    lean = max(0.0, 1 - 1.4 * fat)
    line = [(0, -10.5), (0.05, -4), (0, 1)]
    body.height -= (0.12 + 0.16 * lean) * chart.ridge(line, 0.55, 0.15)
    body.shade -= (0.05 + 0.08 * lean) * chart.ridge(line, 0.45, 0.15)
    half_moon = [(6.8, -5), (6.6, 0), (6.0, 5), (3.8, 11)]
    body.height -= (0.06 + 0.3 * lean) * chart.ridges(half_moon, 0.8)
    for y in (-5.6, -1.6):
        body.height -= 0.14 * lean * chart.ridges([(0.6, y), (3.2, y - 0.3), (6.2, y + 0.3)], 0.4)
    body.height += 2.4 * fat * chart.mound((0, 4.0), (7.5, 5.5))
    groin = [(12.5, 7), (9, 10.5), (5, 13.5)]
    body.height -= 0.45 * chart.ridges(groin, 0.9)
    body.shade -= 0.12 * chart.ridges(groin, 0.7)
    roll = [(-8.5, 9.2), (-4, 10.2), (0, 10.5), (4, 10.2), (8.5, 9.2)]
    body.height -= 0.4 * fat * chart.ridge(roll, 0.5)
    body.shade -= 0.3 * fat * chart.ridge(roll, 0.3)


def _navel(body: Body, chart: Chart, fat: float, rng: np.random.Generator) -> None:
    """A pit with a hooded upper rim: upright in the lean, across in the stout."""
    wide = 0.34 + 0.42 * fat + rng.uniform(0, 0.2)
    tall = 0.75 - 0.30 * fat + rng.uniform(0, 0.2)
    y = 2.2
    rim = chart.mound((0, y), (wide * 2.0, tall * 2.0))
    pit = np.exp(-0.5 * ((chart.x / wide) ** 2 + ((chart.y - y - 0.1) / tall) ** 2) ** 2).astype(np.float32)
    body.height += 0.30 * rim - 0.95 * pit
    hood = [(-wide * 1.3, y + 0.05), (0, y - tall * 1.15), (wide * 1.3, y + 0.05)]
    body.height += 0.22 * chart.ridge(hood, 0.22)
    core = np.exp(-0.5 * ((chart.x / wide) ** 2 + ((chart.y - y + 0.1) / (tall * 0.8)) ** 2) ** 1.5)
    body.shade *= 1 - 0.72 * core.astype(np.float32)
    body.melanin += 0.25 * pit
    body.lesion_area *= 1 - pit


TORSO_SITES: dict[str, SiteView] = {
    "chest": SiteView(draw_chest, 28.0, 8.0, reach=1.5),
    "back": SiteView(draw_back, 31.0, 8.0, reach=1.25),
    "stomach": SiteView(draw_stomach, 26.0, 8.0, reach=1.5),
    "shoulder": SiteView(draw_shoulder, 20.0, 10.0, reach=1.4),
    "waist": SiteView(draw_waist, 24.0, 8.0, reach=1.3),
    "buttock": SiteView(draw_buttock, 32.0, 8.0, reach=1.15),
}
