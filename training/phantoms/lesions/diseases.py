"""Diseases, each composed of primary lesions, an arrangement and secondary changes.

Morphology follows the standard descriptions: acne vulgaris as comedones, papules, pustules and nodules;
eczema as ill-defined red to brown patches with papulovesicles, scale, scratches and lichenification; tinea as
annular plaques with a raised scaly border and a clearing centre.
"""

from collections.abc import Callable

import numpy as np

from training.phantoms.body import Body, Field, Frame, Marks
from training.phantoms.lesions import primary, secondary
from training.phantoms.lesions.degrees import BY_CHANCE, Degree
from training.phantoms.lesions.placement import area_cm2, centres, scattered
from training.phantoms.noise import octaves

ACNE = (0.34, 0.26, 0.19, 0.09, 0.12)
ACNE_STEPS = ((0.20, 0.07, 0.36, 0.21, 0.16), ACNE, (0.36, 0.38, 0.10, 0.04, 0.12))
"""Shares of ``_acne_lesion``'s kinds: by chance, and from mild to severe."""

Draw = Callable[[Frame, Body, np.random.Generator, Degree], Marks]


def draw_clear(frame: Frame, body: Body, rng: np.random.Generator, degree: Degree = BY_CHANCE) -> Marks:
    """Skin without a rash."""
    return Marks.none(frame)


def draw_acne(frame: Frame, body: Body, rng: np.random.Generator, degree: Degree = BY_CHANCE) -> Marks:
    """Comedones, papules, pustules, a nodule or two, and the spots earlier ones left."""
    marks = Marks.none(frame)
    severity = degree.chosen(rng.uniform(0.45, 1.0), 0.30, 1.0)
    visible = float(body.lesion_area.mean()) * frame.size**2 / 256**2
    by_chance = severity * (14 + 60 * visible) * rng.uniform(0.75, 1.15)
    count = int(
        np.clip(by_chance * degree.number / frame.nearness, 9 * min(1, degree.number), 60 * degree.number)
    )
    places = scattered(frame, body, rng, count, clumped=0.55)
    kinds = rng.choice(5, size=count, p=_acne_kinds(degree))
    size = max(0.34, 6.0 * frame.nearness / frame.px_per_cm)
    for place, kind in zip(places, kinds, strict=True):
        _acne_lesion(frame, marks, place, int(kind), size * rng.uniform(0.8, 1.6), rng)
    for place in scattered(frame, body, rng, _acne_nodules(severity, degree, rng), 0.4):
        primary.nodule(frame, marks, place, size * rng.uniform(2.2, 3.2), rng.uniform(0.7, 1.0), rng)
    return marks


def _acne_kinds(degree: Degree) -> tuple[float, ...]:
    """Shares of papules, pustules, open and closed comedones, and spots: comedones when mild, then pus."""
    if degree.level is None:
        return ACNE
    shares = np.array(
        [np.interp(degree.level, (0, 0.5, 1), steps) for steps in zip(*ACNE_STEPS, strict=True)]
    )
    return tuple(shares / shares.sum())


def _acne_nodules(severity: float, degree: Degree, rng: np.random.Generator) -> int:
    by_chance = int(rng.integers(0, 3)) if severity > 0.7 else 0
    return by_chance if degree.level is None else round(max(0.0, degree.level - 0.5) * 10)


def _acne_lesion(
    frame: Frame, marks: Marks, place: Field, kind: int, size: float, rng: np.random.Generator
) -> None:
    redness = rng.uniform(0.75, 1.15)
    match kind:
        case 0:
            primary.papule(frame, marks, place, size, redness, rng)
        case 1:
            primary.pustule(frame, marks, place, size * 1.15, redness, rng)
        case 2:
            primary.open_comedo(frame, marks, place, size * 0.55, rng)
        case 3:
            primary.closed_comedo(frame, marks, place, size * 0.6, rng)
        case _:
            primary.macule(frame, marks, place, size, rng.uniform(0.2, 0.55), rng)


def draw_eczema(frame: Frame, body: Body, rng: np.random.Generator, degree: Degree = BY_CHANCE) -> Marks:
    """One to three ill-defined scaly patches; acute ones with vesicles and oozing, old ones lichenified."""
    marks = Marks.none(frame)
    count = degree.counted(int(rng.choice((1, 2, 3), p=(0.4, 0.4, 0.2))), 1, 3)
    radius = _large_radius_px(frame, body, rng, degree) * (1.25 if count == 1 else 1.0)
    chronic = rng.random()
    for place in centres(frame, body, rng, count, radius):
        extent = primary.patch(
            frame, place, radius * rng.uniform(0.8, 1.2), rng, ragged=0.30, soft=rng.uniform(0.5, 0.9)
        )
        _eczema_patch(frame, marks, extent, chronic, rng)
    return marks


