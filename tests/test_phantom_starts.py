"""The clear-skin phantoms to start from: drawn by one command, found by site, tone and hash."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.drawing.phantom_starts import find_phantom, load_phantoms, phantom_of, prepare_phantom
from core.drawing.starts import StartKind, prepare_start, with_start
from core.errors import ImageFileError
from core.images import pixel_sha256
from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from core.recipes import Recipe
from core.settings import STARTS_DIR
from core.weights.model_cards import load_card
from training import render_starts
from training.phantoms.render import render_phantom

RECIPE = Recipe("tinea", 7, "tiny", 10, 2.0, "ddim", 256, 256, sites=("foot",), tone="brown")


def test_every_released_phantom_is_whole_and_named_by_its_pixels() -> None:
    words, phantoms = load_vocabulary(), load_phantoms()
    assert {one.tone for one in phantoms} == set(words.tones)
    assert len({one.sha256 for one in phantoms}) == len(phantoms) >= 20 * 6
    for one in phantoms:
        words.site(one.site)
        with Image.open(one.path) as image:
            assert (image.size, pixel_sha256(image)) == ((256, 256), one.sha256), one.path
    assert sum(path.stat().st_size for path in STARTS_DIR.iterdir()) < 1_500_000
    assert {path.name for path in STARTS_DIR.glob("*.webp")} == {one.path.name for one in phantoms}


@pytest.mark.embedded
def test_there_is_one_for_each_site_and_tone_of_the_embedded_model() -> None:
    card = load_card("embedded")
    missing = [(site, tone) for site in card.sites for tone in card.tones if find_phantom(site, tone) is None]
    assert missing == []


@pytest.mark.parametrize("size", [256, 64, 512])
def test_a_recipe_tells_which_phantom_it_started_from(size: int) -> None:
    phantom = find_phantom("foot", "fair")
    assert phantom is not None
    start = prepare_phantom(phantom, size, size)
    assert (start.kind, start.image().size) == (StartKind.PHANTOM, (size, size))
    recipe = with_start(replace(RECIPE, sites=("palm",), width=size, height=size), start, 0.5)
    assert phantom_of(recipe) == phantom
    other = prepare_start(start.image().rotate(180), size, size)
    assert phantom_of(with_start(recipe, other, 0.5)) is None
    assert phantom_of(replace(recipe, strength=None, start_hash=None)) is None


def test_what_there_is_no_phantom_of_is_not_found() -> None:
    assert find_phantom("foot", "monk_1") == find_phantom("foot", "pale")
    assert find_phantom("foot", "monk_10") == find_phantom("foot", "black")
    assert find_phantom("foot", None) is None
    assert find_phantom("kneecap", "fair") is None


def test_without_phantoms_there_are_none_and_damage_is_said(tmp_path: Path) -> None:
    assert load_phantoms(tmp_path) == ()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "index.json").write_text("{")
    with pytest.raises(ImageFileError, match=r"index\.json is damaged"):
        load_phantoms(tmp_path / "damaged")
    gone = replace(load_phantoms()[0], path=tmp_path / "gone.webp")
    with pytest.raises(ImageFileError, match=r"gone\.webp"):
        prepare_phantom(gone, 64, 64)


def test_the_command_draws_all_tones_of_a_site_alike_but_for_the_skin(tmp_path: Path) -> None:
    folder = tmp_path / "starts"
    assert render_starts.main(["--output", str(folder), "--sites", "cheek", "--seed", "5"]) == 0
    phantoms = load_phantoms(folder)
    assert [(one.site, one.tone) for one in phantoms] == [("cheek", tone) for tone in load_vocabulary().tones]
    assert json.loads((folder / "index.json").read_text())["seed"] == 5
    drawn = render_phantom(Attributes("clear", ("cheek",), "tan"), (5, 0), 256).image
    lightness = []
    for one in phantoms:
        pixels = np.asarray(prepare_phantom(one, 256, 256).image(), float)
        lightness.append(pixels[96:160, 64:128].mean())
        if one.tone == "tan":
            assert np.abs(pixels - drawn).mean() < 3
    assert lightness == sorted(lightness, reverse=True)
