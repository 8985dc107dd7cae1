"""Insights against counting one by one, what a reader may not learn, and the command that measures."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from library_parts import RECIPE, drawn
from sqlalchemy import select, text

from core.errors import InputError, NotAllowedError
from core.review.checklists import CRITERIA
from db import benchmark_insights
from db.insight_records import NOT_NAMED, Behind, Counts, Measure, Outcome, Scope, Standing
from db.made_up_library import START, fill
from db.made_up_ratings import rate
from db.records import Visibility
from db.repository import Repository
from db.tables import generations, ratings, readings

SIZE = 240
MONTH = Scope(since=START + timedelta(30), until=START + timedelta(120))
SCOPES = {
    "all": Scope(),
    "months": MONTH,
    "own": Scope(owner="ann"),
    "encoder": Scope(weights=(2,)),
    "no weights": Scope(weights=()),
    "narrowed": Scope(rash="acne", site="foot"),
    "not named": Scope(tone=NOT_NAMED),
    "all at once": replace(MONTH, owner="bob", weights=(1, 2), tone="fair"),
}


@pytest.fixture
def made_up(repository: Repository) -> Repository:
    """Made-up pictures, ratings, readings, twins and a closed study, and one picture of a free prompt at two
    sites, rated in full."""
    fill(repository, SIZE)
    rate(repository, 0.4)
    free = replace(RECIPE, rash=None, tone=None, sites=("hand", "foot"), prompt="a hand and a foot")
    free_id = repository.generations.add("bob", drawn(repository.library, free))
    repository.ratings.add(free_id, "ann", False, 5, dict.fromkeys(CRITERIA, "yes"))
    repository.generations.delete_many((4, 6, 8), "bob")
    return repository


def rows(repository: Repository, table: Any) -> list[dict[str, Any]]:
    with repository.database.reading() as connection:
        return [
            dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()
        ]


def seen(repository: Repository, scope: Scope, asking: str) -> list[dict[str, Any]]:
    """Rows of the scope's pictures, one by one."""
    names = {user.name: user.id for user in repository.users.list()}
    tests: list[Callable[[dict[str, Any]], bool]] = [
        lambda p: p["visibility"] == "library" or p["owner_id"] == names[asking],
        lambda p: p["deleted_at"] is None,
        lambda p: scope.since is None or p["created_at"] >= scope.since,
        lambda p: scope.until is None or p["created_at"] < scope.until,
        lambda p: scope.weights is None or p["weights_id"] in scope.weights,
        lambda p: scope.owner is None or p["owner_id"] == names[scope.owner],
        lambda p: scope.rash is None or (p["rash"] or "") == scope.rash,
        lambda p: scope.tone is None or (p["tone"] or "") == scope.tone,
        lambda p: scope.site is None or scope.site in (p["sites"].split() or [""]),
    ]
    return [row for row in rows(repository, generations) if all(test(row) for test in tests)]


def said(repository: Repository) -> list[tuple[int, Any, bool | None, int | None]]:
    """(picture, moment, met, realism) of all that counts, one by one."""
    found, scores, sheets = [], {}, {}
    for sheet in rows(repository, ratings):
        key = sheet["generation_id"], sheet["rater_id"]
        if not sheet["blind"]:
            sheets[key] = sheet
        blind_before = key in scores and scores[key]["blind"]
        if sheet["realism"] is not None and (sheet["blind"] or not blind_before):
            scores[key] = sheet
    for (picture, _), sheet in sheets.items():
        answers = [sheet[name] for name in CRITERIA]
        met = None if None in answers else answers.count("yes") >= 3
        found.append((picture, sheet["created_at"], met, None))
    found += [(p, sheet["created_at"], None, sheet["realism"]) for (p, _), sheet in scores.items()]
    with repository.database.reading() as connection:
        items = connection.execute(text("SELECT id, generation_id FROM study_items")).all()
        closed = (
            connection.execute(text("SELECT id FROM studies WHERE closed_at IS NOT NULL")).scalars().all()
        )
        times = connection.execute(
            text(
                "SELECT v.item_id, u.name, date(max(a.created_at)) FROM study_showings v"
                " JOIN users u ON u.id = v.rater_id JOIN study_answers a ON a.showing_id = v.id"
                " GROUP BY v.id, u.name"
            )
        ).all()
    moments = {(item, name): moment for item, name, moment in times}
    for study in closed:
        for one in repository.studies.responses(study, "ann"):
            met = [one.answers[name] for name in CRITERIA].count("yes") >= 3
            moment = moments[one.item, one.rater]
            found.append((dict(map(tuple, items))[one.item], moment, met, one.answers["realism"]))
    return found


