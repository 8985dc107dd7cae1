"""Insights without a browser: figures, parts, the pictures behind marks, roles, and what few data may say."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.measuring.readings import Reading
from core.review.checklists import CRITERIA
from core.review.shares import mean_of_sums
from core.worker import Worker
from db.insight_records import Cell, Counts, RatedDay, Scope, Standing, ToneCell, TwinCounts, Weights
from db.repository import Repository
from pages.components.chart_look import GREY, INK, PAPER, heat_map, ink_on, tone_colour, viridis
from pages.components.insights import tones as insight_tones
from pages.components.insights.cells import in_order, label, square_frame
from pages.components.insights.models import weights_names
from pages.components.insights.pictures import clicked
from pages.components.insights.times import REALISM, by_span, time_frame
from pages.components.insights.twins import realism_difference, share_difference
from tests import app_scenes as scenes

YES, NO = dict.fromkeys(CRITERIA, "yes"), dict.fromkeys(CRITERIA, "no")
FIRST = {"text_encoder": "/runs/first/text_encoder", "text_encoder_hash": "c" * 64}
NAMES = ("stock encoder", "encoder first")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A library of six pictures by two people, one of them a twin; no worker, no model."""
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = scenes.open_library(scenes.PERSON, scenes.OTHER)
    scenes.add_picture(opened, scenes.recipe_for("acne", "face", "fair", 1))
    scenes.add_picture(opened, scenes.recipe_for("acne", "face", "fair", 2))
    scenes.add_picture(opened, scenes.recipe_for("acne", "palm", "brown", 3))
    scenes.add_picture(opened, scenes.recipe_for("tinea", "foot", "brown", 4), scenes.OTHER)
    scenes.add_picture(opened, scenes.recipe_for("clear", "foot", "black", 5), scenes.OTHER)
    scenes.add_picture(opened, replace(scenes.recipe_for("acne", "face", "fair", 1), **FIRST))
    yield opened
    opened.close()
    st.cache_resource.clear()


def rate(repository: Repository) -> None:
    """Picture 1 is found good, 3 and 6 are not; 2 has a blind score alone."""
    for picture, answers, realism in ((1, YES, 6), (3, NO, 2), (6, NO, 3)):
        repository.ratings.add(picture, scenes.OTHER, False, realism, answers)
    repository.ratings.add(2, scenes.OTHER, True, 5)


def shown(app: AppTest) -> list[int]:
    """Ids of the pictures behind the mark, in their order."""
    keys = [str(button.key) for button in app.button]
    return [int(key.removeprefix("insights_open_")) for key in keys if key.startswith("insights_open_")]


def part(app: AppTest, name: str) -> AppTest:
    return scenes.healthy(app.segmented_control(key="insights_part").set_value(name).run())


def choose(app: AppTest, key: str, mark: tuple[str, str]) -> AppTest:
    return scenes.healthy(app.selectbox(key=key).set_value(mark).run())


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: f"{metric.value} | {metric.delta}" for metric in app.metric}


def test_an_empty_library_says_where_to_begin(repository: Repository) -> None:
    repository.generations.delete_many((1, 2, 3, 6), scenes.PERSON)
    repository.generations.delete_many((4, 5), scenes.OTHER)
    words = scenes.texts(scenes.healthy(scenes.open_app("insights")))
    assert "Nothing to count yet" in words


def test_the_figures_above_say_of_how_many_they_are(repository: Repository) -> None:
    assert figures(scenes.open_app("insights"))["Mean realism"] == "– | of 1 to 7, 0 pictures"
    rate(repository)
    found = figures(scenes.healthy(scenes.open_app("insights")))
    assert found == {
        "Drawn": "6 | pictures",
        "Rated": "4 | 67 % of those drawn",
        "Found good": "Too few | 3 pictures judged by all five criteria",
        "Mean realism": "4.0 | of 1 to 7, 4 pictures",
    }


def test_ten_judged_pictures_give_a_share_with_its_interval(repository: Repository) -> None:
    for seed in range(10, 20):
        id = scenes.add_picture(repository, scenes.recipe_for(seed=seed)).id
        repository.ratings.add(id, scenes.OTHER, False, 4, NO if seed < 12 else YES)
    assert figures(scenes.open_app("insights"))["Found good"] == "80 % | 49 to 94 %, 10 pictures"


