"""Start pictures: prepared the same way each time, stored whole, checked against the recipe naming them."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.drawing.starts import (
    StartKind,
    StartPicture,
    check_start,
    find_start,
    prepare_start,
    read_start,
    start_path,
    store_start,
    with_start,
)
from core.errors import ImageFileError, InputError, RecipeError
from core.images import STARTED_DESCRIPTION, encode_png, pixel_sha256
from core.recipes import Recipe

RECIPE = Recipe("acne", 7, "tiny", 10, 2.0, "ddim", 32, 32)
NOISE = np.random.default_rng(0).integers(0, 255, (90, 150, 3)).astype(np.uint8)
PHOTOGRAPH = Image.fromarray(NOISE)


@pytest.fixture
def start() -> StartPicture:
    return prepare_start(PHOTOGRAPH, 32, 32)


def test_the_middle_is_taken_in_the_shape_of_the_drawing() -> None:
    stripes = Image.new("RGB", (300, 100), "red")
    stripes.paste("green", (100, 0, 200, 100))
    for width, height in ((64, 64), (96, 64), (32, 64)):
        image = prepare_start(stripes, width, height).image()
        assert image.size == (width, height)
    middle = np.asarray(prepare_start(stripes, 64, 64).image(), int)[:, 2:-2]
    assert np.abs(middle - (0, 128, 0)).max() <= 2


def test_preparing_twice_changes_nothing(start: StartPicture) -> None:
    again = prepare_start(start.image(), 32, 32)
    assert (again.sha256, again.png) == (start.sha256, start.png)
    assert start.sha256 == pixel_sha256(start.image())


def test_the_stored_file_holds_pixels_and_nothing_else() -> None:
    marked = PHOTOGRAPH.copy()
    marked.info["comment"] = b"ward 7"
    with Image.open(BytesIO(prepare_start(marked, 32, 32).png)) as stored:
        assert stored.info == {}


@pytest.mark.parametrize("kind", StartKind)
def test_a_stored_start_is_found_and_read_back(start: StartPicture, kind: StartKind, tmp_path: Path) -> None:
    recipe = with_start(RECIPE, start, 0.5)
    path = store_start(tmp_path, replace(start, kind=kind))
    assert path == start_path(tmp_path, kind, start.sha256)
    assert find_start(tmp_path, start.sha256) == (kind, path)
    image = read_start(tmp_path, recipe)
    assert image is not None and pixel_sha256(image) == start.sha256
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


def test_a_start_that_is_gone_or_altered_is_said(start: StartPicture, tmp_path: Path) -> None:
    recipe = with_start(RECIPE, start, 0.5)
    assert read_start(tmp_path, RECIPE) is None
    with pytest.raises(InputError, match=r"not to be kept.*Upload the same photograph again"):
        read_start(tmp_path, recipe)
    other = prepare_start(PHOTOGRAPH.rotate(180), 32, 32)
    store_start(tmp_path, replace(other, sha256=start.sha256))
    with pytest.raises(ImageFileError, match="altered"):
        read_start(tmp_path, recipe)


def test_a_recipe_is_drawn_from_the_picture_it_names_alone(start: StartPicture) -> None:
    recipe = with_start(RECIPE, start, 0.5)
    check_start(recipe, start.image())
    check_start(RECIPE, None)
    for wrong, image in ((recipe, None), (recipe, start.image().rotate(90)), (RECIPE, start.image())):
        with pytest.raises(InputError, match="start picture given"):
            check_start(wrong, image)
    with pytest.raises(InputError, match="32 x 32, the recipe draws 64 x 64"):
        check_start(replace(recipe, width=64, height=64), start.image())


# The recipe


def test_a_recipe_without_a_start_is_written_as_before_and_old_ones_are_read() -> None:
    assert not {"strength", "start_hash"} & RECIPE.to_dict().keys()
    assert Recipe.from_json(RECIPE.to_json()) == RECIPE


def test_strength_and_hash_survive_the_recipe_s_json(start: StartPicture) -> None:
    recipe = with_start(RECIPE, start, 0.35)
    again = Recipe.from_json(recipe.to_json())
    assert (again, again.strength, again.start_hash) == (recipe, 0.35, start.sha256)


@pytest.mark.parametrize(
    ("strength", "start_hash", "words"),
    [
        (0.5, None, "needs both"),
        (None, "a" * 64, "needs both"),
        (0.0, "a" * 64, "above 0 and at most 1"),
        (1.01, "a" * 64, "above 0 and at most 1"),
        (True, "a" * 64, "above 0 and at most 1"),
        (float("nan"), "a" * 64, "above 0 and at most 1"),
        ("0.5", "a" * 64, "above 0 and at most 1"),
        (0.5, "skin.jpg", "64 hexadecimal digits"),
        (0.05, "a" * 64, "of 10 steps none would be drawn. Choose a strength of at least 0.1, or more"),
    ],
)
def test_a_start_that_makes_no_sense_is_refused(strength: float, start_hash: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        replace(RECIPE, strength=strength, start_hash=start_hash)


@pytest.mark.parametrize("steps", range(1, 60))
def test_the_strength_that_is_advised_draws_a_step(steps: int) -> None:
    with pytest.raises(RecipeError) as caught:
        replace(RECIPE, num_inference_steps=steps, strength=1e-6, start_hash="a" * 64)
    advised = float(str(caught.value).split("at least ")[1].split(",")[0])
    assert replace(RECIPE, num_inference_steps=steps, strength=advised, start_hash="a" * 64).steps_drawn >= 1


def test_the_file_of_such_a_drawing_does_not_claim_to_show_nobody(start: StartPicture) -> None:
    content = encode_png(PHOTOGRAPH, with_start(RECIPE, start, 0.5))
    with Image.open(BytesIO(content)) as image:
        assert image.info["Description"] == STARTED_DESCRIPTION
    assert "synthetic image" in STARTED_DESCRIPTION and "no real person" not in STARTED_DESCRIPTION
