"""Hands, feet, arms and legs: what a clinician would count on them."""

from functools import cache
from itertools import pairwise

import cv2
import numpy as np
import pytest

from training.phantoms.anatomy.digits import Digit
from training.phantoms.anatomy.hand import some_hand
from training.phantoms.anatomy.limbs import LIMB_SITES
from training.phantoms.anatomy.outlines import outline_distance, spline
from training.phantoms.body import Body, Frame

MAIN = ("arm", "hand", "palm", "fingers", "leg", "foot", "between_toes", "sole")


def straight_frame(width_cm: float, size: int = 256, turn: float = 0.0) -> Frame:
    step = ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5) * np.float32(width_cm)
    u, v = np.meshgrid(step, step)
    c, s = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    return Frame(x=u * c - v * s, y=u * s + v * c, px_per_cm=size / width_cm)


@cache
def drawn(site: str, seed: int, width_cm: float | None = None) -> tuple[Frame, Body]:
    view = LIMB_SITES[site]
    frame = straight_frame(width_cm or view.width_cm)
    return frame, view.draw(frame, np.random.default_rng(seed))


def test_all_eight_main_sites_are_there() -> None:
    assert set(MAIN) <= set(LIMB_SITES)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("site", LIMB_SITES)
def test_every_map_is_a_finite_float32_picture_within_its_range(site: str, seed: int) -> None:
    frame, body = drawn(site, seed)
    for name, field in vars(body).items():
        if isinstance(field, np.ndarray):
            assert field.dtype == np.float32, name
            assert field.shape[:2] == frame.x.shape, name
            assert np.isfinite(field).all(), name
    for field in (body.coverage, body.shade, body.nail, body.lesion_area, body.paint_alpha):
        assert field.min() >= 0 and field.max() <= 1
    assert 0.25 <= body.coverage.mean() <= 1
    assert body.melanin.min() > 0


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("site", LIMB_SITES)
def test_lesions_may_lie_on_skin_only_and_off_the_nails(site: str, seed: int) -> None:
    _, body = drawn(site, seed)
    assert (body.lesion_area <= body.coverage + 1e-3).all()
    assert body.lesion_area[body.nail > 0.5].max(initial=0) <= 0.5
    assert body.lesion_area.mean() > 0.04


@pytest.mark.parametrize("site", LIMB_SITES)
def test_the_same_random_numbers_give_the_same_body(site: str) -> None:
    frame = straight_frame(LIMB_SITES[site].width_cm)
    first, second = (LIMB_SITES[site].draw(frame, np.random.default_rng(2)) for _ in range(2))
    for name, field in vars(first).items():
        assert np.array_equal(field, getattr(second, name)), name


@pytest.mark.parametrize("seed", range(6))
def test_palms_and_soles_are_pale_and_have_no_nails_but_backs_of_hands_and_feet_have_both(seed: int) -> None:
    for pale, dark in (("palm", "hand"), ("sole", "foot")):
        inner, outer = drawn(pale, seed)[1], drawn(dark, seed)[1]
        assert inner.nail.max() == 0
        assert np.median(inner.melanin[inner.lesion_area > 0.9]) < 0.5
        assert np.median(outer.melanin[outer.lesion_area > 0.9]) > 0.9
        assert nails(outer) == 5


def nails(body: Body) -> int:
    """Counts separate nail plates of more than a few pixels."""
    sizes = cv2.connectedComponentsWithStats((body.nail > 0.5).astype(np.uint8))[2][1:, cv2.CC_STAT_AREA]
    return int((sizes > 8).sum())


@pytest.mark.parametrize("site", ["hand", "palm"])
def test_a_hand_has_five_digits_with_a_dip_between_neighbours(site: str) -> None:
    for seed in range(12):
        frame, body = drawn(site, seed, width_cm=26.0)
        relief = cv2.GaussianBlur(body.height * body.coverage, (0, 0), 1.0)
        assert ridges(relief[pixels_across_the_tips(frame, seed)]) == 5, f"seed {seed}"