def judged(repository: Repository) -> dict[int, tuple[int, bool, float | None]]:
    """Picture to (answers to all criteria, found good, mean realism)."""
    found = defaultdict(list)
    for picture, _, met, realism in said(repository):
        found[picture].append((met, realism))
    result = {}
    for picture, given in found.items():
        answers = [met for met, _ in given if met is not None]
        scores = [realism for _, realism in given if realism is not None]
        good = 2 * sum(answers) > len(answers)
        result[picture] = len(answers), good, sum(scores) / len(scores) if scores else None
    return result


def counted(pictures: list[dict[str, Any]], given: dict[int, tuple[int, bool, float | None]]) -> Counts:
    known = [given[p["id"]] for p in pictures if p["id"] in given]
    scores = [realism for *_, realism in known if realism is not None]
    mean = sum(scores) / len(scores) if scores else None
    whole = sum(answers > 0 for answers, *_ in known)
    return Counts(len(pictures), len(known), whole, sum(good for _, good, _ in known), len(scores), mean)


def close(found: Counts, wanted: Counts) -> bool:
    same = replace(found, realism=None) == replace(wanted, realism=None)
    return same and (found.realism, wanted.realism) == pytest.approx((wanted.realism, wanted.realism))


def keys(picture: dict[str, Any], name: str) -> list[str]:
    return picture["sites"].split() or [""] if name == "site" else [picture[name] or ""]


@pytest.mark.parametrize("asking", ["ann", "bob"])
def test_counts_and_cells_are_those_of_looking_at_every_picture(made_up: Repository, asking: str) -> None:
    given = judged(made_up)
    assert sum(good for _, good, _ in given.values()) > 10
    for name, scope in SCOPES.items():
        pictures = seen(made_up, scope, asking)
        assert close(made_up.insights.counts(scope, asking), counted(pictures, given)), name
        for rows_by, columns_by in (("rash", "tone"), ("site", "tone"), ("rash", "site")):
            found = made_up.insights.cells(rows_by, columns_by, scope, asking)
            wanted = defaultdict(list)
            for picture in pictures:
                for row in keys(picture, rows_by):
                    for column in keys(picture, columns_by):
                        if (
                            scope.site is None
                            or "site" not in (rows_by, columns_by)
                            or scope.site in (row, column)
                        ):
                            wanted[row, column].append(picture)
            assert {(c.row, c.column) for c in found} == set(wanted) and len(found) == len(wanted)
            for cell in found:
                assert close(cell.counts, counted(wanted[cell.row, cell.column], given)), (name, cell)


def test_two_of_the_dimensions_make_a_table(repository: Repository) -> None:
    for rows_by, columns_by in (("rash", "rash"), ("rash", "model")):
        with pytest.raises(InputError, match="rash, site, tone"):
            repository.insights.cells(rows_by, columns_by, Scope(), "ann")


def test_the_pictures_behind_a_cell_are_those_it_counts(made_up: Repository) -> None:
    given = judged(made_up)
    nothing = (0, False, None)
    tests: dict[Standing, Callable[[int], bool]] = {
        Standing.DRAWN: lambda id: True,
        Standing.RATED: lambda id: id in given,
        Standing.JUDGED: lambda id: given.get(id, nothing)[0] > 0,
        Standing.GOOD: lambda id: given.get(id, nothing)[1],
        Standing.SCORED: lambda id: given.get(id, nothing)[2] is not None,
    }
    for scope in SCOPES.values():
        for standing, test in tests.items():
            found = made_up.insights.pictures(scope, Behind(standing), "ann", limit=200)
            wanted = [p["id"] for p in seen(made_up, scope, "ann") if test(p["id"])]
            assert {p.id for p in found.items} <= set(wanted) and found.total == len(wanted)
            assert len(found.items) == min(200, len(wanted))
    pages = [made_up.insights.pictures(Scope(), Behind(), "ann", skip, 50) for skip in range(0, 250, 50)]
    moments = [p.created_at for page in pages for p in page.items]
    assert moments == sorted(moments, reverse=True) and len(moments) == pages[0].total