def test_filters_narrow_what_is_counted_and_say_when_nothing_is_left(repository: Repository) -> None:
    app = scenes.open_app("insights")
    app = scenes.healthy(app.selectbox(key="insights_encoder").set_value("first").run())
    assert figures(app)["Drawn"] == "1 | pictures"
    app = app.selectbox(key="insights_owner").set_value(scenes.OTHER).run()
    assert "No picture matches" in scenes.texts(scenes.healthy(app))
    app = app.selectbox(key="insights_encoder").set_value("*").run()
    assert figures(scenes.healthy(app))["Drawn"] == "2 | pictures"
    app = scenes.healthy(app.selectbox(key="insights_period").set_value("Last 7 days").run())
    assert figures(app)["Drawn"] == "2 | pictures"
    app = scenes.healthy(app.selectbox(key="insights_period").set_value("Choose days").run())
    long_ago = date(2020, 1, 1)
    app = app.date_input(key="insights_dates").set_value((long_ago, long_ago + timedelta(9))).run()
    assert "No picture matches" in scenes.texts(scenes.healthy(app))


def test_a_square_shows_its_pictures_and_history_shows_the_same(repository: Repository) -> None:
    app = choose(scenes.open_app("insights"), "insights_cell", ("acne", "fair"))
    assert shown(app) == [6, 2, 1] and "Acne, fair: 3 pictures" in scenes.texts(app).replace("*", "")
    app = scenes.healthy(scenes.press(app, "insights_history"))
    assert app.title[0].value == "History"
    assert (app.session_state["filter_rash"], app.session_state["filter_tone"]) == (["acne"], ["fair"])
    assert "3 pictures" in scenes.texts(app)


def test_the_third_attribute_narrows_the_map(repository: Repository) -> None:
    app = scenes.open_app("insights")
    app = scenes.healthy(app.selectbox(key="insights_third_site").set_value("palm").run())
    assert app.selectbox(key="insights_cell").options == ["Acne, brown: 1 drawn"]
    app = scenes.healthy(app.selectbox(key="insights_table").set_value("Site and rash").run())
    assert "Foot, tinea: 1 drawn" in app.selectbox(key="insights_cell").options
    app = choose(app, "insights_cell", ("face", "acne"))
    assert shown(app) == [6, 2, 1]


def test_a_thumbnail_opens_the_picture_over_the_page(repository: Repository) -> None:
    app = choose(scenes.open_app("insights"), "insights_cell", ("tinea", "brown"))
    app = scenes.healthy(scenes.press(app, "insights_open_4"))
    assert "tinea type of rash at the foot area on a brown skin" in scenes.texts(app)


def test_found_good_is_explained_and_shows_both_sides(repository: Repository) -> None:
    app = scenes.open_app("insights")
    app = scenes.healthy(app.segmented_control(key="insights_shown").set_value("Found good").run())
    assert "Nobody has answered all five criteria" in scenes.texts(app)
    rate(repository)
    app = scenes.healthy(app.run())
    assert "more than half of those who answered all five criteria" in scenes.texts(app)
    assert app.selectbox(key="insights_cell").options == [
        "Acne, fair: 1 of 2 found good",
        "Acne, brown: 0 of 1 found good",
    ]
    app = choose(app, "insights_cell", ("acne", "fair"))
    assert shown(app) == [1]
    app = app.segmented_control(key="insights_side").set_value("All judged by the criteria").run()
    assert shown(scenes.healthy(app)) == [6, 1]


def test_more_pictures_than_a_page_are_leafed_through(repository: Repository) -> None:
    for seed in range(20, 33):
        scenes.add_picture(repository, scenes.recipe_for("eczema", "neck", "tan", seed))
    app = choose(scenes.open_app("insights"), "insights_cell", ("eczema", "tan"))
    assert shown(app) == list(range(19, 7, -1))
    app = scenes.healthy(scenes.press(app, "insights_next"))
    assert shown(app) == [7] and "13 to 13 of 13" in scenes.texts(app)
    assert shown(scenes.press(app, "insights_previous"))[0] == 19


