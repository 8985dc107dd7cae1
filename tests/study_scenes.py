"""A library for reader studies: released clear-skin phantoms with a drawn patch stand in for pictures."""

from itertools import cycle, islice, product
from pathlib import Path

from photograph_folders import encoded, prepared, put
from PIL import Image, ImageDraw, ImageFilter

from core.drawing.phantom_starts import find_phantom
from core.images import store_image
from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.photographs.datasets import Dataset
from db.repository import Repository
from tests import app_scenes as scenes

RASHES, SITES, TONES = ("tinea", "acne"), ("foot", "cheek", "back"), ("fair", "brown")
COLOURS = {"tinea": (150, 70, 60), "acne": (190, 60, 70)}
SIDE = 128


def skin(asked: Attributes, seed: int) -> Image.Image:
    """The phantom of site and tone, a patch of the rash's colour on it, at another place for each seed."""
    phantom = find_phantom(asked.sites[0], asked.tone)
    assert phantom is not None and asked.rash is not None
    with Image.open(phantom.path) as file:
        ground = file.convert("RGB").resize((SIDE, SIDE))
    patch = Image.new("L", ground.size)
    x, y = 24 + seed * 37 % 60, 24 + seed * 23 % 60
    ImageDraw.Draw(patch).ellipse((x, y, x + 28, y + 24), fill=150)
    ground.paste(COLOURS[asked.rash], mask=patch.filter(ImageFilter.GaussianBlur(3)))
    return ground


def asked_for(count: int) -> list[Attributes]:
    """Combinations of two rashes, three sites and two tones, over and over."""
    ways = [Attributes(rash, (site,), tone) for rash, site, tone in product(RASHES, SITES, TONES)]
    return list(islice(cycle(ways), count))


def add_pictures(repository: Repository, count: int, owner: str = scenes.PERSON) -> list[int]:
    """Puts so many pictures into the library, with recipe and file; returns their ids."""
    found = []
    for seed, asked in enumerate(asked_for(count)):
        drawn = store_image(repository.library, skin(asked, seed), scenes.recipe_of(asked, seed), 1.0)
        found.append(repository.generations.add(owner, drawn))
    return found


def add_photographs(folder: Path, count: int, work: Path) -> Dataset:
    """A prepared dataset of so many photographs whose captions name rash, site and tone."""
    for index, asked in enumerate(asked_for(count)):
        image = skin(asked, 100 + index).resize((200, 150)).rotate(7 * index)
        put(work / f"{index:02d}.jpg", encoded(image))
        put(work / f"{index:02d}.txt", compose_caption(asked))
    return prepared(work, folder)
