"""Draws the pictures of a measurement through the app's own pipeline, keeping each as soon as it is made.

Some are drawn one by one, as the app does, and timed; the others several at once.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.drawing.composing import Wish, compose_recipe
from core.drawing.pipeline import Pipeline, draw, draw_together, load_for
from core.errors import ImageFileError
from core.images import read_recipe, write_png
from core.recipes import Recipe
from training.evaluation.plan import Request

SECONDS_NAME = "seconds.json"
TIMED = 24
"""Pictures drawn one by one, where their time is wanted: its mean is known to a few hundredths then."""

TOGETHER = 12
"""Pictures drawn at once: more are no faster."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture on disk, and how long its pipeline call took if it was drawn by itself."""

    request: Request
    path: Path
    recipe: Recipe
    seconds: float | None


def draw_requests(drawing: Wish, requests: Sequence[Request], folder: Path, timed: int = 0) -> list[Drawn]:
    """Draws what is not in ``folder`` yet, by caption or prompt and the model's default settings, with the
    model, text encoder and LoRA of ``drawing``; ``timed`` of them one by one.

    A picture is taken as it is if its file holds the very recipe that would draw it now: pictures of another
    model or of other settings are drawn again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    recipes = [_recipe(drawing, request) for request in requests]
    pairs = list(zip(requests, recipes, strict=True))
    missing = [(r, recipe) for r, recipe in pairs if not _is_drawn(folder / _name(r), recipe)]
    again = {_name(request) for request, _ in missing}
    seconds = {name: taken for name, taken in _read_seconds(folder).items() if name not in again}
    done = 0
    for names in _draw_missing(missing, folder, seconds, timed):
        before, done = done, done + len(names)
        if done // 20 > before // 20 or done == len(missing):
            print(f"{done}/{len(missing)} pictures drawn (last: {names[-1]})", flush=True)
    return [Drawn(r, folder / _name(r), recipe, seconds.get(_name(r))) for r, recipe in pairs]


def _draw_missing(
    missing: Sequence[tuple[Request, Recipe]], folder: Path, seconds: dict[str, float], timed: int
) -> Iterator[list[str]]:
    """Names of pictures as they are made; ``seconds`` takes up how long those alone took."""
    if not missing:
        return
    pipeline = load_for(missing[0][1])
    alone = max(0, timed - len(seconds))
    for request, recipe in missing[:alone]:
        start = time.perf_counter()
        image = draw(pipeline, recipe)
        seconds[_name(request)] = time.perf_counter() - start
        write_png(folder / _name(request), image, recipe)
        _write_seconds(folder, seconds)
        yield [_name(request)]
    for first in range(alone, len(missing), TOGETHER):
        yield _draw_group(pipeline, missing[first : first + TOGETHER], folder)


def _draw_group(pipeline: Pipeline, group: Sequence[tuple[Request, Recipe]], folder: Path) -> list[str]:
    images = draw_together(pipeline, [recipe for _, recipe in group])
    for image, (request, recipe) in zip(images, group, strict=True):
        write_png(folder / _name(request), image, recipe)
    return [_name(request) for request, _ in group]


def _recipe(drawing: Wish, request: Request) -> Recipe:
    if request.prompt is None:
        return compose_recipe(replace(drawing, attributes=request.attributes, seed=request.seed))
    return compose_recipe(replace(drawing, prompt=request.prompt, seed=request.seed))


def _name(request: Request) -> str:
    return f"{request.index:05d}.png"


def _is_drawn(path: Path, recipe: Recipe) -> bool:
    if not path.is_file():
        return False
    try:
        return read_recipe(path)[0] == recipe
    except ImageFileError:
        return False


def _read_seconds(folder: Path) -> dict[str, float]:
    try:
        found: dict[str, float] = json.loads((folder / SECONDS_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _write_seconds(folder: Path, seconds: dict[str, float]) -> None:
    temporary = folder / (SECONDS_NAME + ".tmp")
    temporary.write_text(json.dumps(seconds), encoding="utf-8")
    temporary.replace(folder / SECONDS_NAME)
