"""A whole study in a real browser: a lead sets it up, two raters do it, the figures equal our own count."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from study_by_hand import Told, alpha, kappa, told
from study_scenes import add_photographs, add_pictures

from core.errors import NotAllowedError
from core.review.checklists import CRITERIA
from core.settings import Settings
from db.repository import Repository, open_repository
from tests.browser.conftest import sync_api
from tests.browser.serving import SETTLED, running_app
from tests.browser.study_browser import PATIENCE, SIDE, Rater, together
from tests.browser.tabs import SCREENSHOTS

expect = sync_api.expect
pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]
LEAD, RATERS = "Dr Lund", ("Dr Okoye", "Dr Sato")
NAME = "Spring reading"
DRAWN, PHOTOGRAPHS, SHOWN = 8, 2, 11


@pytest.fixture
def repository(library: Path) -> Iterator[Repository]:
    """Sixteen pictures, half of them tinea, a lead and two raters."""
    opened = open_repository(Settings.from_environment())
    for name, role in (("Dr Amari", "admin"), (LEAD, "lead"), *((name, "reviewer") for name in RATERS)):
        opened.users.ensure(name, role)
    add_pictures(opened, 16, LEAD)
    yield opened
    opened.close()


@pytest.fixture
def address(repository: Repository, tmp_path: Path) -> Iterator[str]:
    """The app on this library, with a dataset of photographs and no model."""
    (tmp_path / "datasets").mkdir()
    add_photographs(tmp_path / "datasets" / "clinic", 4, tmp_path / "source")
    places = ("datasets", "models", "runs")
    with running_app({f"SCRIPT2SKIN_{name.upper()}": str(tmp_path / name) for name in places}) as url:
        yield url


def test_a_whole_study(browser: Any, repository: Repository, address: str, tmp_path: Path) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(PATIENCE)
    lead = context.new_page()
    set_up(lead, address)
    (study,) = repository.studies.led_by(LEAD)
    assert (study.pictures, study.photographs, study.repeats) == (DRAWN + PHOTOGRAPHS, PHOTOGRAPHS, 0.1)
    assert study.picture_size == SIDE

    raters = [Rater(browser, address, name) for name in RATERS]
    for number in range(1, SHOWN + 1):
        for rater in raters:
            rater.look()
        if number == 1:
            the_rest_of_the_app_tells_nothing(raters[0])
        if number == 2:
            type_two_diagnoses_and_take_one_back(raters[0])
        if number == 4:
            leave_and_go_on_elsewhere(raters[0], number)
        together(raters, [rater.blind_steps() for rater in raters])
        if number == 3:
            a_second_window_changes_nothing_after_the_reveal(raters[0], repository, study.id)
        for rater in raters:
            if number != 3 or rater is not raters[0]:
                rater.reveal()
        together(raters, [rater.open_steps() for rater in raters])
        for rater in raters:
            rater.finish()
    check_orders(raters)
    the_figures_are_not_for_raters(raters[0])
    lead.reload()
    check_export(lead, tmp_path)
    check_figures(lead, told(repository, study.id, RATERS))


def set_up(page: Any, address: str) -> None:
    """The lead makes the study: eight drawn pictures of tinea, two photographs, two raters, 10 % repeats."""
    page.goto(f"{address}/studies?user={LEAD.replace(' ', '%20')}")
    page.get_by_role("heading", name="Studies", exact=True, level=1).wait_for()
    settle(page)
    fill(page, "study_form_name_", NAME)
    choose(page, "Rash", "Tinea")
    fill(page, "study_form_most_", str(DRAWN))
    choose(page, "Mix with photographs of", "clinic")
    fill(page, "study_form_photographs_", str(PHOTOGRAPHS))
    choose(page, "Raters", *RATERS)
    fill(page, "study_form_repeats", "10")
    page.screenshot(path=SCREENSHOTS / "study-form.png")
    page.locator(".st-key-study_form_make").get_by_role("button").click()
    page.get_by_text(f"{RATERS[0]}: 0 of {SHOWN}").wait_for()


def settle(page: Any) -> None:
    """Waits until what was done last has reached the page."""
    page.wait_for_timeout(200)
    page.wait_for_function(SETTLED)
    assert not page.locator("[data-testid=stException]").count(), page.locator(".stMain").inner_text()


def choose(page: Any, label: str, *options: str) -> None:
    box = page.get_by_role("combobox", name=re.compile(f"^{label}")).first
    for option in options:
        box.click()
        page.keyboard.type(option)
        page.get_by_role("option", name=re.compile(f"^{option}")).first.click()
        if len(options) > 1 or box.get_attribute("aria-expanded") == "true":
            page.keyboard.press("Escape")
        settle(page)


def fill(page: Any, key: str, value: str) -> None:
    field = page.locator(f"[class*=st-key-{key}] input").first
    field.fill(value)
    field.press("Enter")
    settle(page)


def type_two_diagnoses_and_take_one_back(rater: Rater) -> None:
    """All by keys: the cursor waits in the first diagnosis, D asks for another, Backspace takes back."""
    page = rater.page
    rater.give("gradable", "1")
    page.wait_for_function("() => document.activeElement.ariaLabel === 'What is your diagnosis?'")
    page.keyboard.type("Pityriasis rosea")
    rater.key("Enter")
    rater.wait_for(".st-key-study_question_diagnosis_1_confidence button")
    rater.give("diagnosis_1_confidence", "4")
    rater.answered("diagnosis_1_confidence")
    page.wait_for_function(SETTLED)
    rater.key("d")
    page.wait_for_function("() => document.activeElement.ariaLabel === 'Another diagnosis (optional)'")
    page.keyboard.type("Psoriasis")
    rater.key("Enter")
    rater.wait_for(".st-key-study_question_diagnosis_2_confidence")
    page.wait_for_function(SETTLED)
    page.screenshot(path=SCREENSHOTS / "study-blind.png")
    rater.key("Backspace")
    page.wait_for_selector(".st-key-study_question_diagnosis_2_confidence", state="detached")
    rater.begun = True


def leave_and_go_on_elsewhere(rater: Rater, number: int) -> None:
    """The answer given last is there again, in a new browser, at the same picture."""
    rater.give("gradable", "2")
    rater.answered("gradable")
    rater.page.context.close()
    rater.frames.clear()
    rater.sit_down()
    expect(rater.page.get_by_text(f"{number - 1} of {SHOWN} pictures rated")).to_be_visible()
    rater.answered("gradable")
    before = rater.shown[-1]
    rater.look()
    assert rater.shown.pop() == before
    rater.begun = True


def a_second_window_changes_nothing_after_the_reveal(
    rater: Rater, repository: Repository, study: int
) -> None:
    """It was opened before the reveal and still shows the buttons; afterwards none is left to press."""
    other = rater.page.context.new_page()
    other.goto(f"{rater.address}/study?user={rater.name.replace(' ', '%20')}")
    other.wait_for_selector(".st-key-study_question_origin button[kind=primary]")
    settle(other)
    before = repository.studies.desk(study, rater.name)
    rater.reveal()
    other.locator(".st-key-study_question_origin button[kind=secondary]").first.click()
    expect(other.get_by_text("the answers before it can't change any more")).to_be_visible()
    other.close()
    assert rater.page.locator(".st-key-study_question_origin").count() == 0
    rater.key("Backspace")
    settle(rater.page)
    after = repository.studies.desk(study, rater.name)
    assert before is not None and after is not None and after.asked is not None
    assert after.answers == before.answers
    with pytest.raises(NotAllowedError, match="can't change"):
        repository.studies.answer(after.showing, rater.name, "origin", "real")


def the_rest_of_the_app_tells_nothing(rater: Rater) -> None:
    """By their addresses: History and Review lack the study's pictures, Studies is not to be reached."""
    page = rater.page.context.new_page()
    for place, count in (("history", f"{16 - DRAWN} pictures"), ("review", f"0 of {16 - DRAWN} pictures")):
        page.goto(f"{rater.address}/{place}?user={rater.name.replace(' ', '%20')}")
        expect(page.get_by_text("hidden from you")).to_be_visible()
        expect(page.get_by_text(count).first).to_be_visible()
    page.close()
    the_figures_are_not_for_raters(rater)


