"""The ear from the side, 6.3 by 3.6 cm; the face lies at -x, the back of the head at +x."""

import numpy as np

from training.phantoms.anatomy.chart import Chart, Point, Window, moved, rise
from training.phantoms.anatomy.hairs import Hairs, hair_alpha
from training.phantoms.anatomy.headhair import strands
from training.phantoms.anatomy.layers import lay
from training.phantoms.anatomy.likeness import sample_likeness
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import octaves, smooth_noise
from training.phantoms.shapes import inside


def draw_ear(frame: Frame, rng: np.random.Generator) -> Body:
    """The auricle with the cheek before it, hair above and behind, the neck below."""
    frame = moved(frame, rng.uniform(-0.3, 0.3), 0.0)
    chart = Chart.of(frame)
    shell = chart.outline(_auricle(rng))
    body = _side_of_head(frame, chart, shell, rng)
    _draw_hair(body, frame, shell, rng)
    _raise_auricle(body, frame, chart, shell)
    _carve(body, chart, shell, rng)
    body.shade = np.clip(body.shade, 0.06, 1)
    body.pores, body.lines = 0.35, 0.35
    return body


def _auricle(rng: np.random.Generator) -> list[Point]:
    """Landmarks of the ear's outline, from the root of the helix over the top to the lobe."""
    wide, lobe = rng.uniform(0.92, 1.1), rng.uniform(-0.25, 0.4)
    right = [
        (-1.15, -0.9),
        (-1.3, -2.0),
        (-0.75, -2.95),
        (0.35, -3.25),
        (1.4, -2.8),
        (1.95, -1.7),
        (1.95, -0.4),
    ]
    right += [
        (1.6, 0.8),
        (1.05, 1.7),
        (0.65, 2.55),
        (0.05, 3.1 + lobe),
        (-0.75, 3.0 + 0.8 * lobe),
        (-1.2, 2.3),
    ]
    right += [(-1.15, 1.4), (-1.2, 0.4)]
    return [(x * wide, y) for x, y in right]


def _side_of_head(frame: Frame, chart: Chart, shell: Field, rng: np.random.Generator) -> Body:
    """Cheek and jaw before the ear, the hollow behind it, all in the auricle's soft shadow."""
    low = chart.low()
    form = -0.012 * (low.x**2 + low.y**2) + 0.55 * low.mound((-4.2, 0.6), (2.2, 1.5))
    jaw = low.ridge([(-0.9, 3.2), (-1.4, 5.0), (-3.4, 7.0)], 0.7, 0.1)
    form += 0.35 * jaw - 0.8 * low.mound((1.2, 4.6), (1.8, 1.7)) - 0.30 * low.mound((-1.9, 0.6), (0.5, 1.6))
    body = Body.bare(frame, frame.ones(), chart.enlarged(np.asarray(form, np.float32)))
    body.height += 0.05 * octaves(rng, frame.size, frame.cells(3), 2)
    behind = rise(frame.x - 0.2, 1.0)
    near = np.exp(-np.clip(shell, 0, 9) / 0.55)
    body.shade *= 1 - near * (0.14 + 0.40 * behind)
    body.shade -= chart.enlarged(0.14 * low.mound((1.2, 4.6), (1.6, 1.5)))
    body.blood += 0.05
    return body


def _draw_hair(body: Body, frame: Frame, shell: Field, rng: np.random.Generator) -> None:
    """Hair above and behind, with a sideburn before the ear; shaved, short or combed over."""
    face = sample_likeness(rng)
    low_edge = rng.uniform(1.2, 3.6)
    above = -2.6 - frame.y + 0.10 * (frame.x + 1) ** 2 * (frame.x < -1)
    behind = np.minimum(frame.x - 2.0 + 0.05 * frame.y, low_edge - frame.y)
    burn = np.minimum(0.55 - np.abs(frame.x + 2.35 - 0.05 * frame.y), rng.uniform(-0.8, 1.6) - frame.y)
    grown = np.maximum(np.maximum(above, behind), burn) + 0.16 * smooth_noise(
        rng, frame.size, frame.cells(0.9)
    )
    dense = np.float32(0.5 if face.hair_style == "shaved" else 0.96)
    hair = rise(np.asarray(grown, np.float32), 0.45)
    angle = np.arctan2(np.float32(1.2) + 0 * frame.x, 0.9 + 0.35 * frame.x).astype(np.float32)
    long = 0.35 if face.hair_style == "shaved" else 1.5
    edge = (hair * (1 - 0.75 * rise(np.asarray(grown - 0.9, np.float32), 0.4))).astype(np.float32)
    hairs = hair_alpha(frame, rng, edge, 1600, angle, Hairs(length=long, width=0.016, curl=0.5, spread=0.3))
    streak = strands((frame.x + 6) / 30 + 0 * frame.y, (frame.y - 0.75 * frame.x + 9) / 18, rng)
    alpha = 1 - (1 - dense * hair) * (1 - hairs)
    lay(body, Window.whole(frame), alpha, face.hair, 1 + np.clip(0.3 + 0.5 * streak, -0.4, 1.3) * hair)
    body.height += hair * (0.15 + 0.05 * streak)
    body.gloss *= 1 - 0.6 * hair
    body.lesion_area *= 1 - np.clip(1.6 * alpha, 0, 1)


