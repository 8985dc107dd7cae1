"""What forearm and leg share: a long rounded outline, tendons, veins, creases, body hair."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from training.phantoms.anatomy.hairs import DARKEST_HAIR, Hairs, hair_alpha
from training.phantoms.anatomy.outlines import Points, cavity, outline_distance, spline, strokes, wavy
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import octaves
from training.phantoms.shapes import bump, dome, inside


@dataclass(frozen=True)
class Limb:
    """One limb on the picture: the frame that looks at it, its outline's distance, how hairy and how lean."""

    frame: Frame
    distance: Field
    hairy: float
    lean: float


def some_limb(
    frame: Frame, rng: np.random.Generator, outline: tuple[tuple[float, float], ...], at: float, hairy: float
) -> Limb:
    moved = replace(frame, y=frame.y + np.float32(at))
    stout = rng.uniform(0.88, 1.1)
    shaken = [(x * stout + rng.normal(0, 0.08), y) for x, y in outline]
    return Limb(moved, outline_distance(moved, shaken), hairy * rng.random() ** 1.5, rng.uniform(0, 1))


def round_body(limb: Limb, radius: float) -> Body:
    return Body.bare(
        limb.frame, inside(limb.distance, limb.frame.px_per_cm), 0.85 * dome(limb.distance, radius, 2.1)
    )


def wrinkled_cap(
    limb: Limb,
    rng: np.random.Generator,
    body: Body,
    centre: tuple[float, float],
    radii: tuple[float, float],
    lift: float,
) -> None:
    """Loose, darker, transversely wrinkled skin over a bony point (elbow, kneecap)."""
    x, y = (limb.frame.x - centre[0]) / radii[0], (limb.frame.y - centre[1]) / radii[1]
    reach = x * x + y * y
    cap = np.exp(-0.8 * reach**1.5).astype(np.float32)
    waver = octaves(rng, limb.frame.size, limb.frame.cells(1.2), 2)
    wave = np.cos((limb.frame.y + 0.25 * x * x * np.sign(y)) * 2 * np.pi / 0.55 + 1.3 * waver)
    furrow = np.maximum(wave, 0) ** 2 * cap * rng.uniform(0.5, 1.0)
    body.height += lift * cap - 0.05 * furrow
    body.shade *= 1 - 0.2 * furrow
    body.melanin *= 1 + 0.3 * cap
    body.blood += 0.06 * cap


def across(rng: np.random.Generator, y: float, half: float, bow: float) -> Points:
    """A transverse line, its middle ``bow`` cm lower than its ends."""
    y += rng.normal(0, 0.1)
    ends = rng.uniform(0.85, 1.1, 2) * half
    tilt = rng.normal(0, 0.12)
    curve = spline(
        [
            (-ends[0], y - tilt),
            (-0.35 * half, y + 0.85 * bow),
            (0.35 * half, y + 0.85 * bow),
            (ends[1], y + tilt),
        ]
    )
    return wavy(rng, curve, 0.05)


def crease(limb: Limb, body: Body, curves: list[Points], strength: float) -> None:
    f = limb.frame
    line = (
        np.minimum(strokes(f, curves, 0.08, 0.05, fade=0.25), 1)
        * inside(limb.distance + 0.1, f.px_per_cm, 0.3)
        * strength
    )
    soft = (
        np.minimum(strokes(f, curves, 0.2, 0.2, fade=0.25), 1)
        * inside(limb.distance + 0.1, f.px_per_cm, 0.3)
        * strength
    )
    body.height -= 0.06 * line + 0.12 * soft
    body.shade *= 1 - 0.35 * line
    body.melanin *= 1 + 0.3 * line
    body.blood += 0.06 * line


def ridge(limb: Limb, body: Body, curves: list[Points], width: float, height: float) -> None:
    inner = inside(limb.distance + 0.4, limb.frame.px_per_cm, 0.8)
    body.height += height * strokes(limb.frame, curves, width, 0.2, fade=0.35) * inner


def vein_paths(
    limb: Limb,
    rng: np.random.Generator,
    body: Body,
    ways: Sequence[Sequence[tuple[float, float]]],
    strength: float,
) -> None:
    """Veins: low ridges with a faint dark tint."""
    curves = [wavy(rng, spline(way), 0.25) for way in ways]
    map_ = strokes(limb.frame, curves, 0.25, 0.1, fade=0.15) * inside(
        limb.distance + 0.4, limb.frame.px_per_cm, 0.8
    )
    body.height += strength * map_
    body.melanin *= 1 + 1.2 * strength * map_
    body.blood += 0.5 * strength * map_


def grow(
    limb: Limb, rng: np.random.Generator, body: Body, style: Hairs, count: int, course: tuple[float, float]
) -> None:
    """Body hair pointing down the limb and outwards; none over kneecap, wrist front and palm."""
    if limb.hairy < 0.06:
        return
    f = limb.frame
    patchy = 0.7 + 0.3 * octaves(rng, f.size, 3.0, 1)
    bare = 0.8 * bump(f.y + 20.5, 2.2) * (np.abs(f.x) < 2.6)
    density = np.clip(patchy - bare, 0, 1) * body.lesion_area * limb.hairy
    angle = np.float32(sum(course) / 2) - 0.06 * f.x
    body.cover(hair_alpha(f, rng, density, count, angle, style), DARKEST_HAIR)


def finish_limb(limb: Limb, rng: np.random.Generator, body: Body) -> None:
    """Broad unevenness, light lost in hollows, lesions away from the silhouettes."""
    f = limb.frame
    body.height += 0.10 * octaves(rng, f.size, f.cells(6), 2)
    body.shade *= cavity(body.height, body.coverage, 0.5 * f.px_per_cm, 0.3)
    body.lesion_area = np.clip(-limb.distance / 0.9, 0, 1).astype(np.float32)