def test_asked_and_measured_tones_are_counted_and_shown(made_up: Repository) -> None:
    read = {row["generation_id"]: row for row in rows(made_up, readings)}
    for scope in SCOPES.values():
        pictures = [p for p in seen(made_up, scope, "bob") if p["tone"] and p["id"] in read]
        wanted = Counter((p["tone"], read[p["id"]]["tone"], read[p["id"]]["monk"]) for p in pictures)
        found = made_up.insights.tones(scope, "bob")
        assert {(c.asked, c.measured, c.monk): c.pictures for c in found} == dict(wanted)
    cell = made_up.insights.tones(Scope(), "ann")[0]
    behind = Behind(measured=cell.measured, monk=cell.monk)
    shown = made_up.insights.pictures(Scope(tone=cell.asked), behind, "ann", limit=200)
    assert shown.total == cell.pictures == len(shown.items)
    assert {read[p.id]["tone"] for p in shown.items} == {cell.measured}


def test_days_hold_what_was_said_on_them(made_up: Repository) -> None:
    visible = {p["id"] for p in seen(made_up, MONTH, "ann")}
    wanted: dict[str, list] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for picture, moment, met, realism in said(made_up):
        if picture in visible and (met is not None or realism is not None):
            day = wanted[str(moment)[:10]]
            if realism is not None:
                day[:3] = day[0] + 1, day[1] + realism, day[2] + realism**2
            if met is not None:
                day[3:] = day[3] + 1, day[4] + met
    found = made_up.insights.rated_days(MONTH, "ann")
    assert [one.day for one in found] == sorted(one.day for one in found)
    sums = {
        str(one.day): [one.scored, one.realism_sum, one.realism_squares, one.judged, one.met] for one in found
    }
    assert sums == dict(wanted)
    since, until = START + timedelta(40), START + timedelta(70)
    shown = made_up.insights.pictures(Scope(), Behind(rated_since=since, rated_until=until), "ann", limit=200)
    days = (str(since)[:10], str(until)[:10])
    counts = [s for s in said(made_up) if s[2] is not None or s[3] is not None]
    inside = {s[0] for s in counts if days[0] <= str(s[1])[:10] < days[1]}
    assert {p.id for p in shown.items} == inside & {p["id"] for p in seen(made_up, Scope(), "ann")}


def right(
    picture: dict[str, Any], read: dict[str, Any] | None, given: tuple[int, bool, float | None]
) -> dict:
    """Each measure of one picture: True, False or None."""
    read = read or {"tone": None, "rash": None, "site": None}
    return {
        Measure.GOOD: given[1] if given[0] else None,
        Measure.TONE: None if None in (read["tone"], picture["tone"]) else read["tone"] == picture["tone"],
        Measure.RASH: None if None in (read["rash"], picture["rash"]) else read["rash"] == picture["rash"],
        Measure.SITE: None if read["site"] is None else read["site"] in picture["sites"].split(),
    }


def test_twins_are_compared_one_by_one(made_up: Repository) -> None:
    given, read = judged(made_up), {row["generation_id"]: row for row in rows(made_up, readings)}
    for scope in (Scope(), MONTH, Scope(owner="bob"), Scope(tone="fair")):
        by_key: dict[str, dict[int, dict]] = defaultdict(dict)
        for picture in seen(made_up, scope, "bob"):
            by_key[picture["setting_key"]][picture["weights_id"]] = picture
        pairs = Counter(pair for drawn in by_key.values() for pair in combinations(sorted(drawn), 2))
        found = made_up.twins.pairs(scope, "bob")
        assert {(one.first, one.second): one.recipes for one in found} == dict(pairs)
        twins = [(drawn[1], drawn[2]) for drawn in by_key.values() if len(drawn) == 2]
        comparison = made_up.twins.compare(1, 2, scope, "bob")
        assert comparison.recipes == len(twins)
        nothing = (0, False, None)
        scores = [(given.get(a["id"], nothing)[2], given.get(b["id"], nothing)[2]) for a, b in twins]
        both = [(a, b) for a, b in scores if a is not None and b is not None]
        realism = comparison.realism
        assert realism.count == len(both)
        assert realism.first_sum == pytest.approx(sum(a for a, _ in both))
        assert realism.difference_squares == pytest.approx(sum((a - b) ** 2 for a, b in both))
        for measure, counts in comparison.measures.items():
            outcomes = defaultdict(set)
            for pair in twins:
                a, b = (right(p, read.get(p["id"]), given.get(p["id"], nothing))[measure] for p in pair)
                name = {(True, True): "both", (True, False): "first", (False, True): "second"}.get((a, b))
                if None not in (a, b):
                    outcomes[name or "neither"].add((pair[0]["id"], pair[1]["id"]))
            for outcome in Outcome:
                assert getattr(counts, outcome) == len(outcomes[outcome]), (measure, outcome)
                shown = made_up.twins.twins(1, 2, measure, outcome, scope, "bob", limit=200)
                assert {(a.id, b.id) for a, b in shown.items} == outcomes[outcome]
                assert shown.total == len(outcomes[outcome])