def _raise_auricle(body: Body, frame: Frame, chart: Chart, shell: Field) -> None:
    """A plate that stands off the head at the back and covers the hair behind it."""
    plate = inside(shell, frame.px_per_cm)
    body.paint *= (1 - plate)[..., None]
    body.paint_alpha *= 1 - plate
    body.lesion_area = np.maximum(body.lesion_area, plate)
    tilt = 0.55 + 0.26 * (chart.x + 1.2) + 0.10 * chart.y
    ground = -0.02 * chart.x**2
    rounded_edge = 0.45 * np.sqrt(np.clip(1 - (1 - np.clip(-shell / 0.45, 0, 1)) ** 2, 0, 1))
    root = rise(chart.x + 1.25 - 0.15 * np.abs(chart.y), 0.6)  # grown to the cheek in front
    body.height += plate * root * (np.clip(tilt, 0.2, 1.6) - 0.3 + ground + rounded_edge)
    body.shade = body.shade * (1 - plate) + plate
    body.gloss = body.gloss * (1 - plate) + plate
    body.blood += 0.12 * plate


def _carve(body: Body, chart: Chart, shell: Field, rng: np.random.Generator) -> None:
    """Helix, scapha, the antihelix with its two legs, concha, canal, tragus and lobe."""
    rim = rise(0.9 - chart.y, 0.8) * rise(chart.x + 1.0 + 0.25 * np.clip(-chart.y, 0, 3), 0.3)
    helix = np.exp(-0.5 * ((shell + 0.27) / 0.17) ** 2) * rim
    scapha = np.exp(-0.5 * ((shell + 0.66) / 0.17) ** 2) * rim
    crus = chart.ridge([(-1.25, -1.7), (-1.05, -0.95), (-0.55, -0.4), (0.0, -0.3)], 0.17, 0.2)
    strength = rng.uniform(0.8, 1.2)
    stem = [(-0.25, 1.45), (0.45, 1.15), (0.92, 0.4), (0.98, -0.5), (0.72, -1.2)]
    ridge = chart.ridge([*stem, (0.45, -1.8), (0.25, -2.35)], 0.24, 0.12)
    leg = chart.ridge([(0.80, -1.0), (0.2, -1.35), (-0.5, -1.45)], 0.19, 0.15)
    fossa = chart.mound((-0.12, -1.85), (0.34, 0.26), 0.4)
    bowl = 1 - rise(chart.outline(_CONCHA) + 0.05, 0.28)
    canal = chart.mound((-0.78, 0.42), (0.24, 0.30))
    tragus = chart.mound((-1.08, 0.5), (0.25, 0.40), 0.2)
    antitragus = chart.mound((-0.22, 1.42), (0.34, 0.22), 0.3)
    notch = chart.mound((-0.72, 1.22), (0.16, 0.26), 0.4)
    h = 0.42 * helix - 0.22 * scapha + 0.26 * crus + strength * (0.34 * ridge + 0.22 * leg) - 0.18 * fossa
    h += -0.85 * bowl - 0.5 * canal + 0.62 * tragus + 0.36 * antitragus - 0.3 * notch
    h += 0.18 * chart.mound((-0.25, 2.45), (0.6, 0.5))
    body.height += np.asarray(h, np.float32)
    body.shade -= 0.26 * scapha + 0.22 * fossa + 0.22 * notch
    body.shade *= 1 - bowl * (1 - np.clip(crus + tragus, 0, 1)) * (0.42 + 0.1 * np.clip(-chart.x, 0, 1))
    body.shade *= 1 - 0.85 * canal * (1 - 0.9 * np.clip(tragus * 1.2, 0, 1))
    body.blood += 0.10 * helix + 0.08 * bowl
    body.lesion_area *= 1 - np.clip(1.5 * canal, 0, 1)


_CONCHA: list[Point] = [
    (-1.0, -0.1), (-0.75, -0.85), (-0.1, -1.1), (0.5, -0.8), (0.72, -0.1), (0.62, 0.5), (0.2, 0.98),
    (-0.4, 1.12), (-0.85, 0.95),
]  # fmt: skip