def _eczema_patch(
    frame: Frame, marks: Marks, extent: Field, chronic: float, rng: np.random.Generator
) -> None:
    uneven = np.clip(0.85 + 0.20 * octaves(rng, frame.size, frame.cells(0.6), 3, 0.6), 0.15, 1.5)
    np.maximum(marks.blood, rng.uniform(0.55, 0.95) * extent * uneven, out=marks.blood)
    marks.melanin += 0.12 * chronic * extent
    marks.height += 0.04 * extent * uneven
    np.maximum(marks.mask, extent, out=marks.mask)
    grains = np.clip(octaves(rng, frame.size, frame.cells(max(0.22, 3.2 / frame.px_per_cm)), 1) - 0.7, 0, 1.5)
    marks.height += 0.022 * grains * extent  # papulovesicles too small to be drawn one by one
    marks.blood += 0.28 * grains * extent
    secondary.scaled(frame, marks, 0.8 * extent, rng.uniform(0.08, 0.22), rng, 0.16)
    if chronic > 0.45:
        secondary.lichenified(frame, marks, extent, rng.uniform(0.6, 1.2), rng)
        secondary.scratched(frame, marks, extent, int(rng.integers(3, 10)), rng)
    else:
        secondary.crusted(frame, marks, extent, rng.uniform(0.01, 0.05), rng)
        np.maximum(marks.wet, 0.35 * extent, out=marks.wet)


def draw_tinea(frame: Frame, body: Body, rng: np.random.Generator, degree: Degree = BY_CHANCE) -> Marks:
    """One to three rings, sometimes running into each other."""
    marks = Marks.none(frame)
    count = degree.counted(int(rng.choice((1, 2, 3), p=(0.55, 0.3, 0.15))), 1, 3)
    radius = _large_radius_px(frame, body, rng, degree) * (1.1, 0.85, 0.72)[count - 1]
    places = centres(frame, body, rng, count, radius)
    rings = [
        primary.radial(frame, place, radius * rng.uniform(0.85, 1.15), rng, ragged=rng.uniform(0.04, 0.11))
        for place in places
    ]
    merged = np.minimum.reduce(rings)  # neighbours become one polycyclic plaque
    _annular_plaque(frame, marks, merged, radius, rng)
    return marks


def _annular_plaque(frame: Frame, marks: Marks, r: Field, radius: float, rng: np.random.Generator) -> None:
    """Border of about 0.25 cm: red, raised, scaly inside its crest; the centre nearly clears."""
    width = np.clip(max(0.26 * frame.px_per_cm, 3.4) / radius * rng.uniform(0.85, 1.3), 0.09, 0.30)
    broken = np.clip(0.85 + 0.30 * octaves(rng, frame.size, frame.cells(1.1), 2), 0.30, 1.2)
    outside = np.maximum(r - 1, 0)
    border = np.exp(-0.5 * ((r - 1) / (0.55 * width)) ** 2 - 60 * outside**2).astype(np.float32) * broken
    inner = (1 / (1 + np.exp(np.clip((r - 0.95) / 0.04, -30, 30)))).astype(np.float32)
    np.maximum(marks.blood, rng.uniform(0.85, 1.15) * border, out=marks.blood)
    marks.blood += inner * rng.uniform(0.10, 0.28)
    marks.melanin += inner * rng.uniform(0.05, 0.22) + 0.15 * border
    marks.deep += 0.2 * border
    marks.height += 0.085 * border
    np.maximum(marks.mask, np.clip(1.5 * border + inner, 0, 1), out=marks.mask)
    crest = np.exp(-0.5 * ((r - 1 + 0.75 * width) / (0.6 * width)) ** 2).astype(np.float32)
    secondary.scaled(frame, marks, np.clip(crest * broken, 0, 1), rng.uniform(0.30, 0.55), rng, 0.12)
    secondary.scaled(frame, marks, 0.6 * inner, rng.uniform(0.02, 0.07), rng, 0.12)
    beads = np.clip(octaves(rng, frame.size, frame.cells(max(0.28, 3.5 / frame.px_per_cm)), 1) - 0.6, 0, 1.2)
    marks.height += 0.05 * beads * border


def _large_radius_px(frame: Frame, body: Body, rng: np.random.Generator, degree: Degree) -> float:
    """Radius of a patch or ring: 1.2-3.6 cm, fitted to the skin in view so that most of it is seen."""
    near = frame.nearness
    fitted = 0.30 * np.sqrt(max(area_cm2(frame, body) * near**2, 4.0))
    centimetres = np.clip(fitted * rng.uniform(0.75, 1.2), 0.9, 5.0)
    return float(np.clip(centimetres * frame.px_per_cm, 17 * near, 62 * near)) * degree.extent


RASHES: dict[str, Draw] = {
    "clear": draw_clear,
    "acne": draw_acne,
    "eczema": draw_eczema,
    "tinea": draw_tinea,
}