def test_tones_are_told_once_pictures_are_measured(repository: Repository) -> None:
    app = part(scenes.open_app("insights"), "Asked and measured tone")
    assert "None of these pictures was asked for a skin tone and measured yet" in scenes.texts(app)
    for picture, tone, monk in ((1, "fair", 4), (2, "medium", 5), (5, "tan", 6)):
        repository.readings.record(picture, Reading(tone, monk, 2.0, 30.0, 0.1, judge_sha256="0" * 64))
    app = scenes.healthy(app.run())
    assert figures(app)["As asked"] == "Too few | 3 pictures"
    app = choose(app, "insights_tone_cell", ("fair", "medium"))
    assert shown(app) == [2]
    app = scenes.healthy(app.segmented_control(key="insights_tone_by").set_value("Nearest Monk step").run())
    assert app.selectbox(key="insights_tone_cell").value is None
    app = choose(app, "insights_tone_cell", ("black", "6"))
    assert shown(app) == [5]


def test_two_encoders_are_compared_on_the_same_recipe(repository: Repository) -> None:
    rate(repository)
    app = part(scenes.open_app("insights"), "Models and encoders")
    assert "stock encoder and encoder first: 1 recipe" in app.selectbox(key="insights_pair").options
    table = app.table[0].value
    assert table.loc["Found good", "stock encoder"] == "Too few"
    app = choose(app, "insights_twin_cell", ("good", "first"))
    assert shown(app) == [1, 6]
    repository.generations.delete(6, scenes.PERSON)
    assert "No recipe was drawn by two models" in scenes.texts(scenes.healthy(app.run()))


def test_ratings_over_time_lead_to_the_pictures_rated_then(repository: Repository) -> None:
    app = part(scenes.open_app("insights"), "Over time")
    assert "Nobody has rated these pictures yet." in scenes.texts(app)
    rate(repository)
    app = scenes.healthy(app.run())
    (mark,) = app.selectbox(key="insights_time_cell").options
    assert mark.endswith("4 scores of realism, 3 of the criteria")
    today = repository.insights.rated_days(Scope(), scenes.PERSON)[0].day
    app = choose(app, "insights_time_cell", (str(today), str(today + timedelta(1))))
    assert sorted(shown(app)) == [1, 2, 3, 6]


def test_a_reader_counts_all_but_looks_at_nobody_elses_alone(repository: Repository) -> None:
    repository.users.ensure("Guest", "reader")
    app = scenes.open_app("insights")
    names = [scenes.PERSON, scenes.OTHER]
    assert all(
        any(name in option for option in app.selectbox(key="insights_owner").options) for name in names
    )
    app = scenes.healthy(app.selectbox(key="user").set_value("Guest").run())
    app = scenes.healthy(app.switch_page("pages/insights.py").run())
    assert figures(app)["Drawn"] == "6 | pictures"
    assert app.selectbox(key="insights_owner").options == ["Anyone", "Guest (you)"]


def square(good: int, judged: int, realism: float | None = None) -> Cell:
    return Cell("acne", "fair", Counts(30, 20, judged, good, judged, realism))


def test_a_share_of_few_pictures_stays_grey_but_says_its_counts() -> None:
    few, enough = (square_frame([square(3, n)], "rash", "tone", Standing.GOOD, None).iloc[0] for n in (4, 5))
    assert math.isnan(few["part"]) and few["words"] == "3/4"
    assert enough["part"] == 0.6 and enough["Found good"].startswith("3 of 5, 60 % (23 to 88 %")
    drawn = square_frame([square(0, 1)], "rash", "tone", Standing.DRAWN, ("acne", "fair")).iloc[0]
    assert drawn["part"] == 1 and drawn["chosen"] and drawn["words"] == "30"
    assert label(square(3, 4), "rash", "tone", Standing.GOOD) == "Acne, fair: 3 of 4 found good"


def test_keys_stand_in_the_vocabularys_order_and_the_nameless_last() -> None:
    assert in_order("tone", ["", "black", "gone", "fair", "monk_2"]) == [
        "fair",
        "black",
        "monk_2",
        "gone",
        "",
    ]


