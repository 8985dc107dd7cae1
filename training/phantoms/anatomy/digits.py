"""Fingers and toes: a bent axis with a profile of half-widths and a round tip; how they join."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.phantoms.anatomy.outlines import cavity
from training.phantoms.body import Body, Field, Frame
from training.phantoms.noise import octaves
from training.phantoms.shapes import dome, inside, union

FINGER_PROFILE = (
    (0.0, 1.08),
    (0.2, 1.03),
    (0.34, 0.96),
    (0.47, 1.03),
    (0.6, 0.92),
    (0.75, 0.93),
    (0.88, 0.85),
    (1, 0.78),
)
THUMB_PROFILE = ((0.0, 1.5), (0.2, 1.45), (0.42, 1.18), (0.56, 0.98), (0.71, 1.07), (0.86, 1.03), (1, 0.88))
TOE_PROFILE = ((0.0, 1.12), (0.3, 0.98), (0.5, 0.9), (0.66, 0.94), (0.85, 1.06), (1, 1.0))
BIG_TOE_PROFILE = ((0.0, 1.05), (0.3, 0.96), (0.48, 0.9), (0.66, 1.0), (0.85, 1.05), (1, 0.96))


@dataclass(frozen=True)
class Digit:
    """A finger or toe, in centimetres.

    ``base`` is its knuckle, ``angle`` (radians) its direction away from straight up (-y), clockwise; ``bend``
    how far the tip leans sideways; ``joints`` where it folds (share of the length); ``tip`` how long the
    rounded end is in half-widths; ``turn`` -1..1 how far the nail looks aside.
    """

    base: tuple[float, float]
    angle: float
    length: float
    half_width: float
    bend: float = 0.0
    profile: tuple[tuple[float, float], ...] = FINGER_PROFILE
    joints: tuple[float, ...] = (0.47, 0.755)
    tip: float = 1.05
    nail_length: float = 1.15
    nail_width: float = 0.74
    turn: float = 0.0


@dataclass(frozen=True)
class Placed:
    """A digit on the picture: the window it needs and, in it, the place along (cm from the knuckle) and
    across (cm from the axis), the local half-width, and the signed distance."""

    digit: Digit
    window: tuple[slice, slice]
    along: Field
    across: Field
    half: Field
    distance: Field

    @property
    def side(self) -> Field:
        """Across in half-widths: -1 and 1 at the silhouettes."""
        return np.asarray(self.across / self.half, np.float32)

    def from_joint(self, joint: float) -> Field:
        """Centimetres beyond a joint (share of the length)."""
        return np.asarray(self.along - joint * self.digit.length, np.float32)

    def part(self, low: float, high: float) -> "Placed | None":
        """The piece of the window from ``low`` to ``high`` cm along; None where it is out of the picture."""
        reach = 1.3 * self.digit.half_width
        sparse = self.along[::3, ::3]
        near = (sparse > low) & (sparse < high) & (np.abs(self.across[::3, ::3]) < reach)
        rows, columns = np.flatnonzero(near.any(1)), np.flatnonzero(near.any(0))
        if rows.size == 0:
            return None
        own = _stretch(rows, 3), _stretch(columns, 3)
        maps = (m[own] for m in (self.along, self.across, self.half, self.distance))
        return Placed(self.digit, (_within(self.window[0], own[0]), _within(self.window[1], own[1])), *maps)

    def height(self, thickness: float = 0.95) -> Field:
        """A round cross-section."""
        depth = np.clip(1 + self.distance / self.half, 0, 1)
        return np.asarray(thickness * self.half * np.sqrt(1 - depth * depth), np.float32)


def place(frame: Frame, digit: Digit, margin: float = 1.2) -> Placed | None:
    """Lays a digit on the picture; None where none of it can be seen."""
    window = _window(frame, digit, margin)
    if window is None:
        return None
    along, across = _own_axes(frame.x[window], frame.y[window], digit)
    half = _half_width(along, digit)
    return Placed(digit, window, along, across, half, _distance(along, across, half, digit))


def _own_axes(x: Field, y: Field, digit: Digit) -> tuple[Field, Field]:
    dx, dy = x - np.float32(digit.base[0]), y - np.float32(digit.base[1])
    c, s = np.float32(np.cos(digit.angle)), np.float32(np.sin(digit.angle))
    along, across = dx * s - dy * c, dx * c + dy * s
    if digit.bend:
        reach = np.clip(along / digit.length, 0, 1.2)
        across = across - np.float32(digit.bend) * reach * reach
    return along, across


def _window(frame: Frame, digit: Digit, margin: float) -> tuple[slice, slice] | None:
    """The rows and columns whose pixels can lie within ``margin`` of the digit."""
    along, across = _own_axes(frame.x[::4, ::4], frame.y[::4, ::4], digit)
    reach = digit.half_width * 1.5 + margin
    near = (along > -reach) & (along < digit.length + margin) & (np.abs(across) < reach)
    rows, columns = np.flatnonzero(near.any(1)), np.flatnonzero(near.any(0))
    if rows.size == 0:
        return None
    return _stretch(rows, 4), _stretch(columns, 4)


def _stretch(hits: NDArray[np.intp], every: int) -> slice:
    """From the first to the last hit of a search that looked at every ``every``-th line, one step wider."""
    return slice(max(int(hits[0]) - 1, 0) * every, (int(hits[-1]) + 2) * every)


def _within(outer: slice, inner: slice) -> slice:
    """A slice of a slice, in the picture's lines."""
    return slice(outer.start + inner.start, min(outer.start + inner.stop, outer.stop))


