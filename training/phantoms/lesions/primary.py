"""Primary lesions, each stamped into the marks. Sizes in centimetres; positions in pixels.

Small lesions are never drawn under about five pixels across: a camera that frames a whole back would not have
been used to photograph them.
"""

from dataclasses import dataclass

import numpy as np

from training.phantoms.body import Field, Frame, Marks
from training.phantoms.noise import octaves

SMALLEST_PX = 2.8


@dataclass(frozen=True)
class Window:
    """The part of the picture a small lesion touches, and the distance from its centre in radii."""

    part: tuple[slice, slice]
    r: Field


def _window(
    frame: Frame, place: Field, radius_px: float, rng: np.random.Generator, reach: float = 2.6
) -> Window:
    """``r`` is 1 on the lesion's outline; the outline is a slightly irregular ellipse."""
    row, column = float(place[0]), float(place[1])
    half = int(np.ceil(radius_px * reach))
    top, left = max(0, int(row) - half), max(0, int(column) - half)
    part = (slice(top, int(row) + half + 1), slice(left, int(column) + half + 1))
    y, x = np.mgrid[part[0].start : part[0].stop, part[1].start : part[1].stop].astype(np.float32)
    y, x = (y - row) / radius_px, (x - column) / radius_px
    angle, squash = rng.uniform(0, np.pi), rng.uniform(0.8, 1.0)
    u = x * np.cos(angle) + y * np.sin(angle)
    v = (y * np.cos(angle) - x * np.sin(angle)) / squash
    bearing = np.arctan2(v, u)
    wobble = (
        1 + 0.10 * np.sin(2 * bearing + rng.uniform(0, 6)) + 0.06 * np.sin(3 * bearing + rng.uniform(0, 6))
    )
    r = (np.hypot(u, v) / wobble)[: frame.size - top, : frame.size - left]
    part = (slice(top, top + r.shape[0]), slice(left, left + r.shape[1]))
    return Window(part, np.asarray(r, np.float32))


def radius_px(frame: Frame, diameter_cm: float) -> float:
    """Radius in pixels, never below what can be seen."""
    return max(SMALLEST_PX * frame.nearness, 0.5 * diameter_cm * frame.px_per_cm)


def _raise(field: Field, part: tuple[slice, slice], value: Field) -> None:
    field[part] = np.maximum(field[part], value)


def papule(
    frame: Frame, marks: Marks, place: Field, diameter: float, redness: float, rng: np.random.Generator
) -> Window:
    """A solid red elevation with a faint halo."""
    radius = radius_px(frame, diameter)
    w = _window(frame, place, radius, rng)
    core = np.exp(-1.1 * w.r**3).astype(np.float32)
    halo = np.exp(-0.55 * w.r**2).astype(np.float32)
    _raise(marks.blood, w.part, redness * (0.70 * core + 0.35 * halo))
    _raise(marks.deep, w.part, 0.2 * core)
    _raise(marks.melanin, w.part, 0.22 * core)
    marks.height[w.part] += 0.40 * (radius / frame.px_per_cm) * np.exp(-1.3 * w.r**2)
    marks.gloss[w.part] += 0.8 * core
    _raise(marks.mask, w.part, np.clip(1.6 - w.r, 0, 1))
    return w


def pustule(
    frame: Frame, marks: Marks, place: Field, diameter: float, redness: float, rng: np.random.Generator
) -> None:
    """A papule with a yellow-white head."""
    w = papule(frame, marks, place, diameter, redness, rng)
    _raise(marks.pus, w.part, 0.95 * np.clip(1.6 - 2.6 * w.r, 0, 1))
    marks.gloss[w.part] += 1.2 * np.exp(-3 * w.r**2)


def nodule(
    frame: Frame, marks: Marks, place: Field, diameter: float, redness: float, rng: np.random.Generator
) -> None:
    """A deep, broad, violaceous elevation without a sharp edge."""
    radius = radius_px(frame, diameter)
    w = _window(frame, place, radius, rng)
    core = np.exp(-0.9 * w.r**2.5).astype(np.float32)
    _raise(marks.blood, w.part, 0.85 * redness * core)
    _raise(marks.deep, w.part, 0.7 * core)
    marks.height[w.part] += 0.32 * (radius / frame.px_per_cm) * core
    _raise(marks.mask, w.part, np.clip(1.7 - w.r, 0, 1))


