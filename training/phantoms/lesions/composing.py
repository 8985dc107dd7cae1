"""Draws a disease that is written in parts: its foci, every part's spots, every layer into the marks."""

import numpy as np

from training.phantoms.body import Body, Field, Frame, Marks
from training.phantoms.lesions.arrangements import ARRANGEMENTS
from training.phantoms.lesions.contours import contour
from training.phantoms.lesions.degrees import BY_CHANCE, Degree
from training.phantoms.lesions.ground import Ground, spaced
from training.phantoms.lesions.layouts import lay_ground
from training.phantoms.lesions.parts import Disease, Group, Layer, Part
from training.phantoms.lesions.profiles import PROFILES, TEXTURELESS, Spot
from training.phantoms.lesions.regions import HAIRY, region
from training.phantoms.lesions.uncovering import uncover
from training.phantoms.noise import blur

ADDED = frozenset(("melanin", "height", "gloss"))
"""Maps in which parts add up; in the others the strongest part counts."""
OUTLINE = Layer("mask", "fill", (1.0, 1.0))


def draw_group(
    group: Group, site: str, frame: Frame, body: Body, rng: np.random.Generator, degree: Degree = BY_CHANCE
) -> Marks:
    """Draws one of the group's diseases that occur at the site, chosen by weight."""
    possible = [disease for disease in group if site in disease.sites]
    weights = np.array([disease.weight for disease in possible])
    chosen = possible[rng.choice(len(possible), p=weights / weights.sum())]
    return draw_disease(chosen, site, frame, body, rng, degree)


def draw_disease(
    disease: Disease,
    site: str,
    frame: Frame,
    body: Body,
    rng: np.random.Generator,
    degree: Degree = BY_CHANCE,
) -> Marks:
    """Draws every part of a disease; hair over lesions is parted and diseased nails lose their own paint."""
    ground = lay_ground(frame, body, site, disease, rng, degree)
    marks = Marks.none(frame)
    severity = degree.chosen(rng.uniform(0.35, 1.0))
    for part in disease.parts:
        if rng.random() < part.chance:
            _lay_part(ground, marks, part, severity, rng)
    if site in HAIRY:
        parted = np.clip(2.2 * blur(marks.mask, 0.35 * frame.px_per_cm), 0, 0.85)
        np.maximum(marks.bare, parted, out=marks.bare)
    np.maximum(marks.gloss, 0.1, out=marks.gloss)
    np.maximum(marks.melanin, -0.95, out=marks.melanin)  # white is white, also where patches meet
    uncover(frame, body, marks)
    return marks


def _lay_part(ground: Ground, marks: Marks, part: Part, severity: float, rng: np.random.Generator) -> None:
    spots = _spots(ground, part, severity, rng)
    for layer in (*part.layers, OUTLINE) if part.outlined else part.layers:
        _add(getattr(marks, layer.map), _layer_field(ground, spots, layer, severity, rng), layer.map)


def _add(field: Field, new: Field, name: str) -> None:
    if name in ADDED:
        field += new
    else:
        np.maximum(field, new, out=field)


def _layer_field(
    ground: Ground, spots: list[Spot], layer: Layer, severity: float, rng: np.random.Generator
) -> Field:
    """One layer of all lesions; where two overlap the stronger counts."""
    low, high = layer.strength
    strength = low + (high - low) * np.clip(0.5 * severity + 0.5 * rng.random(), 0, 1)
    plain = layer.where in TEXTURELESS
    texture = ground.frame.zeros() if plain else ground.texture(layer.grain, rng)
    field = ground.frame.zeros()
    for spot in spots:
        if layer.share < 1 and rng.random() > layer.share:
            continue
        here = field[spot.part]
        value = strength * rng.uniform(0.88, 1.12) * PROFILES[layer.where](spot, texture[spot.part])
        np.copyto(here, value.astype(np.float32), where=np.abs(value) > np.abs(here))
    return field


def _spots(ground: Ground, part: Part, severity: float, rng: np.random.Generator) -> list[Spot]:
    if part.arrangement == "nails":
        return _diseased_nails(ground, part, severity)
    if part.shape.startswith("region:"):
        return [_region_spot(ground, part, rng)]
    places, radii, directions = _placed(ground, part, severity, rng)
    return [
        contour(ground.frame, place, float(radius), part, float(direction), rng)
        for place, radius, direction in zip(places, radii, directions, strict=True)
    ]


def _placed(
    ground: Ground, part: Part, severity: float, rng: np.random.Generator
) -> tuple[Field, Field, Field]:
    """Places (n, 2) and radii (n,) in pixels, and the direction of the nearest focus (n,)."""
    foci = ground.foci
    if part.arrangement == "base":
        return foci.places, foci.reach * rng.uniform(*part.size), foci.direction
    if part.arrangement == "focus":
        radii = _radii(ground, part, len(foci.places), rng)
        return foci.places, radii, foci.direction
    low, high = part.count
    drawn = low + (high - low) * np.clip(0.6 * severity + 0.4 * rng.random(), 0, 1)
    count = max(1, round(drawn * (ground.number if high > 1 else 1)))
    radii = _radii(ground, part, count, rng)
    places = spaced(ARRANGEMENTS[part.arrangement](ground, part, rng), radii, part.apart, rng)
    return places, radii[: len(places)], _nearest_direction(ground, places)


def _radii(ground: Ground, part: Part, count: int, rng: np.random.Generator) -> Field:
    """Radii in pixels: lesions of one patient are alike; never too small to see or too large for the part."""
    low, high = part.size
    typical = rng.uniform(low, high)
    sizes = np.clip(typical * np.exp(rng.normal(0, 0.22, count)), low, high)
    near, extent = ground.frame.nearness, ground.degree.extent
    most = max(part.least, 0.40 * near * float(np.sqrt(ground.area.sum())) / count**0.3)
    most = min(most, 0.36 * ground.frame.usual_size)
    least = part.least * near * rng.uniform(0.9, 1.25, count)
    radii = np.clip(0.5 * sizes * ground.frame.px_per_cm, least, max(most, part.least * near))
    return np.maximum(radii * extent, 0.78 * least).astype(np.float32)


def _nearest_direction(ground: Ground, places: Field) -> Field:
    foci = ground.foci
    if not len(foci.places):
        return np.zeros(len(places), np.float32)
    gaps = np.hypot(*(places[:, None] - foci.places[None]).transpose(2, 0, 1))
    return foci.direction[gaps.argmin(1)]


def _region_spot(ground: Ground, part: Part, rng: np.random.Generator) -> Spot:
    """One lesion in the form of a region, its outline made irregular."""
    name = part.shape.removeprefix("region:")
    inside = region(name, ground.site, ground.frame, ground.body)
    ragged = 0.16 * ground.texture(1.1, rng)
    size = rng.uniform(*part.size) * ground.degree.extent
    r = np.asarray(np.clip(1 + (0.55 - inside - ragged * (inside > 0.1)) / 0.5, 0, 3) / size, np.float32)
    whole = slice(0, ground.frame.size)
    half = np.float32(0.5 * ground.frame.usual_size / ground.frame.px_per_cm)
    u, v = ground.frame.x / half, ground.frame.y / half
    return Spot((whole, whole), r, u, v, 2.0, rng.uniform(*part.border), rng.uniform(0, 6.28))


def _diseased_nails(ground: Ground, part: Part, severity: float) -> list[Spot]:
    """A part of the nails in view; ``count`` is their share."""
    low, high = part.count
    return ground.nails[: max(1, round(len(ground.nails) * (low + (high - low) * severity)))]