def test_words_on_squares_can_be_read_and_tones_have_their_swatches() -> None:
    assert [ink_on(part) for part in (0.0, 0.5, 0.9, math.nan)] == [PAPER, PAPER, INK, INK]
    assert tone_colour("medium") == "#d7bd96" and tone_colour("nobody knows") == GREY


def test_a_wide_map_has_no_words_in_its_squares() -> None:
    frame = square_frame([square(3, 5)], "rash", "tone", Standing.GOOD, None)
    for count, layers in ((6, 2), (24, 1)):
        order = ["Acne"], [str(number) for number in range(count)]
        chart = heat_map(frame, ("Rash", "Tone"), order, viridis(0, 1), "Share").to_dict()
        assert len(chart["layer"]) == layers


def test_only_a_click_on_a_mark_chooses_one() -> None:
    point = {"row": "acne", "column": "fair"}
    assert clicked({"selection": {"cell": [point]}}) == ("acne", "fair")
    for nothing in (None, {}, {"selection": {"cell": []}}, {"selection": {"cell": [{"Tone": "Fair"}]}}):
        assert clicked(nothing) is None


def test_measured_tones_are_steps_of_the_asked_scale_apart() -> None:
    cells = [ToneCell("fair", measured, 4, 1) for measured in ("fair", "tan", "monk_4")]
    assert [insight_tones.steps_apart(cell) for cell in cells] == [0, 2, math.inf]
    assert insight_tones.steps_apart(ToneCell("monk_4", "monk_5", 5, 1)) == 1


def day(number: int, scored: int = 6) -> RatedDay:
    return RatedDay(date(2026, 1, 1) + timedelta(number), scored, 4.0 * scored, 18.0 * scored, 2, 1)


def test_days_become_weeks_and_months_as_the_time_grows() -> None:
    spans = [by_span([day(0), day(last)]) for last in (20, 22, 400)]
    assert [len(found) for found in spans] == [2, 2, 2]
    assert [first[0] for first in map(list, spans)] == [
        (date(2026, 1, 1), date(2026, 1, 2)),
        (date(2025, 12, 29), date(2026, 1, 5)),
        (date(2026, 1, 1), date(2026, 2, 1)),
    ]
    week = by_span([day(4), day(5), day(40)])[date(2026, 1, 5), date(2026, 1, 12)]
    assert (week.scored, week.realism_sum, week.judged, week.met) == (12, 48, 4, 2)


def test_a_span_of_few_ratings_has_no_figure() -> None:
    frame = time_frame(by_span([day(0), day(1, 4)]), REALISM, None)
    assert frame["value"].tolist()[0] == 4 and frame["low"][0] < 4 < frame["high"][0]
    assert pd.isna(frame["value"][1]) and frame["Ratings"].tolist() == [6, 4]
    assert frame["Figure"][1].startswith("Too few")


def test_a_difference_is_named_only_where_chance_would_seldom_make_it() -> None:
    assert share_difference(TwinCounts(5, 12, 1, 2), NAMES) == "stock encoder more often, by 55 points"
    assert share_difference(TwinCounts(5, 1, 12, 2), NAMES) == "encoder first more often, by 55 points"
    assert share_difference(TwinCounts(5, 4, 1, 2), NAMES) == "Can't be told apart"
    assert share_difference(TwinCounts(0, 9, 0, 0), NAMES) == ""
    assert realism_difference(mean_of_sums(12, -12, 24), NAMES) == "encoder first higher by 1.0 (0.3 to 1.7)"
    assert realism_difference(mean_of_sums(12, 1, 24), NAMES) == "Can't be told apart"


def test_weights_are_named_by_what_tells_them_apart() -> None:
    first = Weights(1, "/models/a", "stock", None, None, None)
    mixed = Weights(2, "/models/a", "/runs/first/text_encoder", 0.5, "mine", 0.8)
    again = replace(mixed, id=3)
    assert list(weights_names([first, mixed, again]).values()) == [
        "stock encoder",
        "encoder first, weight 0.5, LoRA mine 0.8",
        "encoder first, weight 0.5, LoRA mine 0.8 (2)",
    ]
    assert weights_names([first, replace(first, id=2, model="b")])[1] == "a, stock encoder"
