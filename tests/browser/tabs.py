"""Tabs of the running app: opening pages, waiting until they are drawn, pressing and choosing."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.browser.conftest import sync_api
from tests.browser.serving import SETTLED

expect = sync_api.expect
SCREENSHOTS = Path(__file__).resolve().parent / "screenshots"
SHOWN = {
    "generate": "Generate",
    "compare": "Compare",
    "history": "History",
    "review": "Review",
    "study": "Rate a study",
    "studies": "Studies",
    "insights": "Insights",
    "datasets": "Datasets",
    "studio": "Caption studio",
    "training": "Training",
    "models": "Models",
    "verify": "Verify",
    "about": "About the model",
    "admin": "Administration",
}
PATIENCE = 300_000
"""Milliseconds: a busy machine may take long, a working page never needs them."""


def new_tab(browser: sync_api.Browser, width: int = 1280, scheme: str = "light") -> Iterator[sync_api.Page]:
    context = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme)
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield context.new_page()
    context.close()


def open_page(page: sync_api.Page, address: str, name: str) -> None:
    page.goto(f"{address}/{'' if name == 'generate' else name}")
    page.get_by_role("heading", name=SHOWN[name], exact=True, level=1).wait_for()
    settle(page)


def settle(page: sync_api.Page) -> None:
    """Waits until the script run is over and drawn, and looks for what must never be on a page."""
    page.wait_for_timeout(500)
    page.wait_for_function(SETTLED)
    page.wait_for_timeout(300)
    assert not page.locator("[data-testid=stException]").count(), page.locator(".stMain").inner_text()
    assert "Traceback" not in page.locator("body").inner_text()


def keep(page: sync_api.Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def press(page: sync_api.Page, key: str) -> None:
    page.locator(f".st-key-{key}").get_by_role("button").first.click()
    settle(page)


def pick(page: sync_api.Page, label: str, option: str) -> None:
    box = page.get_by_role("combobox", name=re.compile(label)).first
    box.click()
    box.fill(option)  # of a long list only a part is on the page
    page.get_by_role("option", name=re.compile(f"^{option}")).first.click()
    settle(page)
