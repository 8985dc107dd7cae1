import numpy as np
import pytest

from training.evaluation.distribution import diversity, kernel_distance, nearest_distances, too_near


def cloud(count: int, shift: float = 0.0, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).normal(size=(count, 6)) + shift).astype(np.float32)


def slow_kid(first: np.ndarray, second: np.ndarray) -> float:
    """Binkowski et al. 2018, equation 4, over the whole sets, by loops."""

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return (float(a.astype(float) @ b.astype(float)) / len(a) + 1) ** 3

    count = len(first)
    own = sum(
        kernel(s[i], s[j]) for s in (first, second) for i in range(count) for j in range(count) if i != j
    )
    across = sum(kernel(a, b) for a in first for b in second)
    return own / (count * (count - 1)) - 2 * across / count**2


def test_the_kernel_distance_equals_the_slow_loop():
    first, second = cloud(12), cloud(12, 0.7, seed=1)
    assert kernel_distance(first, second)["value"] == pytest.approx(slow_kid(first, second), rel=1e-6)


def test_the_kernel_distance_is_near_0_for_one_source_grows_with_the_shift_and_repeats():
    same = kernel_distance(cloud(300), cloud(300, seed=1))
    near, far = (kernel_distance(cloud(300), cloud(300, shift, seed=1)) for shift in (0.5, 1.5))
    assert abs(same["value"]) < 0.1 < near["value"] < far["value"]
    assert kernel_distance(cloud(300), cloud(300, 0.5, seed=1)) == near
    assert same["standard_error"] > 0


def test_nearest_distances_equal_the_slow_loop_and_leave_out_oneself():
    pictures, others = cloud(5), cloud(7, seed=1)
    slow = [min(float(np.linalg.norm(a - b)) for b in others) for a in pictures]
    assert nearest_distances(pictures, others) == pytest.approx(slow, rel=1e-5)
    assert (nearest_distances(others, others) == 0).all()
    assert (nearest_distances(others, others, own=True) > 0).all()


def test_copies_are_too_near_and_fresh_pictures_are_not():
    training = cloud(600)
    near, table = too_near(np.concatenate([training[:3], cloud(3, 4.0, seed=2)]), training)
    assert near.tolist() == [True] * 3 + [False] * 3
    assert table["pictures_nearest"] == 0 < table["threshold"] < table["phantoms_median"]


def test_diversity_is_the_mean_distance_inside_groups():
    group = np.array([[0, 0], [3, 4]], np.float32)
    assert diversity([group, group[:1]]) == pytest.approx(5)
    assert np.isnan(diversity([group[:1]]))
