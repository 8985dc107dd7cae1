"""Comparisons: which pictures a table holds, their recipes, and how a table is read back from its jobs."""

from dataclasses import fields, replace
from pathlib import Path

import pytest
from library_parts import RECIPE
from tiny_models import make_tiny_pipeline, tiny_card

from core.drawing.comparisons import (
    Axis,
    Comparison,
    comparison_recipes,
    is_comparison,
    kinds_of,
    read_comparison,
    value_of,
)
from core.drawing.composing import Wish
from core.errors import InputError, VocabularyError
from core.language.attributes import KINDS, Attributes
from core.language.vocabulary import load_vocabulary
from core.recipes import Recipe

ROWS, COLUMNS = Axis("rash", ("acne", "tinea")), Axis("tone", ("fair", "brown", "black"))
TABLE = Comparison(ROWS, COLUMNS, Attributes(sites=("foot",)))


@pytest.fixture(scope="module", autouse=True)
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("models") / "embedded").parent


@pytest.fixture(autouse=True)
def use_models(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(models))


def test_cells_are_all_pairs_row_by_row_and_keep_the_rest() -> None:
    assert [(cell.rash, cell.tone) for cell in TABLE.cells()] == [
        (rash, tone) for rash in ROWS.values for tone in COLUMNS.values
    ]
    assert {cell.sites for cell in TABLE.cells()} == {("foot",)}
    assert TABLE.count == 6


def test_recipes_differ_by_what_was_asked_to_differ_alone() -> None:
    recipes = comparison_recipes(TABLE, Wish(num_inference_steps=2, negative_prompt="blurry"))
    assert recipes[4].prompt == "tinea type of rash at the foot area on a brown skin"
    for name in ("seed", "num_inference_steps", "negative_prompt", "guidance_scale", "model_hash", "sites"):
        assert len({getattr(recipe, name) for recipe in recipes}) == 1
    assert comparison_recipes(TABLE, Wish(seed=5))[0].seed == 5


def test_a_value_the_model_was_not_taught_is_refused() -> None:
    table = Comparison(Axis("site", ("foot", "scalp")), COLUMNS, Attributes("tinea"))
    with pytest.raises(VocabularyError, match="scalp"):
        comparison_recipes(table, Wish())


@pytest.mark.parametrize("rows", KINDS)
@pytest.mark.parametrize("columns", KINDS)
def test_a_table_is_read_back_from_its_request_and_recipes(rows: str, columns: str) -> None:
    values = {
        "rash": ("tinea", "acne"),
        "site": ("palm",),
        "tone": ("brown", "fair"),
        "severity": ("mild", "severe"),
        "view": ("close_up",),
    }
    if rows == columns:
        with pytest.raises(InputError, match="two different"):
            Comparison(Axis(rows, values[rows]), Axis(columns, values[columns]), Attributes())
        return
    plain = {"rash": "eczema", "sites": ("face",), "tone": "black", "severity": "moderate", "view": None}
    taken = {"site": "sites"}
    for kind in (rows, columns):
        plain[taken.get(kind, kind)] = () if kind == "site" else None
    table = Comparison(Axis(rows, values[rows]), Axis(columns, values[columns]), Attributes(**plain))
    request = f"{table.purpose}0123456789abcdef"
    recipes = [_recipe(cell) for cell in table.cells()]
    assert is_comparison(request)
    assert read_comparison(request, recipes) == table


def _recipe(attributes: Attributes) -> Recipe:
    return replace(RECIPE, **{f.name: getattr(attributes, f.name) for f in fields(attributes)})


def test_other_requests_are_no_comparison() -> None:
    assert not is_comparison("0123456789abcdef")
    with pytest.raises(InputError, match="no comparison"):
        read_comparison("0123456789abcdef", [_recipe(Attributes())])


def test_an_axis_of_a_newer_version_is_named() -> None:
    with pytest.raises(InputError, match="'weather'"):
        read_comparison("compare.weather.tone.0123", [_recipe(Attributes())])


@pytest.mark.parametrize(
    ("rows", "columns", "words"),
    [
        (49, 1, "49 pictures"),
        (7, 7, "at most 48"),
        (1, 13, "13 columns"),
        (0, 3, "no row"),
        (3, 0, "no column"),
    ],
)
def test_tables_that_are_too_large_or_empty_are_refused_with_the_way_out(
    rows: int, columns: int, words: str
) -> None:
    axes = [Axis(kind, tuple(map(str, range(n)))) for kind, n in (("site", rows), ("rash", columns))]
    with pytest.raises(InputError, match=words):
        Comparison(*axes, Attributes())


def test_the_largest_table_is_allowed() -> None:
    values = tuple(map(str, range(12)))
    assert Comparison(Axis("site", values[:4]), Axis("rash", values), Attributes()).count == 48


def test_only_what_the_card_knows_is_offered_in_the_vocabularys_order() -> None:
    card = tiny_card()
    assert {kind: list(card.offered(kind)) for kind in KINDS} == {
        "rash": ["acne", "tinea", "clear"],
        "site": sorted(card.sites, key=list(load_vocabulary().sites).index),
        "tone": ["fair", "brown", "black"],
        "severity": [],
        "view": [],
    }
    assert kinds_of(card) == ("rash", "site", "tone")
    assert kinds_of(replace(card, severities=("mild", "severe"))) == ("rash", "site", "tone", "severity")


def test_clear_skin_beside_severities_is_refused_with_the_way_out() -> None:
    severities = Axis("severity", ("mild", "severe"))
    with pytest.raises(InputError, match="take clear skin out"):
        Comparison(Axis("rash", ("acne", "clear")), severities, Attributes(sites=("foot",)))
    with pytest.raises(InputError, match="take clear skin out"):
        Comparison(Axis("view", ("close_up",)), Axis("rash", ("clear",)), Attributes(severity="mild"))
    assert Comparison(Axis("rash", ("acne",)), severities, Attributes()).count == 2


def test_the_first_site_is_the_value_of_a_picture_of_two() -> None:
    assert value_of(Attributes(sites=("foot", "palm")), "site") == "foot"
    assert value_of(Attributes(), "site") is None
