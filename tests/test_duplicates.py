from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from photograph_folders import encoded, picture, prepared, put
from PIL import Image

from core.photographs.photographs import SPLITS
from training.photographs.duplicates import near_duplicates
from training.photographs.splits import draw_splits

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def slow_groups(hashes: list[str], distance: int) -> list[int]:
    """The first member of each one's group, by spreading along pairs until nothing changes."""
    values = [int(text, 16) for text in hashes]
    first = list(range(len(values)))
    changed = True
    while changed:
        changed = False
        for i, a in enumerate(values):
            for j, b in enumerate(values):
                if (a ^ b).bit_count() <= distance and first[j] < first[i]:
                    first[i], changed = first[j], True
    return first


@pytest.mark.parametrize("distance", [0, 3, 6])
def test_groups_are_those_of_a_slow_obvious_search(distance: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.photographs.duplicates.BLOCK", 7)
    rng = np.random.default_rng(distance)
    seeds = rng.integers(0, 2**64, 12, np.uint64, endpoint=False)
    hashes = []
    for value in (*seeds, *seeds, *seeds):
        flips = rng.choice(64, rng.integers(0, 8), replace=False)
        hashes.append(f"{int(value) ^ sum(1 << int(bit) for bit in flips):016x}")
    expected = slow_groups(hashes, distance)
    assert near_duplicates(hashes, distance).tolist() == expected
    assert 0 < len(set(expected)) <= len(hashes)


def test_a_single_picture_is_its_own_group() -> None:
    assert near_duplicates(["ffffffffffffffff"], 6).tolist() == [0]


def test_many_pictures_that_are_all_alike_are_one_group() -> None:
    assert set(near_duplicates(["00ff00ff00ff00ff"] * 3000, 6).tolist()) == {0}


def copies(image: Image.Image) -> list[bytes]:
    """The picture compressed hard, smaller, brighter, as a PNG."""
    brighter = image.point(lambda value: min(255, int(value * 1.1)))
    smaller = image.resize((image.width // 2, image.height // 2))
    return [encoded(image, quality=40), encoded(smaller), encoded(brighter), encoded(image, "PNG")]


def test_near_duplicates_never_straddle_the_split_whatever_the_seed(tmp_path: Path) -> None:
    """As in DermNet's copy, where the same picture lies in train/ and in test/."""
    for index in range(20):
        for place, content in enumerate(copies(picture(index, (192, 144)))):
            put(tmp_path / "in" / ("train", "test")[place % 2] / f"{place}-{index}.jpg", content)
    for seed in range(3):
        dataset = prepared(tmp_path / "in", tmp_path / f"out-{seed}", seed=seed)
        groups, splits = defaultdict(set), defaultdict(set)
        for photograph in dataset.photographs:
            index = photograph.source.rpartition("-")[2]
            groups[index].add(photograph.group)
            splits[index].add(photograph.split)
        assert len(dataset) == 80 and dataset.manifest.groups == 20 == len(set.union(*groups.values()))
        assert all(len(found) == 1 for found in (*groups.values(), *splits.values()))
        assert dataset.manifest.largest_group == 4
        assert dataset.manifest.splits == {"train": 64, "validation": 8, "test": 8}


def test_every_rash_is_spread_over_the_splits_in_the_shares_asked_for() -> None:
    groups = [f"{index:03d}" for index in range(300)]
    rashes = ["acne", "tinea", None] * 100
    splits = draw_splits(groups, rashes, SHARES, seed=1)
    assert [splits.count(name) for name in SPLITS] == [240, 30, 30]
    for rash in ("acne", "tinea", None):
        of_rash = [split for split, other in zip(splits, rashes, strict=True) if other == rash]
        assert [of_rash.count(name) for name in SPLITS] == pytest.approx([80, 10, 10], abs=1)
    assert splits == draw_splits(groups, rashes, SHARES, seed=1)
    assert splits != draw_splits(groups, rashes, SHARES, seed=2)


def test_a_share_of_nothing_gets_nothing() -> None:
    shares = {"train": 1.0, "validation": 0.0, "test": 0.0}
    assert set(draw_splits(["a", "b", "c"], [None] * 3, shares, 0)) == {"train"}
