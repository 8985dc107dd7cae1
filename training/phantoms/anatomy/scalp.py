"""The hairy head from above and from behind: scalp with a parting or thin hair, and the nape."""

import numpy as np

from training.phantoms.anatomy.chart import Chart, Window, rise
from training.phantoms.anatomy.hairs import Hairs, hair_alpha
from training.phantoms.anatomy.headhair import strands
from training.phantoms.anatomy.layers import lay
from training.phantoms.anatomy.likeness import sample_hair
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import octaves, smooth_noise
from training.phantoms.shapes import inside


def draw_scalp(frame: Frame, rng: np.random.Generator) -> Body:
    """The crown from above: hair combed to both sides of a parting, the skin showing where it is thin."""
    chart = Chart.of(frame)
    low = chart.low()
    dome = chart.enlarged(np.asarray(-0.035 * (low.x**2 + 0.8 * low.y**2), np.float32))
    body = Body.bare(frame, frame.ones(), dome)
    bend, wide, thin = rng.uniform(-0.03, 0.03), rng.uniform(0.25, 0.9), rng.uniform(0, 1) ** 1.5
    parting = frame.x - bend * frame.y**2 + 0.08 * smooth_noise(rng, frame.size, frame.cells(1.2))
    bare = np.exp(-0.5 * (parting / wide) ** 2)
    bald = thin * chart.mound((rng.uniform(-1, 1), rng.uniform(-1.5, 1.5)), (2.6, 2.6)) * 1.5
    hair = np.clip(
        1.10 - bare - np.clip(bald, 0, 1) + 0.04 * octaves(rng, frame.size, frame.cells(1.5), 2), 0, 1
    )
    _comb(body, frame, np.asarray(parting, np.float32), np.asarray(hair, np.float32), rng)
    body.lines = 0.3
    return body


def _comb(body: Body, frame: Frame, parting: Field, hair: Field, rng: np.random.Generator) -> None:
    """Strands leave the parting sideways and bend back; single hairs cross the thin places."""
    colour = sample_hair(rng)
    out = np.abs(parting)
    across = 0.5 + (frame.y - 0.35 * out - 0.02 * out**2) / 26 * np.where(parting > 0, 1.0, 0.97)
    streak = strands(out / 12, across, rng)
    side = np.sign(parting)
    angle = np.arctan2(np.float32(0.35) + 0.05 * out, side).astype(np.float32)
    style = Hairs(length=2.2, width=0.012, curl=0.35, opacity=0.8, spread=0.22)
    singles = hair_alpha(frame, rng, np.clip(0.25 + hair, 0, 1), 1400, angle, style)
    sparse = 1 - hair  # where hair is thin, locks part and the skin shows between them
    thick = np.clip(hair * (0.97 + (0.04 + 0.5 * sparse) * streak), 0, 0.98)
    alpha = 1 - (1 - thick) * (1 - singles)
    lay(body, Window.whole(frame), alpha, colour, 1 + np.clip(0.3 + 0.5 * streak, -0.4, 1.4) * hair)
    body.height += hair * (0.25 + 0.05 * streak)
    body.shade *= 1 - 0.22 * hair * (1 - hair) * 4
    body.gloss *= 1 - 0.6 * hair
    body.lesion_area *= 1 - np.clip(1.25 * hair - 0.15, 0, 1)


def draw_nape(frame: Frame, rng: np.random.Generator) -> Body:
    """The back of the neck: hairline above, two muscle columns and the furrow between, shoulders below."""
    chart = Chart.of(frame)
    low = chart.low()
    w, slope = rng.uniform(5.0, 6.0), rng.uniform(-0.5, 1.0)
    right = [(0, -16), (w + 1.5, -16), (w + 1.2, -8), (w, -3.5), (w, -0.5), (w + 0.8, 2.0 + slope)]
    right += [(w + 3, 4.4 + slope), (w + 7, 6.2 + slope), (17, 8 + slope), (17, 17), (0, 17)]
    edge = chart.enlarged(low.symmetric(right))
    body = Body.bare(frame, inside(edge, frame.px_per_cm), chart.enlarged(_nape_form(low)))
    body.height += 3.8 * np.sqrt(1 - (1 - np.clip(-edge / 5.0, 0, 1)) ** 2)
    body.shade *= 0.7 + 0.3 * np.clip(-edge / 1.5, 0, 1)
    body.shade -= chart.enlarged(0.12 * low.ridge([(0, -6), (0, 2.5)], 0.6, 0.2))
    for y in (-1.4, 1.2):
        fold = chart.ridge([(-4.5, y - 0.5), (0, y + rng.uniform(-0.2, 0.4)), (4.5, y - 0.5)], 0.11, 0.35)
        body.height -= 0.06 * fold
        body.shade -= 0.09 * fold
    _nape_hair(body, frame, edge, rng)
    return body


def _nape_form(low: Chart) -> Field:
    form = 0.55 * low.pair((2.0, -2.5), (1.1, 4.0)) - 0.35 * low.ridge([(0, -8), (0, 2.5)], 0.7, 0.2)
    form += 0.45 * low.mound((0, 4.3), (0.9, 0.9)) + 0.25 * low.mound((0, 7.0), (0.8, 0.9))
    form += 0.6 * low.pair((5.5, 4.5), (2.6, 1.6), 0.5)
    return np.asarray(form, np.float32)


def _nape_hair(body: Body, frame: Frame, edge: Field, rng: np.random.Generator) -> None:
    """Hair that tapers to a V or a straight line."""
    colour, line = sample_hair(rng), rng.uniform(-3.6, -1.8)
    point = rng.uniform(-0.5, 0.9) * np.exp(-0.5 * (frame.x / 1.6) ** 2)
    above = (
        line + point + 0.02 * frame.x**2 - frame.y + 0.22 * smooth_noise(rng, frame.size, frame.cells(1.2))
    )
    hair = rise(above, 0.9) * (edge < 0.2)
    fringe = (np.exp(-0.5 * ((above + 0.1) / 0.7) ** 2) * (edge < 0)).astype(np.float32)
    angle = np.arctan2(np.float32(1) + 0 * frame.x, -0.12 * frame.x).astype(np.float32)
    style = Hairs(length=rng.uniform(0.4, 1.2), width=0.016, curl=0.4, spread=0.25)
    singles = hair_alpha(frame, rng, fringe, 2600, angle, style)
    streak = strands((frame.y + 10) / 30, 0.5 + frame.x / 22 * (1 - 0.02 * frame.y), rng)
    alpha = 1 - (1 - 0.96 * hair) * (1 - singles)
    lay(body, Window.whole(frame), alpha, colour, 1 + np.clip(0.3 + 0.5 * streak, -0.4, 1.3) * hair)
    body.height += np.asarray(hair * (0.3 + 0.05 * streak), np.float32)
    body.gloss *= 1 - 0.6 * np.asarray(hair, np.float32)
    body.lesion_area *= 1 - np.clip(1.6 * np.asarray(hair, np.float32), 0, 1)
