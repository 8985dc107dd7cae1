"""A sheet to sculpt on: the picture's coordinates, and mounds, furrows and outlines drawn through landmarks.

Smooth things are worked out on a coarse grid and enlarged; that is several times faster than per pixel and,
as a squared distance is a parabola across a line, just as sharp. The frame must be affine.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.phantoms.body import Field, Frame

Point = tuple[float, float]
Points = Sequence[Point]
AnyField = NDArray[np.floating]
"""A map in the middle of a calculation; what goes into a ``Body`` is a ``Field``."""

_MARGIN = 2
"""Coarse cells around the picture, so that enlarging does not flatten the relief at its border."""


def moved(frame: Frame, x: float, y: float) -> Frame:
    """The same picture, its middle at (x, y) of the part's own coordinates."""
    return Frame(frame.x + np.float32(x), frame.y + np.float32(y), frame.px_per_cm)


def rounded(points: Points, closed: bool = False, steps: int = 3) -> NDArray[np.float32]:
    """Returns (n, 2) points of a Catmull-Rom curve through the landmarks."""
    p = np.asarray(points, np.float32)
    before, after = (p[-1:], p[:2]) if closed else (2 * p[:1] - p[1:2], 2 * p[-1:] - p[-2:-1])
    p = np.concatenate([before, p, after])
    t = (np.arange(steps, dtype=np.float32) / steps)[None, :, None]
    a, b, c, d = p[:-3, None], p[1:-2, None], p[2:-1, None], p[3:, None]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    curve = curve.reshape(-1, 2)
    return np.asarray(curve if closed else np.concatenate([curve, p[-2:-1]]), np.float32)


def rise(distance: AnyField, soft: float) -> Field:
    """A smooth step from 0 (far below zero) to 1 (far above); ``soft`` cm is about its width."""
    return np.asarray(1 / (1 + np.exp(np.clip(distance * (-2.2 / soft), -30, 30))), np.float32)


