"""From a wish to a recipe: checked against vocabulary, card and tokenizer, and completed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_models import make_encoder, make_tiny_pipeline, tiny_card, wordy_card

import core
from core.drawing.composing import Wish, across_tones, compose, compose_recipe, series
from core.errors import ModelMissingError, PromptError, RecipeError, VocabularyError
from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.recipes import SEED_MAX, Recipe
from core.weights.model_cards import load_card, write_card

TINEA = Attributes("tinea", ("foot",), "brown")
CAPTION = "tinea type of rash at the foot area on a brown skin"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "embedded")
    return folder


@pytest.fixture(autouse=True)
def model(models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(models))
    return models / "embedded"


def test_attributes_become_their_caption_and_the_cards_settings() -> None:
    recipe = compose_recipe(Wish(TINEA, seed=7))
    assert (recipe.prompt, recipe.caption) == (CAPTION, CAPTION)
    assert (recipe.rash, recipe.sites, recipe.tone) == ("tinea", ("foot",), "brown")
    assert (recipe.num_inference_steps, recipe.guidance_scale, recipe.scheduler) == (3, 2.0, "ddim")
    assert (recipe.height, recipe.width, recipe.seed, recipe.model) == (32, 32, 7, "embedded")


def test_a_recipe_knows_its_weights_and_versions() -> None:
    recipe = compose_recipe(Wish(TINEA))
    assert len(recipe.model_hash) == len(recipe.text_encoder_hash) == 64
    assert set(recipe.versions) == {"script2skin", "torch", "diffusers", "transformers"}
    assert recipe.versions["script2skin"] == core.__version__


def test_the_version_is_the_projects() -> None:
    import tomllib

    project = tomllib.loads((Path(core.__file__).parent.parent / "pyproject.toml").read_text())
    assert project["project"]["version"] == core.__version__


def test_a_prompt_is_drawn_as_it_stands_and_read_back() -> None:
    composition = compose(Wish(prompt="show tinea on brown skin on the foot"))
    assert composition.recipe.prompt == "show tinea on brown skin on the foot"
    assert composition.recipe.caption is None
    assert (composition.recipe.rash, composition.recipe.sites) == ("tinea", ("foot",))


def test_an_edited_caption_keeps_the_template_beside_it_and_is_read_again() -> None:
    recipe = compose_recipe(Wish(TINEA, prompt="acne type of rash at the foot area on a brown skin"))
    assert recipe.caption == CAPTION
    assert recipe.prompt.startswith("acne")
    assert recipe.rash == "acne"


def test_a_chosen_entry_the_model_was_not_taught_is_refused_with_what_it_knows() -> None:
    with pytest.raises(VocabularyError, match=r"not taught the rash 'eczema'.*acne, tinea, clear"):
        compose(Wish(Attributes("eczema", ("foot",), "brown")))
    with pytest.raises(VocabularyError, match=r"not taught the site 'scalp'.*face, foot, palm"):
        compose(Wish(Attributes("acne", ("foot", "scalp"), "brown")))


def test_an_entry_of_no_vocabulary_is_refused() -> None:
    with pytest.raises(VocabularyError, match="Unknown rash 'measels'"):
        compose(Wish(Attributes("measels", ("foot",), "brown")))


def test_a_written_word_the_model_was_not_taught_is_said_and_drawn() -> None:
    composition = compose(Wish(prompt="eczema on fair skin at the face area"))
    assert composition.recipe.rash == "eczema"
    assert any("not taught the rash 'eczema'" in note for note in composition.notes)


@pytest.mark.parametrize(
    "wish", [Wish(), Wish(prompt=""), Wish(prompt="  "), Wish(TINEA, prompt=""), Wish(Attributes())]
)
def test_nothing_to_draw_is_refused(wish: Wish) -> None:
    with pytest.raises(PromptError):
        compose(wish)


def test_a_long_prompt_is_refused_before_anything_is_drawn() -> None:
    with pytest.raises(PromptError, match="77"):
        compose(Wish(prompt="tinea " * 2000))


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"seed": -1}, "seed is -1"),
        ({"seed": SEED_MAX + 1}, "seed is 4294967296"),
        ({"num_inference_steps": 0}, "num_inference_steps is 0"),
        ({"guidance_scale": 99.0}, "guidance_scale is 99"),
        ({"scheduler": "fast"}, "'fast'"),
        ({"height": 36}, "height is 36"),
    ],
)
def test_a_setting_out_of_range_is_refused_with_its_value(settings: dict[str, object], named: str) -> None:
    with pytest.raises(RecipeError, match=named):
        compose(Wish(TINEA, **settings))  # type: ignore[arg-type]


def test_a_size_the_autoencoder_cannot_make_is_refused(models: Path) -> None:
    from tiny_models import edit_json

    deep = make_tiny_pipeline(models / "deep")
    edit_json(deep / "vae" / "config.json", block_out_channels=[8] * 5)
    with pytest.raises(RecipeError, match="width is 40; this model draws multiples of 16"):
        compose(Wish(TINEA, model="deep", width=40))


def test_a_missing_seed_is_drawn_afresh() -> None:
    assert len({compose_recipe(Wish(TINEA)).seed for _ in range(5)}) > 1


def test_a_missing_model_is_named() -> None:
    with pytest.raises(ModelMissingError, match="nowhere"):
        compose(Wish(TINEA, model="nowhere"))


def test_another_text_encoder_changes_its_hash_alone(tmp_path: Path) -> None:
    stock = compose_recipe(Wish(TINEA, seed=1))
    tuned = compose_recipe(Wish(TINEA, seed=1, text_encoder=str(make_encoder(tmp_path / "tuned"))))
    assert tuned.model_hash == stock.model_hash
    assert tuned.text_encoder_hash != stock.text_encoder_hash


def test_a_series_differs_by_seed_alone() -> None:
    recipe = compose_recipe(Wish(TINEA, seed=7))
    assert [r.seed for r in series(recipe, 3)] == [7, 8, 9]
    assert {r.with_seed(0) for r in series(recipe, 3)} == {recipe.with_seed(0)}


@pytest.mark.parametrize("count", [0, -1, 9, 1_000_000])
def test_too_few_or_too_many_pictures_are_refused(count: int) -> None:
    with pytest.raises(RecipeError, match=f"count is {count}"):
        series(compose_recipe(Wish(TINEA, seed=7)), count)


def test_a_series_past_the_last_seed_is_refused() -> None:
    with pytest.raises(RecipeError, match="seed is 4294967296"):
        series(compose_recipe(Wish(TINEA, seed=SEED_MAX)), 2)


def test_across_tones_keeps_the_seed_and_takes_every_tone_the_model_knows() -> None:
    recipes = across_tones(Wish(TINEA))
    assert [r.tone for r in recipes] == ["fair", "brown", "black"]
    assert len({r.seed for r in recipes}) == 1
    assert recipes[1].prompt == CAPTION


def test_across_tones_runs_from_pale_to_black_whatever_order_the_card_has(model: Path) -> None:
    card = load_card("embedded")
    write_card(model, replace(card, tones=("black", "brown", "fair")))
    try:
        assert [r.tone for r in across_tones(Wish(TINEA))] == ["fair", "brown", "black"]
    finally:
        write_card(model, card)


@pytest.fixture
def wordy(model: Path) -> Iterator[None]:
    """The model, its card knowing severities, views and the Monk scale."""
    card = load_card("embedded")
    write_card(model, wordy_card())
    yield
    write_card(model, card)


@pytest.mark.usefixtures("wordy")
def test_severity_and_view_stand_in_caption_and_recipe() -> None:
    recipe = compose_recipe(Wish(replace(TINEA, severity="severe", view="close_up")))
    assert recipe.prompt == f"severe {CAPTION}, close-up"
    assert recipe.attributes == replace(TINEA, severity="severe", view="close_up")
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert {"severity", "view"} <= recipe.to_dict().keys()


def test_a_recipe_without_them_is_written_as_before_there_were_any() -> None:
    recipe = compose_recipe(Wish(TINEA, seed=7))
    assert not {"severity", "view"} & recipe.to_dict().keys()
    older = {**recipe.to_dict()}
    assert (
        Recipe.from_dict(older).to_json()
        == recipe.to_json()
        == json.dumps(older, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    )


@pytest.mark.parametrize(("kind", "key"), [("severity", "mild"), ("view", "close_up")])
def test_a_severity_or_view_the_model_does_not_know_is_refused_or_said(kind: str, key: str) -> None:
    chosen: dict[str, Any] = {kind: key}
    with pytest.raises(VocabularyError, match=f"not taught the {kind} '{key}'.*It knows no {kind}."):
        compose(Wish(replace(TINEA, **chosen)))
    composition = compose(Wish(prompt=compose_caption(replace(TINEA, **chosen))))
    assert any(f"It knows no {kind}." in note for note in composition.notes)
    assert getattr(composition.recipe, kind) == key


@pytest.mark.usefixtures("wordy")
def test_a_monk_step_is_read_as_itself_only_by_a_model_that_knows_it(model: Path) -> None:
    assert compose_recipe(Wish(prompt="tinea on the foot, Monk 4 skin")).tone == "monk_4"
    write_card(model, tiny_card())
    assert compose_recipe(Wish(prompt="tinea on the foot, Monk 4 skin")).tone == "fair"


@pytest.mark.usefixtures("wordy")
def test_across_tones_stays_on_the_scale_that_was_asked() -> None:
    assert [r.tone for r in across_tones(Wish(TINEA))] == ["fair", "brown", "black"]
    steps = across_tones(Wish(replace(TINEA, tone="monk_4")))
    assert [r.tone for r in steps] == [f"monk_{step}" for step in range(1, 11)]


def test_a_rash_where_it_does_not_occur_is_drawn_with_a_note() -> None:
    assert compose(Wish(Attributes("acne", ("palm",), "fair"))).notes == ("Acne does not occur on the palm.",)
    assert compose(Wish(TINEA)).notes == ()


def test_across_tones_needs_attributes() -> None:
    with pytest.raises(VocabularyError):
        across_tones(Wish(prompt="tinea"))