def test_the_same_recipe_drawn_twice_is_one_recipe(repository: Repository) -> None:
    other = replace(RECIPE, model="another")
    for recipe in (RECIPE, RECIPE, other, replace(other, seed=9)):
        id = repository.generations.add("ann", drawn(repository.library, recipe))
    repository.ratings.add(1, "ann", False, 6, dict.fromkeys(CRITERIA, "yes"))
    repository.ratings.add(3, "ann", False, 2, dict.fromkeys(CRITERIA, "no"))
    first, second = (one.id for one in sorted(repository.insights.weights("ann"), key=lambda one: one.id))
    assert [one.recipes for one in repository.twins.pairs(Scope(), "ann")] == [1]
    comparison = repository.twins.compare(first, second, Scope(), "ann")
    assert comparison.recipes == 1 and comparison.measures[Measure.GOOD].first == 1
    assert (comparison.realism.first_sum, comparison.realism.second_sum) == (6, 2)
    repository.generations.delete(3, "ann")
    assert repository.twins.pairs(Scope(), "ann") == [] and id == 4


def test_an_open_study_tells_nothing_and_hides_its_pictures_from_its_raters(made_up: Repository) -> None:
    with made_up.database.reading() as connection:
        study = connection.execute(text("SELECT id FROM studies")).scalar_one()
        items = set(connection.execute(text("SELECT generation_id FROM study_items")).scalars())
    figures = made_up.insights
    made_up.users.ensure("dan", "lead")
    closed = figures.counts(Scope(), "dan"), sum(day.judged for day in figures.rated_days(Scope(), "dan"))
    made_up.studies.close(study, "ann", closed=False)
    opened = figures.counts(Scope(), "dan"), sum(day.judged for day in figures.rated_days(Scope(), "dan"))
    assert opened[0].rated < closed[0].rated and opened[0].pictures == closed[0].pictures
    assert opened[1] < closed[1]
    assert close(opened[0], counted(seen(made_up, Scope(), "dan"), judged(made_up)))
    rater = next(p.rater for p in made_up.studies.progress(study, "ann") if p.done < p.total)
    pictures = figures.pictures(Scope(), Behind(), rater, limit=500)
    assert not items & {picture.id for picture in pictures.items}
    assert figures.counts(Scope(), rater).pictures == pictures.total == len(pictures.items)
    made_up.studies.close(study, "ann")
    assert figures.counts(Scope(), "dan") == closed[0]


def test_only_who_leads_counts_another_persons_pictures(made_up: Repository) -> None:
    made_up.users.ensure("eve", "reviewer")
    for ask in (
        lambda: made_up.insights.counts(Scope(owner="ann"), "eve"),
        lambda: made_up.insights.pictures(Scope(owner="ann"), Behind(), "eve"),
        lambda: made_up.twins.pairs(Scope(owner="ann"), "eve"),
    ):
        with pytest.raises(NotAllowedError, match="reviewer"):
            ask()
    assert made_up.insights.counts(Scope(owner="eve"), "eve").pictures == 0


def test_private_and_deleted_pictures_are_nobody_elses(repository: Repository) -> None:
    mine = repository.generations.add("ann", drawn(repository.library), Visibility.PRIVATE)
    gone = repository.generations.add("ann", drawn(repository.library, RECIPE.with_seed(8)))
    repository.generations.delete(gone, "ann")
    assert repository.insights.counts(Scope(), "ann").pictures == 1
    assert repository.insights.counts(Scope(), "bob").pictures == 0
    assert [p.id for p in repository.insights.pictures(Scope(), Behind(), "ann").items] == [mine]
    assert (len(repository.insights.weights("ann")), repository.insights.weights("bob")) == (1, [])
    empty = Counts(0, 0, 0, 0, 0, None)
    assert repository.insights.counts(Scope(owner="bob"), "bob") == empty


def test_the_measuring_command_prints_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark_insights.main(["--count", "300", "--repeats", "1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pictures"] == 300 and len(found["figures"]) == 15
    assert all(times["ms"] > 0 for times in found["figures"].values())