def open_comedo(frame: Frame, marks: Marks, place: Field, diameter: float, rng: np.random.Generator) -> None:
    """A blackhead: a dark plug in a slightly raised pore."""
    w = _window(frame, place, max(1.7 * frame.nearness, 0.5 * diameter * frame.px_per_cm), rng)
    _raise(marks.plug, w.part, 0.92 * np.clip(1.5 - w.r, 0, 1))
    marks.height[w.part] += 0.02 * np.exp(-(w.r**2))
    _raise(marks.mask, w.part, np.clip(1.8 - w.r, 0, 1))


def closed_comedo(
    frame: Frame, marks: Marks, place: Field, diameter: float, rng: np.random.Generator
) -> None:
    """A whitehead: a small skin-coloured to whitish bump."""
    radius = max(1.8 * frame.nearness, 0.5 * diameter * frame.px_per_cm)
    w = _window(frame, place, radius, rng)
    _raise(marks.pus, w.part, 0.42 * np.clip(1.3 - w.r, 0, 1))
    marks.height[w.part] += 0.5 * (radius / frame.px_per_cm) * np.clip(1 - w.r**2, 0, 1)
    _raise(marks.mask, w.part, np.clip(1.7 - w.r, 0, 1))


def macule(
    frame: Frame, marks: Marks, place: Field, diameter: float, melanin: float, rng: np.random.Generator
) -> None:
    """A flat spot of other pigment (post-inflammatory when positive)."""
    w = _window(frame, place, radius_px(frame, diameter), rng)
    spot = np.exp(-(w.r**4)).astype(np.float32)
    marks.melanin[w.part] += melanin * spot
    _raise(marks.mask, w.part, np.clip(1.3 - w.r, 0, 1) * 0.9)


def vesicle(
    frame: Frame, marks: Marks, place: Field, diameter: float, redness: float, rng: np.random.Generator
) -> None:
    """A small clear blister on a red base."""
    radius = max(1.6, 0.5 * diameter * frame.px_per_cm)
    w = _window(frame, place, radius, rng)
    _raise(marks.blood, w.part, redness * np.exp(-0.5 * w.r**2).astype(np.float32))
    _raise(marks.pus, w.part, 0.22 * np.clip(1.2 - w.r, 0, 1))
    marks.height[w.part] += 0.6 * (radius / frame.px_per_cm) * np.clip(1 - w.r**2, 0, 1)
    _raise(marks.wet, w.part, 0.8 * np.clip(1.2 - w.r, 0, 1))
    _raise(marks.mask, w.part, np.clip(1.6 - w.r, 0, 1))


def patch(
    frame: Frame, place: Field, radius: float, rng: np.random.Generator, ragged: float, soft: float
) -> Field:
    """Extent 0..1 of a large flat lesion: ``ragged`` bends its outline, ``soft`` blurs it (both in radii)."""
    r = radial(frame, place, radius, rng, ragged)
    return np.asarray(1 / (1 + np.exp(np.clip((r - 1) / (0.25 * soft), -30, 30))), np.float32)


def radial(frame: Frame, place: Field, radius: float, rng: np.random.Generator, ragged: float) -> Field:
    """Distance from the centre in radii, bent by noise, on an ellipse; ``radius`` in pixels."""
    index = np.arange(frame.size, dtype=np.float32)
    y, x = (index[:, None] - place[0]) / radius, (index[None, :] - place[1]) / radius
    angle, squash = rng.uniform(0, np.pi), rng.uniform(0.78, 1.0)
    u = x * np.cos(angle) + y * np.sin(angle)
    v = (y * np.cos(angle) - x * np.sin(angle)) / squash
    bend = octaves(rng, frame.size, frame.size / (radius * 1.1), 3, 0.55)
    return np.asarray(np.hypot(u, v) + ragged * bend, np.float32)