def check_orders(raters: list[Rater]) -> None:
    """Both have seen the same ten pictures and one of them twice, each in an own order."""
    for rater in raters:
        expect(rater.page.get_by_text("All pictures are rated")).to_be_visible()
        assert (len(rater.shown), len(set(rater.shown))) == (SHOWN, DRAWN + PHOTOGRAPHS)
    first, second = (list(dict.fromkeys(rater.shown)) for rater in raters)
    assert set(first) == set(second) and first != second


def the_figures_are_not_for_raters(rater: Rater) -> None:
    page = rater.page.context.new_page()
    page.goto(f"{rater.address}/studies?user={rater.name.replace(' ', '%20')}")
    page.locator(".st-key-user").wait_for()
    settle(page)
    shown = page.locator("body").inner_text()
    assert "Figures" not in shown and "Agreement" not in shown and "α" not in shown
    page.close()


def check_export(page: Any, tmp_path: Path) -> None:
    """The lead's export of the answers, fetched through the page, names nobody and has every rating."""
    page.get_by_role("heading", name="Figures", exact=True).wait_for()
    settle(page)
    page.screenshot(path=SCREENSHOTS / "study-figures.png")
    page.locator(".st-key-export_panel").get_by_text("Export").first.click()
    page.locator(".st-key-study_export").get_by_role("button").click()
    with page.expect_download() as download:
        page.locator(".st-key-export_download").get_by_role("button").click()
    download.value.save_as(tmp_path / "answers.zip")
    with zipfile.ZipFile(tmp_path / "answers.zip") as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("answers.csv").decode("utf-8-sig"), newline="")))
    assert len(rows) == 2 * SHOWN and {row["rater"] for row in rows} == {"rater 1", "rater 2"}
    assert (
        sorted(row["synthetic"] for row in rows if row["repeat"] == "False") == ["False"] * 4 + ["True"] * 16
    )


