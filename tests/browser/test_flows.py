"""The three flows of a clinician in a real browser: generate, browse, review; pictures of each are kept."""

import json
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from core.images import SHEET_KEY, read_recipe
from core.language.vocabulary import load_vocabulary
from core.weights.model_cards import load_card
from db.records import CRITERIA
from tests.browser.conftest import sync_api
from tests.browser.tabs import PATIENCE, keep, open_page, pick, press, settle

expect = sync_api.expect
pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]


def test_the_first_address_a_server_is_asked_for_may_be_any_page(page: sync_api.Page, address: str) -> None:
    open_page(page, address, "history")
    assert page.get_by_text("Not for diagnosis.").count() == 1
    assert page.get_by_text("Nothing here yet").count() == 1
    page.get_by_role("link", name="Generate the first picture").click()
    page.get_by_role("heading", name="Generate", exact=True, level=1).wait_for()


def test_select_and_generate(page: sync_api.Page, address: str, tmp_path: Path, models: Path) -> None:
    open_page(page, address, "generate")
    pick(page, "Rash", "Tinea")
    pick(page, "Body site", "Foot")
    pick(page, "Skin tone", "Brown")
    caption = page.locator(".st-key-form_prompt textarea")
    expect(caption).to_have_value("tinea type of rash at the foot area on a brown skin")
    page.locator(".st-key-form_count input").fill("2")
    page.locator(".st-key-form_count input").press("Enter")
    settle(page)
    page.locator(".st-key-generate").get_by_role("button").click()
    page.locator(".st-key-progress").wait_for()
    keep(page, "generate-forming")
    wait_for_pictures(page, 2)
    keep(page, "generate")
    with page.expect_download() as download:
        page.locator("[class*=st-key-download_]").first.get_by_role("button").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    recipe, _ = read_recipe(file)
    assert recipe.prompt == "tinea type of rash at the foot area on a brown skin"
    assert len(page.locator("[class*=st-key-result_rate_]").all()) == 2
    named = load_vocabulary().tones
    tones = sum(tone in named for tone in load_card(models / "embedded").tones)
    page.locator("[class*=st-key-across_skin_tones_]").first.get_by_role("button").click()
    wait_for_pictures(page, 2 + tones)
    assert page.get_by_text("Across skin tones").first.is_visible()
    keep(page, "generate-across-tones")


def wait_for_pictures(page: sync_api.Page, count: int) -> None:
    page.wait_for_function(
        f"() => document.querySelectorAll('[class*=st-key-download_]').length >= {count}"
        " && !document.querySelector('.st-key-progress')",
        timeout=3 * PATIENCE,
    )
    settle(page)


def test_a_closed_tab_loses_nothing(page: sync_api.Page, address: str) -> None:
    open_page(page, address, "generate")
    expect(page.locator("[class*=st-key-download_]").nth(1)).to_be_visible()
    page.locator("[class*=st-key-result_rate_]").first.get_by_role("button").first.click()
    sheet = page.locator("[data-testid=stPopoverBody]")
    sheet.get_by_role("radio", name="6", exact=True).or_(
        sheet.get_by_role("button", name="6", exact=True)
    ).click()
    keep(page, "generate-rate")
    sheet.get_by_role("button", name="Save rating").click()
    page.get_by_text("Rated 6/7").first.wait_for()


def test_compare_draws_a_table_opens_a_cell_and_hands_out_the_sheet(
    page: sync_api.Page, address: str, tmp_path: Path
) -> None:
    open_page(page, address, "compare")
    assert page.get_by_text("Your comparison will appear here").is_visible()
    for kind in ("rash", "tone"):
        chosen = page.locator(f".st-key-compare_values_{kind}")
        while chosen.locator(".react-aria-ComboBox [data-tag]").count() > 2:
            chosen.locator("input").focus()
            page.keyboard.press("Backspace")
            settle(page)
    assert page.get_by_text(re.compile("^4 pictures, ")).is_visible()
    press(page, "compare_draw")
    page.reload()
    expect(page.locator("[class*=st-key-compare_open_]")).to_have_count(4)
    page.locator(".st-key-progress").wait_for(state="detached")
    settle(page)
    keep(page, "compare")
    with page.expect_download() as download:
        page.locator(".st-key-compare_download").get_by_role("button").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    with Image.open(file) as sheet:
        assert len(json.loads(sheet.text[SHEET_KEY])["cells"]) == 4
    page.locator("[class*=st-key-compare_open_]").last.get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Reuse recipe").wait_for()
    settle(page)
    keep(page, "compare-detail")


