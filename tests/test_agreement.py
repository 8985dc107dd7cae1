"""Agreement and shares beside published worked examples, and slow obvious versions."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from core.review.agreement import (
    Estimate,
    Level,
    TooFew,
    alpha,
    design_effect,
    difference,
    kappa,
    library_kappa,
    mean,
    pair_kappa,
    share,
)
from core.review.checklists import CRITERIA
from core.review.studies import AI, REAL, Response
from core.review.study_figures import agreement, breakdown, consistency, figures, learning

KRIPPENDORFF = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
"""Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), example C: four observers, 12 units."""


def units() -> dict:
    columns = zip(*(row.split() for row in KRIPPENDORFF), strict=True)
    return {n: {f"r{m}": int(v) for m, v in enumerate(c) if v != "."} for n, c in enumerate(columns)}


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_is_krippendorffs_own_example(level: Level, published: float) -> None:
    figure = alpha(units(), level)
    assert isinstance(figure, Estimate)
    assert round(figure.value, 3) == published
    assert figure.low < figure.value < figure.high
    assert figure.count == 11  # the twelfth unit has one value


def test_weighted_kappa_is_that_of_the_published_anxiety_data() -> None:
    """R package irr (Gamer, Lemon, Fellows and Singh 2012), anxiety, raters 2 and 3: kappa2 with squared
    weights gives 0.2520325. irr counts the categories that occur, so that 6 is the fifth."""
    second = [
        "3",
        "5",
        "4",
        "5",
        "2",
        "4",
        "2",
        "4",
        "3",
        "3",
        "2",
        "3",
        "3",
        "3",
        "2",
        "2",
        "1",
        "3",
        "3",
        "4",
    ]
    third = [
        "2",
        "1",
        "4",
        "4",
        "3",
        "2",
        "1",
        "5",
        "1",
        "1",
        "1",
        "2",
        "3",
        "3",
        "1",
        "1",
        "3",
        "3",
        "2",
        "2",
    ]
    pairs = enumerate(zip(second, third, strict=True))
    figure = kappa({n: {"2": int(a), "3": int(b)} for n, (a, b) in pairs})
    assert isinstance(figure, Estimate)
    assert round(figure.value, 7) == 0.2520325


def test_weighted_kappa_is_that_of_the_formula_and_of_a_published_table() -> None:
    """Cohen 1960's 3 x 3 form with counts of Fleiss, Levin and Paik (2003), table 18.1; unweighted 0.68."""
    counts = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]
    given, number = {}, 0
    for (a, b), count in zip(product(range(3), range(3)), np.ravel(counts), strict=True):
        for _ in range(count):
            given[number] = {"A": a, "B": b}
            number += 1
    table = np.array(counts) / 100
    weights = 1 - (np.subtract.outer(np.arange(3), np.arange(3)) / 2) ** 2
    observed = (weights * table).sum()
    expected = (weights * np.outer(table.sum(1), table.sum(0))).sum()
    figure = kappa(given)
    assert isinstance(figure, Estimate)
    assert figure.value == pytest.approx((observed - expected) / (1 - expected))
    plain = (np.trace(table) - table.sum(1) @ table.sum(0)) / (1 - table.sum(1) @ table.sum(0))
    assert round(plain, 2) == 0.68
    assert figure.low < figure.value < figure.high


def test_the_fast_kappa_is_the_librarys() -> None:
    chance = np.random.default_rng(3)
    for _ in range(20):
        a, b = chance.integers(1, 8, (2, 25))
        assert pair_kappa(a, b) == pytest.approx(library_kappa(a, b))


def test_the_interval_of_a_share_is_wilsons_where_ratings_are_independent() -> None:
    """Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263 gives 0.2553 to 0.3662."""
    figure = share([(n, n < 81) for n in range(263)])
    assert isinstance(figure, Estimate)
    assert (round(figure.low, 4), round(figure.high, 4)) == (0.2553, 0.3662)
    assert figure.beside(0.5) == "below"


