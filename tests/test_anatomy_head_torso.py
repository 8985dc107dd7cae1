"""The drawn head and trunk: whole maps, landmarks where they belong, the same bytes again."""

import math

import numpy as np
import pytest

from training.phantoms.anatomy.chart import Chart, Window, rounded
from training.phantoms.anatomy.head import HEAD_SITES
from training.phantoms.anatomy.skull import draw_face
from training.phantoms.anatomy.torso import TORSO_SITES, draw_chest, draw_stomach
from training.phantoms.body import Body, Frame

SITES = {**HEAD_SITES, **TORSO_SITES}
MAPS = (
    "coverage",
    "height",
    "shade",
    "melanin",
    "blood",
    "gloss",
    "nail",
    "lesion_area",
    "paint",
    "paint_alpha",
)


def frame_of(width_cm: float, size: int = 128, turn: float = 0.0, mirrored: bool = False) -> Frame:
    step = ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5) * np.float32(width_cm)
    u, v = np.meshgrid(step, step)
    c, s = np.float32(math.cos(turn)), np.float32(math.sin(turn))
    x = u * c - v * s
    return Frame(-x if mirrored else x, u * s + v * c, size / width_cm)


def drawn(site: str, seed: int, turn: float = 0.1) -> Body:
    view = SITES[site]
    return view.draw(frame_of(view.width_cm, turn=turn, mirrored=seed % 2 == 1), np.random.default_rng(seed))


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_site_has_whole_maps_and_room_for_lesions(site: str, seed: int) -> None:
    body = drawn(site, seed)
    for name in MAPS:
        field = getattr(body, name)
        assert field.dtype == np.float32, name
        assert np.isfinite(field).all(), name
    for name in ("coverage", "lesion_area", "paint_alpha", "shade"):
        field = getattr(body, name)
        assert field.min() >= -1e-5 and field.max() <= 1 + 1e-5, name
    assert 0.25 <= body.coverage.mean() <= 1.0
    assert (body.lesion_area <= body.coverage + 0.02).all()
    hidden = body.paint_alpha > 0.8
    assert not hidden.any() or body.lesion_area[hidden].mean() < 0.25
    assert body.lesion_area.mean() > 0.05
    assert np.ptp(body.height[body.coverage > 0.99]) > 0.3, "a flat picture shows no anatomy"


@pytest.mark.parametrize("site", SITES)
def test_the_same_seed_draws_the_same_body(site: str) -> None:
    first, again, other = drawn(site, 7), drawn(site, 7), drawn(site, 9)
    assert all(np.array_equal(getattr(first, name), getattr(again, name)) for name in MAPS)
    assert not np.array_equal(first.height, other.height)


def test_a_face_has_two_open_eyes_as_far_apart_as_pupils_are() -> None:
    frame = frame_of(23.0, 256)
    found = 0
    for seed in range(12):
        body = draw_face(frame, np.random.default_rng(seed))
        bright = (body.paint.sum(-1) > 0.55) & (
            np.abs(frame.y + 0.3) < 1.3
        )  # sclera; y as seen by the caller
        if bright.sum() < 20:
            continue  # closed eyes
        found += 1
        right, left = frame.x[bright & (frame.x > 0)], frame.x[bright & (frame.x < 0)]
        assert 5.3 < right.mean() - left.mean() < 7.3
        assert abs(right.mean() + left.mean()) < 0.6
        assert not (bright & (body.lesion_area > 0.1)).any()
    assert found >= 4


def test_lips_are_redder_than_the_cheek_and_bear_no_lesions() -> None:
    frame = frame_of(23.0, 256)
    body = draw_face(frame, np.random.default_rng(3))
    lips = body.blood > 0.35
    assert 3.0 < np.ptp(frame.x[lips]) < 7.0
    assert 5.0 < frame.y[lips].mean() + 0.3 < 8.0
    assert body.lesion_area[lips].mean() < 0.2


def test_the_nose_stands_out_furthest_and_its_nostrils_are_a_dark_pair() -> None:
    frame = frame_of(23.0, 256)
    body = draw_face(frame, np.random.default_rng(5))
    centre = (np.abs(frame.x) < 4) & (frame.y > 0) & (frame.y < 8)
    peak = np.argmax(np.where(centre, body.height, -9))
    assert abs(frame.x.flat[peak]) < 0.8 and 2.0 < frame.y.flat[peak] + 0.3 < 4.5
    dark = (body.shade < 0.4) & (np.abs(frame.x) < 1.6) & (np.abs(frame.y + 0.3 - 4.1) < 0.6)
    assert (dark & (frame.x > 0.2)).any() and (dark & (frame.x < -0.2)).any()


def test_areolas_are_darker_and_the_navel_is_one_dark_pit() -> None:
    frame = frame_of(28.0, 256)
    pigmented = 0
    for seed in range(6):
        areola = draw_chest(frame, np.random.default_rng(seed)).melanin > 1.4
        if areola.any():
            pigmented += 1
            assert 16 < frame.x[areola & (frame.x > 0)].mean() - frame.x[areola & (frame.x < 0)].mean() < 22
    assert pigmented >= 3
    frame = frame_of(26.0, 256)
    body = draw_stomach(frame, np.random.default_rng(1))
    pit = (body.shade < 0.45) & (body.coverage > 0.99)
    assert pit.any() and np.hypot(frame.x[pit], frame.y[pit] - 2.2).max() < 2.0
    assert body.lesion_area[pit].max() < 0.5


def test_a_ridge_agrees_with_the_distance_to_every_point_of_its_curve() -> None:
    frame = frame_of(20.0, 128, turn=0.4)
    points, width = [(-5.0, -4.0), (-2.5, -1.0), (0.0, 0.5), (3.0, 0.8), (6.0, 0.0)], 0.9
    curve = rounded(points, steps=200)
    distance = np.hypot(frame.x[..., None] - curve[:, 0], frame.y[..., None] - curve[:, 1]).min(-1)
    ridge = Chart.of(frame).ridge(points, width, 0)
    assert np.abs(ridge - np.exp(-0.5 * (distance / width) ** 2)).max() < 0.1


def test_a_symmetric_outline_is_the_distance_to_a_circle_on_both_sides() -> None:
    frame = frame_of(20.0, 128)
    turns = np.linspace(-np.pi / 2, np.pi / 2, 13)
    half = [(6 * math.cos(t), 6 * math.sin(t)) for t in turns]
    distance = Chart.of(frame).symmetric(half)
    near = np.abs(np.hypot(frame.x, frame.y) - 6) < 3
    assert np.abs(distance - (np.hypot(frame.x, frame.y) - 6))[near].max() < 0.12


def test_a_window_outside_the_picture_is_none_and_one_inside_has_its_own_origin() -> None:
    frame = frame_of(10.0, 100)
    assert Window.around(frame, (30.0, 0.0), (2.0, 2.0)) is None
    window = Window.around(frame, (-2.0, 1.0), (1.5, 1.0), side=-1.0)
    assert window is not None
    assert abs(float(window.chart.x.mean())) < 0.1 and float(window.chart.x[0, 0]) > 0 > float(
        window.chart.x[0, -1]
    )