def test_browse_filter_open_reuse_delete_and_undo(page: sync_api.Page, address: str, tmp_path: Path) -> None:
    open_page(page, address, "history")
    feet = page.locator("[class*=st-key-open_]").filter(has_text=re.compile("foot", re.IGNORECASE))
    total = feet.count()
    assert total >= 2
    keep(page, "history")
    page.locator(".st-key-filter_text input").fill("foot")
    page.locator(".st-key-filter_text input").press("Enter")
    settle(page)
    expect(page.locator("[class*=st-key-open_]")).to_have_count(total)
    page.locator("[class*=st-key-tick_]").first.get_by_text("Select").click()
    settle(page)
    with page.expect_download() as download:
        page.locator(".st-key-selection_download").get_by_role("button").click()
    download.value.save_as(tmp_path / "pictures.zip")
    with zipfile.ZipFile(tmp_path / "pictures.zip") as archive:
        assert [Path(name).suffix for name in archive.namelist()] == [".png", ".txt"]
    press(page, "selection_clear")
    page.locator("[class*=st-key-open_]").first.get_by_role("button").click()
    page.get_by_role("dialog").wait_for()
    settle(page)
    keep(page, "history-detail")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("1 picture deleted.").wait_for()
    settle(page)
    expect(page.locator("[class*=st-key-open_]")).to_have_count(total - 1)
    press(page, "undo_delete")
    expect(page.locator("[class*=st-key-open_]")).to_have_count(total)
    page.locator("[class*=st-key-open_]").last.get_by_role("button").click()
    page.get_by_role("dialog").get_by_role("button", name="Reuse recipe").click()
    page.get_by_role("heading", name="Generate", exact=True, level=1).wait_for()
    settle(page)
    expect(page.locator(".st-key-form_prompt textarea")).to_have_value(re.compile("^tinea type of rash"))


def test_review_blind_then_known_by_keyboard_alone(page: sync_api.Page, address: str) -> None:
    open_page(page, address, "review")
    progress = page.get_by_text(re.compile(r"\d+ of \d+ pictures reviewed"))
    before = progress.inner_text()
    if not page.get_by_text("Step 1 of 2").count():
        page.keyboard.press("s")
        expect(page.get_by_text("Step 1 of 2")).to_be_visible()
    body = page.content().lower()
    assert "tinea" not in body and "brown skin" not in body
    keep(page, "review-blind")
    page.keyboard.press("5")
    expect(button(page, "review_reveal")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Step 2 of 2")).to_be_visible()
    expect(page.get_by_text("Your blind answer: realism 5/7")).to_be_visible()
    for name, key, verdict in zip(CRITERIA, "11231", ("yes", "yes", "partly", "no", "yes"), strict=True):
        page.keyboard.press(key)
        expect(page.locator(f".st-key-review_{name}_{verdict} button[kind=primary]")).to_be_visible()
        settle(page)
    keep(page, "review-known")
    page.keyboard.press("Backspace")
    expect(button(page, "review_save")).to_be_disabled()
    page.keyboard.press("2")
    expect(button(page, "review_save")).to_be_enabled()
    settle(page)
    page.keyboard.press("Enter")
    expect(progress).not_to_have_text(before)
    settle(page)


def test_a_click_in_insights_shows_the_pictures_and_history_shows_the_same(
    page: sync_api.Page, address: str
) -> None:
    open_page(page, address, "insights")
    page.locator(".st-key-insights_map .mark-text.role-mark text").last.click()
    settle(page)
    shown = page.locator(".st-key-insights_pictures img")
    expect(shown.first).to_be_visible()
    count = shown.count()
    keep(page, "insights-pictures")
    press(page, "insights_history")
    page.get_by_role("heading", name="History", exact=True, level=1).wait_for()
    settle(page)
    assert page.locator(".st-key-gallery img").count() == count


def button(page: sync_api.Page, key: str) -> sync_api.Locator:
    return page.locator(f".st-key-{key}").get_by_role("button").first
