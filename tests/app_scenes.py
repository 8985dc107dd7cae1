"""Scenes for page tests: a library with pictures in it, the app opened on a page, a job drawn by hand."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest, app_test

from core.images import store_image
from core.jobs import DrawnImage
from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.recipes import Recipe
from core.settings import Settings
from db.records import Generation
from db.repository import Repository, open_repository

APP = str(Path(__file__).resolve().parent.parent / "streamlit_app.py")
PERSON = "Dr Amari"
OTHER = "Dr Lund"
PAGES = (
    *("generate", "compare", "history", "review", "study", "studies", "insights", "datasets"),
    *("studio", "training", "models", "verify", "about"),
)


class RunningServer(PagesManager):
    """A server that has run st.navigation before. AppTest otherwise forgets that at each run and takes the
    folder ``pages`` for Streamlit's older kind of multipage app."""


PagesManager.uses_pages_directory = False
app_test.PagesManager = RunningServer


def open_library(*people: str) -> Repository:
    """The library named by the environment, with these people in it, the first one chosen by default."""
    repository = open_repository(Settings.from_environment())
    for name in people or (PERSON,):
        repository.users.ensure(name, "lead")
    return repository


def open_app(page: str = "generate", seconds: float = 60) -> AppTest:
    """The app on one page, as a new session."""
    app = AppTest.from_file(APP, default_timeout=seconds).run()
    return app if page == "generate" else app.switch_page(f"pages/{page}.py").run()


def recipe_for(rash: str = "tinea", site: str = "foot", tone: str = "brown", seed: int = 7) -> Recipe:
    """A recipe as the form composes it, for the tiny model."""
    return recipe_of(Attributes(rash, (site,), tone), seed)


def recipe_of(asked: Attributes, seed: int = 7) -> Recipe:
    """The same, for any attributes."""
    caption = compose_caption(asked)
    return Recipe(
        prompt=caption,
        caption=caption,
        seed=seed,
        model="tiny",
        num_inference_steps=3,
        guidance_scale=2.0,
        scheduler="ddim",
        height=32,
        width=32,
        rash=asked.rash,
        sites=asked.sites,
        tone=asked.tone,
        severity=asked.severity,
        view=asked.view,
    )


def drawn(repository: Repository, recipe: Recipe) -> DrawnImage:
    """Files of a picture of noise, a different one for each seed and prompt."""
    return store_image(repository.library, noise(recipe), recipe, 1.5)


def noise(recipe: Recipe) -> Image.Image:
    """32 x 32 pixels, different ones for each seed and prompt."""
    pixels = np.random.default_rng([recipe.seed, len(recipe.prompt)]).integers(0, 255, (32, 32, 3))
    return Image.fromarray(pixels.astype(np.uint8))


def add_picture(repository: Repository, recipe: Recipe, owner: str = PERSON) -> Generation:
    """A picture in the library."""
    key = repository.generations.add(owner, drawn(repository, recipe))
    return repository.generations.get(key, owner)


def draw_by_hand(repository: Repository, worker: str = "hand") -> int:
    """Does a worker's part for every waiting job; returns how many there were."""
    count = 0
    while job := repository.jobs.take(worker, 60):
        repository.jobs.finish(job.id, worker, drawn(repository, replace(job.recipe)))
        count += 1
    return count


def texts(app: AppTest) -> str:
    """All words on the page without Markdown's escapes, for finding what must or must not be there."""
    kinds = ("title", "markdown", "caption", "text", "error", "warning", "info", "success", "toast")
    shown = [str(element.value) for kind in kinds for element in app.get(kind)]
    labels = [str(getattr(element, "label", "")) for element in (*app.button, *app.get("expander"))]
    tables = [str(table.value.to_string()) for table in app.table]
    return re.sub(r"\\([^\w\s])", r"\1", "\n".join([*shown, *labels, *tables]))


def everything(app: AppTest) -> str:
    """All that was sent to the browser for the main part of the page, as text: tooltips and alt texts too."""
    return "\n".join(str(getattr(node, "proto", "")) for node in app.main)


def press(app: AppTest, key: str) -> AppTest:
    """Presses the button of this key."""
    return app.button(key=key).click().run()


def healthy(app: AppTest) -> AppTest:
    """Fails with the page's own words if it raised or shows an error."""
    assert not app.exception, [element.value for element in app.exception]
    assert not app.error, [element.value for element in app.error]
    return app