def test_ratings_of_the_same_picture_count_as_what_they_are_worth() -> None:
    alike = [(n // 4, n // 4 % 2 == 0) for n in range(80)]
    assert design_effect(alike) == pytest.approx(4, rel=0.06)
    apart, together = share([(n, hit) for n, (_, hit) in enumerate(alike)]), share(alike)
    assert isinstance(apart, Estimate) and isinstance(together, Estimate)
    assert together.high - together.low > 1.8 * (apart.high - apart.low)
    assert design_effect([(n // 4, True) for n in range(80)]) == 4


def test_newcombes_difference_is_the_published_one() -> None:
    """Newcombe 1998, Statistics in Medicine 17, 873-890, table II: 56/70 - 48/80 gives 0.0524 to 0.3339."""
    figure = difference([n < 48 for n in range(80)], [n < 56 for n in range(70)])
    assert isinstance(figure, Estimate)
    assert figure.value == pytest.approx(0.2)
    assert (round(figure.low, 4), round(figure.high, 4)) == (0.0524, 0.3339)


def test_too_few_ratings_say_so() -> None:
    assert share([(n, True) for n in range(9)]) == TooFew(9, 10)
    assert isinstance(mean([]), TooFew)
    assert isinstance(alpha({n: {"a": 1} for n in range(50)}), TooFew)
    assert isinstance(kappa({n: {"a": 1, "b": 2} for n in range(9)}), TooFew)
    assert isinstance(alpha({n: {"a": 1, "b": 1} for n in range(50)}), TooFew)
    assert isinstance(kappa({n: {"a": 1, "b": 1} for n in range(50)}), TooFew)
    assert isinstance(difference([True] * 30, [False] * 9), TooFew)
    assert "9 of 10" in str(TooFew(9, 10))


def response(rater: str, item: int, place: int, **changes: object) -> Response:
    answers = {**dict.fromkeys(CRITERIA, "yes"), "origin": AI, "realism": 1 + item % 7, "tone_seen": 5}
    source, repeat = changes.pop("source", AI), bool(changes.pop("repeat", False))
    where = ("tinea" if item % 2 else "acne", ("foot", "sole"), "brown")
    return Response(rater, item, place, repeat, str(source), *where, 10.0 - place / 10, answers | changes)


def session(rater: str) -> list[Response]:
    sources = [REAL if item % 2 else AI for item in range(40)]
    return [
        response(rater, item, item + 1, source=s, origin=s if item >= 20 else AI)
        for item, s in enumerate(sources)
    ]


def test_figures_of_a_study_are_counted_by_hand() -> None:
    rows = [*session("a"), *session("b")]
    lines = {line.name: line.figure for line in figures(rows)}
    values = [f.value for f in lines.values() if isinstance(f, Estimate)]
    assert values[:4] == [0.75, 1.0, 0.5, 1.0]
    drawn = [1 + item % 7 for item in range(0, 40, 2)]
    assert values[4] == pytest.approx(sum(drawn) / len(drawn))
    shift = learning(rows)[0].figure
    assert isinstance(shift, Estimate) and shift.value == 0.5 and shift.low > 0
    assert {k: len(v) for k, v in breakdown(rows, "site").items()} == {"foot": 80, "sole": 80}
    assert set(breakdown(rows, "rash")) == {"acne", "tinea"}
    of_tones = [replace(rows[0], tone=tone) for tone in ("monk_10", "monk_2", "gone", "black", "fair")]
    assert list(breakdown(of_tones, "tone")) == ["fair", "black", "monk_2", "monk_10", "gone"]


def test_two_criteria_are_not_enough_and_partly_is_not_yes() -> None:
    rows = [response("a", n, n, texture="no", colour="partly", site="partly") for n in range(12)]
    figure = {line.name: line.figure for line in figures(rows)}["Pictures with at least 3 of 5 criteria"]
    assert isinstance(figure, Estimate) and figure.value == 0


def test_a_study_without_photographs_has_no_accuracy() -> None:
    first, *_ = figures([response("a", n, n) for n in range(30)])
    assert isinstance(first.figure, TooFew)


def test_repeats_count_for_consistency_alone() -> None:
    rows = session("a")
    again = [response("a", n, 50 + n, repeat=True, source=AI, realism=1 + n % 7) for n in range(0, 40, 2)]
    same, self_kappa = (line.figure for line in consistency([*rows, *again]))
    assert isinstance(same, Estimate) and same.value == 1
    assert isinstance(self_kappa, Estimate) and self_kappa.value == pytest.approx(1)
    assert figures(rows) == figures([*rows, *again])
    assert all(isinstance(line.figure, TooFew) for line in consistency(rows))


def test_agreement_names_every_question_and_is_one_where_raters_agree() -> None:
    lines = {line.name: line.figure for line in agreement([*session("a"), *session("b")])}
    realism = lines["Realism: α"]
    assert isinstance(realism, Estimate) and math.isclose(realism.value, 1)
    assert isinstance(lines["Skin tone seen (Monk): α"], TooFew)
