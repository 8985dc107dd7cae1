"""Model cards: what a model knows, its defaults, and which models are offered."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ModelError
from core.language.attributes import KINDS, Attributes
from core.language.vocabulary import load_vocabulary
from core.settings import Settings
from core.weights.model_cards import CARD_FILE, DrawingDefaults, ModelCard, list_models, load_card, write_card


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def make_folder(models: Path, name: str, card: ModelCard | None = None) -> Path:
    folder = models / name
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text("{}")
    if card is not None:
        write_card(folder, card)
    return folder


def card_of(name: str) -> ModelCard:
    return ModelCard(
        source=name,
        label="Ours",
        rashes=("acne", "tinea"),
        sites=("foot",),
        tones=("fair",),
        defaults=DrawingDefaults(12, 3.0, "ddim", 256, 256),
        figures={"site": 0.9, "site_interval": [0.85, 0.95]},
        licence="Apache-2.0",
        origin="drawn phantoms",
    )


def test_a_card_reads_back_as_it_was_written(models: Path) -> None:
    make_folder(models, "embedded", card_of("embedded"))
    assert load_card("embedded") == card_of("embedded")


def test_a_renamed_folder_carries_its_new_name_as_source(models: Path) -> None:
    make_folder(models, "embedded", card_of("embedded")).rename(models / "older")
    assert load_card("older").source == "older"


def test_a_folder_without_a_card_gets_stable_diffusions_defaults_and_knows_every_word(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "sd")
    card = load_card(folder)
    assert card.defaults == DrawingDefaults(25, 7.5, "unipc", 512, 512)
    assert card.source == str(folder)
    assert card.unknown(Attributes("vasculitis", ("groin",), "tan", "mild", "close_up")) == ()
    assert card.unknown(Attributes(tone="monk_4")) == () and card.knows_monk
    assert all(list(card.offered(kind)) == list(load_vocabulary().entries(kind)) for kind in KINDS)


def test_a_card_of_before_severities_and_views_knows_none(models: Path) -> None:
    path = make_folder(models, "embedded", card_of("embedded")) / CARD_FILE
    values = json.loads(path.read_text())
    path.write_text(json.dumps({k: v for k, v in values.items() if k not in ("severities", "views")}))
    card = load_card("embedded")
    assert card.unknown(Attributes("acne", (), None, "mild", "close_up")) == (
        ("severity", "mild"),
        ("view", "close_up"),
    )
    assert card.offered("severity") == card.offered("view") == {} and not card.knows_monk


def test_a_card_names_the_severities_and_views_that_its_model_knows() -> None:
    card = replace(card_of("x"), severities=("severe", "mild"), views=("close_up",), tones=("fair", "monk_4"))
    assert list(card.offered("severity")) == ["mild", "severe"] and card.knows_monk
    assert card.unknown(Attributes("acne", (), "monk_4", "moderate", "close_up")) == (
        ("severity", "moderate"),
    )


def test_a_card_names_what_its_model_was_not_taught() -> None:
    asked = Attributes("vasculitis", ("foot", "groin"), "tan")
    assert card_of("x").unknown(asked) == (("rash", "vasculitis"), ("site", "groin"), ("tone", "tan"))
    assert card_of("x").unknown(Attributes("tinea", ("foot",), None)) == ()


@pytest.mark.parametrize("text", ["{", "[]", '{"rashes": "acne"}', '{"defaults": {"speed": 1}}'])
def test_a_broken_card_is_named_when_its_model_is_asked_for(models: Path, text: str) -> None:
    (make_folder(models, "embedded") / CARD_FILE).write_text(text)
    with pytest.raises(ModelError, match=CARD_FILE):
        load_card("embedded")


def test_a_broken_card_does_not_hide_the_other_models(models: Path) -> None:
    (make_folder(models, "broken") / CARD_FILE).write_text("{")
    make_folder(models, "embedded", card_of("embedded"))
    first, second = list_models(Settings.from_environment())
    assert (first.label, second.source) == ("Ours", "broken")
    assert "can't be read" in second.notice


def test_models_are_listed_with_the_embedded_first_and_other_folders_left_out(models: Path) -> None:
    for name in ("aardvark", "embedded", "zebra"):
        make_folder(models, name)
    (models / "judge").mkdir()
    assert [c.source for c in list_models(Settings.from_environment())] == ["embedded", "aardvark", "zebra"]


def test_no_models_folder_lists_nothing(models: Path) -> None:
    assert list_models(Settings.from_environment()) == []


def test_entries_of_a_newer_card_are_passed_over(models: Path) -> None:
    path = make_folder(models, "embedded", card_of("embedded")) / CARD_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), "seasons": ["summer"]}))
    assert load_card("embedded") == card_of("embedded")