def _half_width(along: Field, digit: Digit) -> Field:
    """The profile, smoothly joined, looked up in a table of 256 steps."""
    at, factor = np.array(digit.profile).T
    table = np.interp(np.linspace(0, 1, 256), at, factor)
    kernel = np.hanning(41) / np.hanning(41).sum()
    table = np.convolve(np.pad(table, 20, mode="edge"), kernel, mode="valid").astype(np.float32)
    index = np.clip(along * np.float32(255 / digit.length), 0, 254.99)
    low = index.astype(np.int32)
    part = index - low
    return np.asarray(
        (table[low] * (1 - part) + table[low + 1] * part) * np.float32(digit.half_width), np.float32
    )


def _distance(along: Field, across: Field, half: Field, digit: Digit) -> Field:
    """Sides from the profile; ends round: a circle at the knuckle, an ellipse at the tip."""
    tip = digit.tip * digit.profile[-1][1] * digit.half_width
    beyond = np.maximum(along - (digit.length - tip), 0) / np.float32(
        tip / (digit.profile[-1][1] * digit.half_width)
    )
    behind = np.maximum(-along, 0)
    return np.asarray(np.hypot(across, np.maximum(beyond, behind)) - half, np.float32)


def fuse(
    frame: Frame,
    base: Field,
    height: Field,
    digits: Sequence[Digit],
    webs: Sequence[float],
    seam: float = 0.5,
) -> tuple[Body, list[Placed], Field]:
    """Joins digits to the hand or foot they grow from (its distance and height).

    ``webs`` says how many cm of rounded skin joins each digit to it. Digits that touch keep a furrow between.
    """
    distance = base.copy()
    placed = []
    for digit, web in zip(digits, webs, strict=True):
        each = place(frame, digit, web + 0.4)
        if each is None:
            continue
        w = each.window
        placed.append(each)
        distance[w] = np.minimum(distance[w], union(base[w], each.distance, web))
        rise = np.clip(each.along * np.float32(2.8 / digit.length), 0, 1)
        height[w] = round_max(height[w], each.height() * (0.5 + 0.5 * rise), seam)
    height = np.maximum(height, dome(distance, 0.5) * inside(base - 1.2, frame.px_per_cm, 1.0))
    return Body.bare(frame, inside(distance, frame.px_per_cm), height), placed, distance


def round_max(a: Field, b: Field, blend: float) -> Field:
    """The higher of two reliefs, rounded where they meet."""
    return -union(-a, -b, blend)


def finish_digits(frame: Frame, rng: np.random.Generator, body: Body, distance: Field) -> None:
    """Hollows lose light; broad unevenness; lesions keep off nails and silhouettes."""
    px = frame.px_per_cm
    body.height += 0.03 * octaves(rng, frame.size, frame.cells(3), 2)
    body.shade *= cavity(body.height, body.coverage, 0.45 * px, 0.55)
    body.lesion_area = np.clip(-distance / 0.45, 0, 1) * (1 - body.nail)