@dataclass(frozen=True)
class Chart:
    """Coordinates (cm) of a picture or of a window in it, fine and coarse."""

    x: Field
    y: Field
    px_per_cm: float
    factor: int
    coarse_x: Field
    coarse_y: Field

    @classmethod
    def over(cls, x: Field, y: Field, px_per_cm: float, cells: int = 52) -> "Chart":
        """Lays a coarse grid of about ``cells`` cells over coordinates that are affine in the pixels."""
        factor = max(1, round(max(x.shape) / cells))
        return cls(x, y, px_per_cm, factor, _coarse(x, factor), _coarse(y, factor))

    @classmethod
    def of(cls, frame: Frame) -> "Chart":
        """The whole picture."""
        return cls.over(frame.x, frame.y, frame.px_per_cm)

    def low(self) -> "Chart":
        """The coarse grid as a sheet of its own: for sums of broad forms that are enlarged once."""
        x, y = self.coarse_x, self.coarse_y
        return Chart(x, y, self.px_per_cm / self.factor, 1, _coarse(x, 1), _coarse(y, 1))

    def enlarged(self, coarse: Field) -> Field:
        """A coarse map at full size: a cubic B-spline, whose slopes show no trace of the grid."""
        f = self.factor
        if f > 1:
            size = (coarse.shape[1] * f, coarse.shape[0] * f)
            coarse = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)
            coarse = cv2.blur(coarse, (f, f), anchor=(f // 2, f // 2))
            coarse = cv2.blur(coarse, (f, f), anchor=((f - 1) // 2, (f - 1) // 2))
        skip = _MARGIN * f
        return np.asarray(coarse[skip : skip + self.x.shape[0], skip : skip + self.x.shape[1]], np.float32)

    def mound(self, centre: Point, sigma: Point, angle: float = 0.0) -> Field:
        """A Gaussian hill of height 1; ``sigma`` along its axes, turned by ``angle``."""
        if self._is_far(self.coarse_x, [centre], 4.5 * max(sigma)):
            return np.zeros_like(self.x)
        if not self._is_broad(min(sigma)):
            return _hill(self.x, self.y, centre, sigma, angle)
        return self.enlarged(_hill(self.coarse_x, self.coarse_y, centre, sigma, angle))

    def pair(self, centre: Point, sigma: Point, angle: float = 0.0) -> Field:
        """A mound on the right and its mirror image on the left of x = 0."""
        if self._is_far(np.abs(self.coarse_x), [centre], 4.5 * max(sigma)):
            return np.zeros_like(self.x)
        broad = self._is_broad(min(sigma))
        x, y = (self.coarse_x, self.coarse_y) if broad else (self.x, self.y)
        both = _hill(x, y, centre, sigma, angle) + _hill(-x, y, centre, sigma, angle)
        return self.enlarged(both) if broad else both

    def ridge(self, points: Points, width: float, ends: float = 0.25) -> Field:
        """A ridge of height 1 along a curve, Gaussian across (sigma ``width`` cm).

        It fades over the share ``ends`` of its length at both ends (0: full height to the end)."""
        return self._ridge(self.coarse_x, points, width, ends)

    def ridges(self, points: Points, width: float, ends: float = 0.25) -> Field:
        """A ridge on the right of x = 0 and its mirror image."""
        return self._ridge(np.abs(self.coarse_x), points, width, ends)

    def outline(self, points: Points) -> Field:
        """Signed distance (cm, negative inside) to the closed curve through the landmarks."""
        curve = rounded(points, closed=True)
        curve = np.concatenate([curve, curve[:1]])
        return self._signed(self.coarse_x, curve, curve)

    def outlines(self, points: Points) -> Field:
        """Signed distance to a closed curve on the right of x = 0 and its mirror image (a pair of ears)."""
        curve = rounded(points, closed=True)
        curve = np.concatenate([curve, curve[:1]])
        return self._signed(np.abs(self.coarse_x), curve, curve)

    def symmetric(self, points: Points) -> Field:
        """Signed distance to one closed curve that is its own mirror image; ``points`` are its right half,
        from the midline above to the midline below."""
        mirrored = (-points[1][0], points[1][1]), (-points[-2][0], points[-2][1])
        curve = rounded([mirrored[0], *points, mirrored[1]])[3:-3]
        return self._signed(np.abs(self.coarse_x), curve, np.concatenate([curve, curve[:1]]))

    def _signed(self, x: Field, curve: NDArray[np.float32], closed: NDArray[np.float32]) -> Field:
        squared, _ = self._nearest(x, curve)
        sign = np.where(self._within(x, closed), np.float32(-1), np.float32(1))
        return self.enlarged(sign * np.sqrt(squared))

    def _is_broad(self, sigma: float) -> bool:
        return sigma * self.px_per_cm > 1.5 * self.factor

    def _is_far(self, x: Field, points: Points, reach: float) -> bool:
        """Whether nothing within ``reach`` of the points' box falls into the picture."""
        box = np.asarray(points, np.float32)
        beside = x.max() < box[:, 0].min() - reach or x.min() > box[:, 0].max() + reach
        y = self.coarse_y
        return bool(beside or y.max() < box[:, 1].min() - reach or y.min() > box[:, 1].max() + reach)

    def _ridge(self, x: Field, points: Points, width: float, ends: float) -> Field:
        if self._is_far(x, points, 3.5 * width):
            return np.zeros_like(self.x)
        squared, along = self._nearest(x, rounded(points, steps=2))
        fade = np.clip(np.minimum(along, 1 - along) / ends, 0, 1) if ends > 0 else np.float32(1)
        if self._is_broad(width):
            return self.enlarged(np.asarray(np.exp(squared * np.float32(-0.5 / width**2)) * fade, np.float32))
        widened = (self.factor / self.px_per_cm) ** 2 / 3  # what the spline adds to a parabola
        across = np.clip(self.enlarged(squared) - np.float32(widened), 0, None)
        height = np.exp(across * np.float32(-0.5 / width**2))
        return np.asarray(
            height * self.enlarged(np.asarray(fade, np.float32)) if ends > 0 else height, np.float32
        )

    def _nearest(self, x: Field, curve: NDArray[np.float32]) -> tuple[Field, Field]:
        """Squared distance to a polyline and the position along it (0..1), on the coarse grid."""
        step = np.diff(curve, axis=0)
        length = np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-6)
        whole, before = float(length.sum()), 0.0
        best, share = np.full_like(x, 1e9), np.zeros_like(x)
        t, across, down = np.empty_like(x), np.empty_like(x), np.empty_like(x)
        for (ax, ay), (sx, sy), long in zip(curve[:-1].tolist(), step.tolist(), length.tolist(), strict=True):
            np.subtract(x, ax, out=across)
            np.subtract(self.coarse_y, ay, out=down)
            np.multiply(across, sx / long**2, out=t)
            t += down * (sy / long**2)
            np.maximum(t, 0, out=t)
            np.minimum(t, 1, out=t)
            across -= t * sx
            down -= t * sy
            across *= across
            down *= down
            across += down
            nearer = across < best
            np.copyto(best, across, where=nearer)
            t *= long / whole
            t += before / whole
            np.copyto(share, t, where=nearer)
            before += long
        return best, share

    def _within(self, x: Field, closed: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Even-odd rule on the coarse grid."""
        odd = np.zeros(x.shape, bool)
        for (x1, y1), (x2, y2) in zip(closed[:-1].tolist(), closed[1:].tolist(), strict=True):
            if y1 != y2:
                spans = (self.coarse_y < y1) != (self.coarse_y < y2)
                odd ^= spans & (x < x1 + (self.coarse_y - y1) * ((x2 - x1) / (y2 - y1)))
        return odd


def _hill(x: Field, y: Field, centre: Point, sigma: Point, angle: float) -> Field:
    c, s = math.cos(angle), math.sin(angle)
    dx, dy = x - np.float32(centre[0]), y - np.float32(centre[1])
    u, v = (dx * c + dy * s) * (1 / sigma[0]), (dy * c - dx * s) * (1 / sigma[1])
    return np.asarray(np.exp(-0.5 * (u * u + v * v)), np.float32)


def _coarse(field: Field, factor: int) -> Field:
    """Centres of the coarse cells of an affine field, with a margin all round."""
    origin, down, right = field[0, 0], field[1, 0] - field[0, 0], field[0, 1] - field[0, 0]
    height, width = (math.ceil(n / factor) + 2 * _MARGIN for n in field.shape)
    rows = (np.arange(height, dtype=np.float32) - _MARGIN + 0.5) * factor - 0.5
    columns = (np.arange(width, dtype=np.float32) - _MARGIN + 0.5) * factor - 0.5
    return np.asarray(origin + rows[:, None] * down + columns[None, :] * right, np.float32)


@dataclass(frozen=True)
class Window:
    """The part of a picture around one feature, so that an eye costs an eye's pixels."""

    rows: slice
    columns: slice
    chart: Chart

    @classmethod
    def around(cls, frame: Frame, centre: Point, reach: Point, side: float = 1.0) -> "Window | None":
        """The pixels within ``reach`` of ``centre``, coordinates from there (x mirrored if ``side`` is -1);
        None if the feature lies outside the picture."""
        x = (frame.x - np.float32(centre[0])) * np.float32(side)
        y = frame.y - np.float32(centre[1])
        near = (np.abs(x) < reach[0]) & (np.abs(y) < reach[1])
        rows, columns = np.flatnonzero(near.any(1)), np.flatnonzero(near.any(0))
        if rows.size < 4 or columns.size < 4:
            return None
        cut = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
        return cls(*cut, Chart.over(x[cut], y[cut], frame.px_per_cm))

    @classmethod
    def whole(cls, frame: Frame) -> "Window":
        """The whole picture as a window."""
        return cls(slice(None), slice(None), Chart.of(frame))

    def of(self, field: NDArray[np.float32]) -> NDArray[np.float32]:
        """A view of this part of a map; writing into it writes into the map."""
        return field[self.rows, self.columns]

    def full(self, field: Field, like: Field) -> Field:
        """The window's map in a picture of zeros."""
        whole = np.zeros_like(like)
        whole[self.rows, self.columns] = field
        return whole