def pixels_across_the_tips(frame: Frame, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of a walk over all digits, 1.3 cm short of each tip, from the open into the open."""
    digits = some_hand(np.random.default_rng(seed)).digits
    stops = [place_on_axis(d, d.length - 1.3) for d in digits]
    stops = [(stops[0][0] - 3, stops[0][1]), *stops, (stops[-1][0] + 3, stops[-1][1])]
    walk = np.vstack([np.linspace(a, b, 80) for a, b in pairwise(stops)])
    middle = (frame.size - 1) / 2
    columns, rows = np.round(walk * frame.px_per_cm + middle).astype(int).T
    return rows, columns


def place_on_axis(digit: Digit, along: float) -> tuple[float, float]:
    """The inverse of a digit's own axes: a point on its bent axis, in cm of the body."""
    across = digit.bend * (along / digit.length) ** 2
    c, s = np.cos(digit.angle), np.sin(digit.angle)
    return digit.base[0] + along * s + across * c, digit.base[1] - along * c + across * s


def ridges(profile: np.ndarray) -> int:
    """Counts the stretches that stand at least a third as high as the highest point."""
    smooth = np.convolve(profile, np.ones(9) / 9, mode="same")  # the walk's steps are whole pixels
    high = smooth > smooth.max() / 3
    return int((high[1:] & ~high[:-1]).sum() + high[0])


def test_the_thumb_is_on_the_left_and_the_middle_finger_is_the_longest() -> None:
    for seed in range(20):
        thumb, index, middle, ring, little = some_hand(np.random.default_rng(seed)).digits
        tops = [d.base[1] - d.length * np.cos(d.angle) for d in (thumb, index, middle, ring, little)]
        assert min(tops) == tops[2] and max(tops) == tops[0]
        assert thumb.base[0] + thumb.length * np.sin(thumb.angle) < index.base[0]
        assert middle.length > ring.length > little.length


def test_nails_lie_at_the_far_ends_of_the_toes() -> None:
    frame, body = drawn("foot", 4)
    assert frame.y[body.nail > 0.5].max() < frame.y[body.coverage > 0.5].min() + 6


def test_an_outline_distance_agrees_with_the_slow_exact_one() -> None:
    frame = straight_frame(10.0, size=64, turn=0.4)
    points = [(-3, -2), (0, -3), (3, -2), (3.5, 1), (0, 3), (-3, 2)]
    curve = spline(points, closed=True, steps=4).astype(np.float32).reshape(-1, 1, 2)
    fast = outline_distance(frame, points)
    for row in range(4, 60, 7):
        for column in range(4, 60, 7):
            at = (float(frame.x[row, column]), float(frame.y[row, column]))
            exact = -cv2.pointPolygonTest(curve, at, True)
            if exact > -1.0:  # deep inside, ridges of the distance are rounded off
                assert abs(fast[row, column] - exact) < 0.12


def test_lesions_between_the_toes_lie_around_the_webs() -> None:
    frame, body = drawn("between_toes", 2)
    rows = (body.lesion_area * frame.y).sum() / body.lesion_area.sum()
    assert -2.0 < rows < 2.2
    assert body.lesion_area[frame.y > 3.6].max(initial=0) < 0.35


@pytest.mark.parametrize("site", LIMB_SITES)
def test_a_frame_that_cuts_the_part_off_is_drawn_all_the_same(site: str) -> None:
    width = LIMB_SITES[site].width_cm
    for aside, down in ((0.7, 0.0), (-0.7, 0.6), (0.0, -0.7)):
        frame = straight_frame(0.5 * width, size=64, turn=0.5)
        moved = Frame(
            frame.x + np.float32(aside * width), frame.y + np.float32(down * width), frame.px_per_cm
        )
        body = LIMB_SITES[site].draw(moved, np.random.default_rng(4))
        assert np.isfinite(body.height).all() and np.isfinite(body.coverage).all()
