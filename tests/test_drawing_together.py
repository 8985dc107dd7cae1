"""Several recipes in one call are the pictures that each would be by itself."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_models import make_tiny_pipeline

from core.drawing.composing import Wish, compose_recipe
from core.drawing.loading import Pipeline, load_pipeline
from core.drawing.pipeline import draw, draw_together
from core.errors import GenerationError, InputError, PromptError, RecipeError
from core.language.attributes import Attributes
from core.recipes import Recipe
from training.evaluation import drawing
from training.evaluation.drawing import SECONDS_NAME, draw_requests
from training.evaluation.plan import Request


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def loaded(model: Path) -> Pipeline:
    return load_pipeline(model)


def wishes(model: Path, **changes: object) -> list[Recipe]:
    wish = Wish(model=str(model), **changes)  # type: ignore[arg-type]
    asked = [("acne", "face", "fair"), ("tinea", "foot", "brown"), ("clear", "face", "fair")]
    return [
        compose_recipe(replace(wish, attributes=Attributes(rash, (site,), tone), seed=seed))
        for seed, (rash, site, tone) in enumerate(asked, 3)
    ]


@pytest.mark.parametrize("scheduler", ["ddim", "euler_a"])
def test_they_are_the_pictures_of_each_alone(loaded, model, scheduler):
    recipes = wishes(model, scheduler=scheduler)
    together, alone = draw_together(loaded, recipes), [draw(loaded, recipe) for recipe in recipes]
    for one, other in zip(together, alone, strict=True):
        assert np.abs(np.asarray(one, int) - np.asarray(other, int)).max() <= 2
    assert not np.array_equal(np.asarray(together[0]), np.asarray(together[1]))


def test_none_are_no_pictures_and_other_settings_are_refused(loaded, model):
    assert draw_together(loaded, []) == []
    first, second, _ = wishes(model)
    with pytest.raises(RecipeError, match="prompts and seeds alone"):
        draw_together(loaded, [first, replace(second, guidance_scale=first.guidance_scale + 1)])


def test_each_is_checked_before_any_is_drawn(loaded, model, monkeypatch):
    first, second, _ = wishes(model)
    monkeypatch.setattr("core.drawing.pipeline._draw", lambda *_: pytest.fail("drawn"))
    with pytest.raises(PromptError):
        draw_together(loaded, [first, replace(second, prompt="")])
    with pytest.raises(InputError):
        draw_together(loaded, [replace(r, start_hash="0" * 64, strength=0.5) for r in (first, second)])


def test_what_fails_is_said_and_the_pipeline_is_free_again(loaded, model, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("out of luck")

    with monkeypatch.context() as patch, pytest.raises(GenerationError, match="out of luck"):
        patch.setattr("core.drawing.pipeline._draw", fail)
        draw_together(loaded, wishes(model))
    assert not loaded.lock.locked()


def requests(count: int) -> list[Request]:
    return [Request(i, Attributes("acne", ("face",), "fair"), seed=40 + i) for i in range(count)]


def test_some_are_timed_alone_and_an_interrupted_folder_is_gone_on_with(model, tmp_path, monkeypatch):
    monkeypatch.setattr(drawing, "TOGETHER", 2)
    sizes = []
    monkeypatch.setattr(
        drawing, "draw_together", lambda pipeline, of: sizes.append(len(of)) or draw_together(pipeline, of)
    )
    wish = Wish(model=str(model))
    drawn = draw_requests(wish, requests(5), tmp_path, timed=2)
    assert [one.seconds is not None for one in drawn] == [True, True, False, False, False]
    assert sizes == [2, 1] and all(one.path.is_file() for one in drawn)
    drawn[0].path.unlink()
    drawn[3].path.unlink()
    again = draw_requests(wish, requests(5), tmp_path, timed=2)
    assert [one.seconds is not None for one in again] == [True, True, False, False, False]
    assert sizes == [2, 1, 1] and all(one.path.is_file() for one in again)
    kept = json.loads((tmp_path / SECONDS_NAME).read_text())
    assert kept == {one.path.name: one.seconds for one in again[:2]}
    assert draw_requests(wish, requests(5), tmp_path, timed=2) == again and sizes == [2, 1, 1]


def test_times_of_another_model_are_not_taken_over(model, tmp_path):
    draw_requests(Wish(model=str(model)), requests(2), tmp_path, timed=2)
    other = draw_requests(Wish(model=str(model), seed=None, guidance_scale=1.5), requests(2), tmp_path)
    assert [one.seconds for one in other] == [None, None]