def check_figures(page: Any, pictures: list[Told]) -> None:
    """What the page shows equals what the formulas make of the rows of the database."""
    shown = dict(
        page.evaluate(
            "[...document.querySelectorAll('[data-testid=stTable] tr')]"
            ".map(row => [...row.children].map(cell => cell.innerText.trim()).slice(0, 2))"
        )
    )
    assert len(pictures) == DRAWN + PHOTOGRAPHS
    points = [[_points(one, name) for name in CRITERIA] for one in pictures]
    ordered = {"Criteria (sum)": [tuple(map(sum, zip(*one, strict=True))) for one in points]}
    for name, question in (("Realism", "realism"), ("Skin tone seen (Monk)", "tone_seen")):
        ordered[name] = [one.answers[question] for one in pictures]
    for name, pairs in ordered.items():
        assert shown[f"{name}: α"] == f"{alpha(pairs, ordinal=True):.2f}"
        assert shown[f"{name}: weighted κ"] == f"{kappa(pairs):.2f}"
    origins = [one.answers["origin"] for one in pictures]
    assert shown["Real or AI: α"] == f"{alpha(origins, ordinal=False):.2f}"
    right = [said == one.source for one in pictures for said in one.answers["origin"]]
    assert shown["Real or AI: accuracy"] == f"{fmean(right) * 100:.1f} %"
    assert shown["Real or AI: specificity (real called real)"].startswith("Too few ratings")
    drawn = [one for one in pictures if one.source == "ai"]
    met = [sum(one.answers[name][who] == "yes" for name in CRITERIA) >= 3 for one in drawn for who in (0, 1)]
    assert shown["Pictures with at least 3 of 5 criteria"] == f"{fmean(met) * 100:.1f} %"


def _points(picture: Told, criterion: str) -> list[int]:
    """Of both raters: no 0, partly 1, yes 2."""
    return [("no", "partly", "yes").index(said) for said in picture.answers[criterion]]
