"""About the model, and the measurement it shows."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from PIL import Image

from core.errors import ModelError
from core.measuring.measurements import MEASUREMENT_NAME, Confusion, load_measurement, write_measurement
from core.weights.model_cards import ModelCard, write_card
from core.worker import Worker
from pages.components.models.confusions import NO_SKIN, confusion_frame, heat_map
from pages.components.models.model_facts import figure_rows
from pages.components.wording import rash_label
from tests import app_scenes as scenes

MATRIX = {"asked": ["acne", "tinea"], "seen": ["acne", "tinea"], "counts": [[3, 1], [0, 4]]}

TONES = {"asked": ["fair"], "seen": ["fair", "none"], "counts": [[7, 1]]}
SITES = {"asked": ["foot"], "seen": ["foot"], "counts": [[8]]}
REPORT = {
    "count": 8,
    "command": "python -m training.evaluate --count 8",
    "tables": {"rash_confusion": MATRIX, "site_confusion": SITES, "tone_confusion": TONES},
    "pictures": [{"index": 0}],
}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the only model, without weights; no worker."""
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    folder = tmp_path / "models" / "embedded"
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text("{}")
    write_card(folder, ModelCard("embedded", "Embedded"))
    st.cache_resource.clear()
    opened = scenes.open_library(scenes.PERSON)
    yield folder
    opened.close()
    st.cache_resource.clear()


def test_about_shows_the_cards_figures_with_their_intervals(model: Path) -> None:
    figures = {"rash_accuracy": 0.84, "rash_accuracy_interval": [0.79, 0.88], "images": 360}
    notice = "Trained on drawn phantoms, not on patients; not for diagnosis."
    write_card(model, ModelCard("embedded", "Embedded", notice=notice, rashes=("acne",), figures=figures))
    Image.new("RGB", (20, 10)).save(model / "samples.webp")
    app = scenes.healthy(scenes.open_app("about"))
    words = scenes.texts(app)
    assert notice in words
    assert "84.0\u00a0%" in words and "79.0\u00a0% to 88.0\u00a0%" in words and "360" in words
    assert "What it can't do" in words
    assert len(app.get("image")) == 1


def test_figures_are_shares_in_percent_and_counts_as_they_are() -> None:
    rows = figure_rows({"kid": 0.14159, "images": 1200, "site_accuracy": 1.0, "judge": {"a": 1}, "ok": True})
    assert [(row["Measure"].replace("\\", ""), row["Value"]) for row in rows] == [
        ("Distance to phantoms as a set (KID)", "0.142"),
        ("Images", "1,200"),
        ("Site accuracy", "100.0\u00a0%"),
    ]


def test_what_is_best_possible_stands_beside_its_figure() -> None:
    figures = {
        "rash_all": 0.7,
        "rash_ceiling": 0.9,
        "site": 0.8,
        "site_ceiling": 0.95,
        "kid": 2.0,
        "kid_floor": 0.3,
    }
    rows = figure_rows({**figures, "rash_ceiling_interval": [0.8, 0.95], "held_out_drop": -0.012})
    assert [(row["Measure"].replace("\\", ""), row["Value"], row["At best"]) for row in rows] == [
        ("Rash as asked", "70.0\u00a0%", "90.0\u00a0%"),
        ("Body site as asked", "80.0\u00a0%", "95.0\u00a0%"),
        ("Distance to phantoms as a set (KID)", "2", "0.3"),
        ("Loss on combinations never seen in training", "-1.2\u00a0%", ""),
    ]


def test_a_measurement_is_kept_without_its_single_pictures(tmp_path: Path) -> None:
    written = json.loads(write_measurement(tmp_path, REPORT).read_text())
    assert "pictures" not in written and written["tables"] == REPORT["tables"]
    measurement = load_measurement(tmp_path)
    assert measurement is not None and measurement.count == 8
    assert measurement.confusions["rash"].counts == ((3, 1), (0, 4))


