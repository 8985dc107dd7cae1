"""The palm: eminences, main creases, flexion creases and pads; no nails."""

import numpy as np

from training.phantoms.anatomy.digits import Placed, finish_digits
from training.phantoms.anatomy.hand import solid_hand, some_hand
from training.phantoms.anatomy.joints import flexion_crease
from training.phantoms.anatomy.outlines import mound, spline, strokes, wavy
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import octaves
from training.phantoms.shapes import inside


def draw_palm(frame: Frame, rng: np.random.Generator) -> Body:
    """The palm: eminences, the main creases, flexion creases and pads; no nails."""
    hand = some_hand(rng)
    body, placed, distance = solid_hand(frame, hand)
    body.melanin *= rng.uniform(0.3, 0.4)
    body.blood += 0.1 + 0.03 * octaves(rng, frame.size, frame.cells(4), 2)
    _palm_relief(frame, body, distance)
    _palm_creases(frame, rng, body, distance)
    for each in placed:
        _palmar_finger(frame, rng, body, each)
    _wrist_creases(frame, rng, body, distance)
    finish_digits(frame, rng, body, distance)
    body.pores, body.lines = 0.0, 0.75
    return body


def _palm_relief(frame: Frame, body: Body, distance: Field) -> None:
    """Thenar and hypothenar eminences, the pads below the fingers, the hollow between them."""
    x, y = frame.x, frame.y
    thenar = mound(x, y, (-2.0, 5.4), (1.5, 2.6), -0.4, 1.3)
    hypothenar = mound(x, y, (2.5, 6.1), (1.25, 2.8), 0.1, 1.3)
    hollow = np.exp(-(((x - 0.2) / 1.6) ** 2) - ((y - 4.2) / 2.2) ** 2)
    pads = sum(np.exp(-3.0 * ((x - px) ** 2 + 0.8 * (y - py) ** 2)) for px, py in _pad_places())
    body.height += 0.95 * thenar + 0.7 * hypothenar
    body.height += 0.18 * pads - 0.45 * hollow
    soft = inside(distance + 0.3, frame.px_per_cm, 0.8)
    red = hypothenar + 0.8 * thenar + 0.8 * pads
    body.blood += 0.1 * red * soft - 0.04 * hollow


def _pad_places() -> list[tuple[float, float]]:
    return [(-1.85, 0.45), (0.35, 0.1), (2.3, 0.9)]


def _palm_creases(frame: Frame, rng: np.random.Generator, body: Body, distance: Field) -> None:
    """Thenar (life), proximal (head) and distal (heart) crease, and finer lines around them."""
    j = rng.normal(0, 0.22, 8)
    life = [(-3.9, 2.5 + j[0]), (-2.4, 2.7 + j[0]), (-0.9, 4.2 + j[1]), (-0.15, 6.4), (-0.2 + j[2], 8.6)]
    head = [(-3.8, 2.35 + j[0]), (-2.0, 2.5 + j[3]), (0.2, 3.5 + j[3]), (2.0, 4.7 + j[4]), (2.9, 5.6 + j[4])]
    heart = [(4.0, 2.9 + j[5]), (2.5, 2.75 + j[5]), (0.8, 2.2), (-0.5, 1.4 + j[6]), (-1.1, 0.3 + j[6])]
    main = [wavy(rng, spline(c), 0.05) for c in (life, head, heart)]
    fine = [_fine_line(rng) for _ in range(rng.integers(7, 14))]
    keep = inside(distance + 0.1, frame.px_per_cm, 0.3)
    fold = strokes(frame, main, 0.09, 0.05, fade=0.25) * keep
    soft = strokes(frame, main, 0.2, 0.22, fade=0.25) * keep
    minor = strokes(frame, fine, 0.05, 0.03, fade=0.4) * keep
    body.height -= 0.05 * fold + 0.08 * soft + 0.03 * minor
    body.shade *= (1 - 0.42 * np.minimum(fold, 1)) * (1 - 0.1 * np.minimum(soft, 1)) * (1 - 0.16 * minor)
    body.melanin *= 1 + 0.7 * np.minimum(fold, 1) + 0.2 * minor
    body.blood += 0.15 * np.minimum(fold, 1)


def _fine_line(rng: np.random.Generator) -> np.ndarray:
    """A short secondary line somewhere on the palm, mostly lengthwise or oblique."""
    x, y, angle = rng.uniform(-2.6, 3.0), rng.uniform(1.0, 8.5), rng.normal(1.5, 0.6)
    half = rng.uniform(0.6, 1.6) * np.array([np.cos(angle), np.sin(angle)])
    bow = rng.normal(0, 0.15, 2)
    return spline([(x - half[0], y - half[1]), (x + bow[0], y + bow[1]), (x + half[0], y + half[1])])


def _palmar_finger(frame: Frame, rng: np.random.Generator, body: Body, placed: Placed) -> None:
    """Flexion creases at each joint and at the root, soft pads between them, a rosy fingertip."""
    digit, w = placed.digit, placed.window
    thumb = digit.turn != 0
    joints = digit.joints if thumb else (0.2, *digit.joints)
    for joint in joints:
        flexion_crease(body, placed, joint, frame, rng.uniform(0.6, 1.0) * (0.4 if joint == 0.42 else 1))
        if joint == 0.47 or (joint == 0.2 and rng.random() < 0.5):
            flexion_crease(body, placed, joint + 0.018 + 0.01 * rng.random(), frame, rng.uniform(0.4, 0.8))
    pad = np.exp(-(((placed.along - digit.length + 0.95) / 0.8) ** 2) - 1.2 * placed.side**2)
    pad = pad * inside(placed.distance, frame.px_per_cm)
    body.height[w] += 0.12 * pad
    body.blood[w] += 0.14 * pad


def _wrist_creases(frame: Frame, rng: np.random.Generator, body: Body, distance: Field) -> None:
    """Two bracelet lines, below them ordinary forearm skin."""
    y = 9.3 + rng.normal(0, 0.1)
    lines = [
        spline([(-3.4, y + k), (-1.4, y + 0.25 + k), (1.2, y + 0.2 + k), (3.4, y - 0.1 + k)])
        for k in (0, 0.75)
    ]
    map_ = np.minimum(strokes(frame, lines, 0.08, 0.05), 1) * inside(distance, frame.px_per_cm)
    body.height -= 0.07 * map_
    body.shade *= 1 - 0.3 * map_
    forearm = np.clip((frame.y - y) / 0.9, 0, 1)
    body.melanin += (0.75 - body.melanin) * forearm
    body.blood *= 1 - 0.8 * forearm
