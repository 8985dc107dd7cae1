"""One chromium and, for each module, one app for its tests in the browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import PROJECT
from tests.browser.serving import running_app

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[sync_api.Browser]:
    """Headless chromium as the system has it."""
    if not CHROMIUM.is_file():
        pytest.skip("chromium is not installed at /usr/bin/chromium")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released model, or the tiny one where none has been released."""
    released = PROJECT / "data" / "models"
    if (released / "embedded" / "model_index.json").is_file():
        return released
    from tests.tiny_models import make_tiny_pipeline

    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "embedded")
    return folder


@pytest.fixture(scope="module")
def address(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real app as its own process, on a free port and a library of its own."""
    environment = {
        "SCRIPT2SKIN_LIBRARY": str(tmp_path_factory.mktemp("library")),
        "SCRIPT2SKIN_DATASETS": str(tmp_path_factory.mktemp("datasets")),
        "SCRIPT2SKIN_MODELS": str(models),
    }
    with running_app(environment) as url:
        yield url


@pytest.fixture
def page(browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    """A fresh tab of a desktop."""
    from tests.browser.tabs import new_tab

    yield from new_tab(browser)
