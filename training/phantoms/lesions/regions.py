"""Names for sets of sites, and regions of the face that some diseases keep to."""

from collections.abc import Callable

import numpy as np

from training.phantoms.anatomy.chart import Chart, moved
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import blur

FACE = frozenset(("face", "cheek", "forehead", "nose", "chin", "jaw", "lip", "eye"))
NECK = frozenset(("neck", "nape"))
TRUNK = frozenset(("chest", "back", "stomach", "shoulder", "waist", "buttock"))
ARMS = frozenset(("arm", "elbow", "wrist"))
LEGS = frozenset(("leg", "knee", "thigh", "ankle"))
HANDS = frozenset(("hand", "fingers"))
FEET = frozenset(("foot", "toe"))
PALMS_SOLES = frozenset(("palm", "sole"))
FOLDS = frozenset(("armpit", "groin"))
NAILS = frozenset(("fingernails", "toenails", "fingers", "toe"))
LIMBS = ARMS | LEGS
BODY = NECK | TRUNK | LIMBS | FOLDS
SKIN = FACE | BODY | HANDS | FEET | {"ear", "beard", "scalp"}
"""Everywhere but palms, soles, webs of the toes and nails."""
SUN = FACE | HANDS | {"neck", "chest", "arm", "ear", "shoulder", "wrist"}
"""Skin that sees the sun."""
EVERYWHERE = SKIN | PALMS_SOLES | {"between_toes"}

HAIRY = frozenset(("scalp",))
"""Where hair is parted to photograph a lesion."""
HEAD_HAIR = HAIRY | {"nape"}
"""Where hair covers what lies beneath; elsewhere skin shows between hairs."""

MIDDLE: dict[str, tuple[float, float]] = {
    "face": (0, 0.3),
    "cheek": (3.9, 3.7),
    "forehead": (0, -5.0),
    "nose": (0, 2.2),
    "lip": (0, 6.5),
    "eye": (3.3, -0.7),
    "chin": (0, 9.6),
    "jaw": (4.6, 7.4),
    "beard": (0, 7.6),
}
"""Middle of each picture of the head, cm from the point between the pupils."""

MIDLINE = frozenset(
    ("face", "forehead", "nose", "lip", "chin", "beard", "chest", "back", "stomach", "neck", "nape")
)
"""Sites whose picture has its left and right half about x = 0."""


def malar(chart: Chart) -> Field:
    """Cheeks and bridge of the nose, sparing the nasolabial folds: a butterfly."""
    wings = 1.5 * chart.pair((3.8, 2.4), (1.7, 1.0), -0.3)
    bridge = 1.2 * chart.mound((0, 0.9), (1.4, 0.75))
    spared = chart.ridges([(1.95, 3.3), (2.6, 4.6), (3.1, 6.4)], 0.4, 0.1)
    return np.asarray((wings + bridge) * (1 - 0.9 * spared), np.float32)


def melasma(chart: Chart) -> Field:
    """Forehead, cheekbones and upper lip."""
    cheeks = 1.2 * chart.pair((4.2, 2.4), (1.5, 1.2), -0.3)
    forehead = 1.1 * chart.pair((2.6, -4.6), (2.0, 0.9))
    lip = 0.9 * chart.pair((1.2, 5.2), (0.9, 0.35))
    return np.asarray(cheeks + forehead + lip + 0.6 * chart.mound((0, 9.4), (1.0, 0.7)), np.float32)


def eyelids(chart: Chart) -> Field:
    """Lids and the skin around the eyes."""
    return np.asarray(1.5 * chart.pair((3.15, -0.3), (1.5, 1.0)), np.float32)


def centre_of_face(chart: Chart) -> Field:
    """Brows, sides of the nose and the folds beside the mouth: where sebum is."""
    folds = 1.6 * chart.ridges([(1.5, 1.4), (2.0, 3.2), (2.6, 4.8)], 0.5, 0.1)
    brows = 1.1 * chart.pair((2.2, -2.3), (1.7, 0.5)) + 0.9 * chart.mound((0, -2.4), (0.9, 0.9))
    hairline = 0.9 * chart.ridge([(-5, -6.6), (0, -7.6), (5, -6.6)], 0.7, 0.1)
    return np.asarray(folds + brows + hairline, np.float32)


def mouth(chart: Chart) -> Field:
    """The border of the lips and the skin beside it."""
    ring = [(0, 5.2), (1.6, 5.5), (2.7, 6.5), (1.6, 7.5), (0, 7.8)]
    return np.asarray(1.3 * chart.ridges(ring, 0.42, 0.0), np.float32)


def sunlit(chart: Chart) -> Field:
    """Forehead, cheekbones, back of the nose, chin."""
    cheeks = 1.2 * chart.pair((4.3, 2.2), (1.8, 1.4))
    return np.asarray(
        cheeks
        + 1.2 * chart.mound((0, -4.8), (4.0, 1.6))
        + chart.mound((0, 1.2), (0.9, 1.6))
        + 0.8 * chart.mound((0, 9.4), (1.4, 0.9)),
        np.float32,
    )


FACIAL: dict[str, Callable[[Chart], Field]] = {
    "malar": malar,
    "melasma": melasma,
    "eyelids": eyelids,
    "seborrhoeic": centre_of_face,
    "mouth": mouth,
    "sunlit": sunlit,
}


def region(name: str, site: str, frame: Frame, body: Body) -> Field:
    """0..1 (a little above in the middle): how much each place belongs to a region.

    Beyond the face a facial region is the middle of the site."""
    if name == "folds":
        return folds(frame, body)
    if name in FACIAL and site in MIDDLE:
        return FACIAL[name](Chart.of(moved(frame, *MIDDLE[site])))
    reach = np.float32(0.27 * frame.usual_size / frame.px_per_cm)
    return np.asarray(1.4 * np.exp(-0.5 * (frame.x**2 + frame.y**2) / reach**2), np.float32)


def folds(frame: Frame, body: Body) -> Field:
    """Where skin lies on skin: dark lines and what is beside them."""
    dark = blur(np.asarray((1 - body.shade) * body.coverage, np.float32), 0.35 * frame.px_per_cm)
    level = float(np.quantile(dark[body.coverage > 0.5], 0.97)) if (body.coverage > 0.5).any() else 1.0
    return np.asarray(np.clip(1.4 * dark / max(level, 1e-3), 0, 1.4), np.float32)