def test_a_model_without_a_measurement_has_none(tmp_path: Path) -> None:
    assert load_measurement(tmp_path) is None


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        json.dumps(REPORT | {"tables": REPORT["tables"] | {"rash_confusion": MATRIX | {"counts": [[1]]}}}),
    ],
)
def test_a_damaged_measurement_is_named_with_the_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / MEASUREMENT_NAME).write_text(text)
    with pytest.raises(ModelError, match=r"measurement\.json can't be read.*training\.evaluate"):
        load_measurement(tmp_path)


def test_the_matrix_becomes_shares_of_what_was_asked(tmp_path: Path) -> None:
    write_measurement(tmp_path, REPORT)
    measurement = load_measurement(tmp_path)
    assert measurement is not None
    frame = confusion_frame(measurement.confusions["rash"], "rash")
    assert frame["Share"].tolist() == [0.75, 0.25, 0.0, 1.0]
    assert frame.groupby("Asked")["Share"].sum().tolist() == [1.0, 1.0]
    assert NO_SKIN in confusion_frame(measurement.confusions["tone"], "tone")["Seen"].tolist()
    assert heat_map(frame, "Rash").to_dict()["layer"][0]["mark"]["type"] == "rect"


def test_what_the_judge_knows_and_the_model_was_never_asked_for_is_seen_alone() -> None:
    keys = ("acne", "viral", "tinea")
    frame = confusion_frame(Confusion(keys, keys, ((3, 1, 0), (0, 0, 0), (0, 0, 4))), "rash")
    assert set(frame["Asked"]) == {rash_label("acne"), rash_label("tinea")}
    assert frame["Share"].tolist() == [0.75, 0.25, 0.0, 0.0, 0.0, 1.0]


def test_about_shows_the_matrix_of_the_chosen_attribute(model: Path) -> None:
    write_measurement(model, REPORT)
    app = scenes.healthy(scenes.open_app("about"))
    assert "What it draws instead" in scenes.texts(app)
    assert len(app.get("vega_lite_chart")) == 1
    acne = rash_label("acne")
    matrix = next(table.value for table in app.table if acne in table.value.index)
    assert matrix.loc[acne, acne] == 3
    app.segmented_control(key="about_confusion").set_value("tone").run()
    assert any(NO_SKIN in getattr(table.value, "columns", ()) for table in app.table)


def test_about_says_nothing_of_matrices_without_a_measurement(model: Path) -> None:
    app = scenes.healthy(scenes.open_app("about"))
    assert "What it draws instead" not in scenes.texts(app)


def test_generate_tells_how_surely_the_chosen_words_are_drawn(model: Path) -> None:
    write_measurement(model, REPORT)
    app = scenes.healthy(scenes.open_app("generate"))
    app.selectbox(key="form_rash").select("acne")
    app.selectbox(key="form_site").select("foot").run()
    told = "Recognised by the judge: **Acne and rosacea** 3 of 4 · **Foot** 8 of 8 pictures"
    assert told in scenes.texts(app)
    app.selectbox(key="form_rash").select("eczema").run()
    assert "Recognised by the judge: **Foot** 8 of 8 pictures" in scenes.texts(app)
    app.selectbox(key="form_site").select("hand").run()
    assert "Recognised by" not in scenes.texts(app)


def test_generate_warns_of_what_seldom_comes_as_asked(model: Path) -> None:
    seldom = {**MATRIX, "counts": [[1, 3], [2, 2]]}
    write_measurement(model, REPORT | {"tables": REPORT["tables"] | {"rash_confusion": seldom}})
    app = scenes.healthy(scenes.open_app("generate"))
    app.selectbox(key="form_rash").select("acne")
    app.selectbox(key="form_site").select("foot").run()
    (warning,) = (str(w.value) for w in app.warning if "seldom draws" in str(w.value))
    assert "seldom draws **Acne and rosacea** so" in warning and "1 of 4 · **Foot** 8 of 8" in warning
    app.selectbox(key="form_rash").select(MATRIX["asked"][1]).run()
    assert not any("seldom draws" in str(w.value) for w in app.warning)


def test_a_damaged_measurement_stops_no_drawing(model: Path) -> None:
    (model / MEASUREMENT_NAME).write_text("{")
    assert "Recognised by" not in scenes.texts(scenes.healthy(scenes.open_app("generate")))
