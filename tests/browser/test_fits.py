"""Every page in a wide and a narrow window, light and dark: it fits, and its pictures have names."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image
from study_scenes import add_pictures

from core.settings import Settings
from db.repository import open_repository
from tests.browser.conftest import sync_api
from tests.browser.serving import running_app
from tests.browser.tabs import SCREENSHOTS, SHOWN, keep, new_tab, open_page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def address(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on a library with pictures, an admin at the screen."""
    folder = tmp_path_factory.mktemp("places")
    places = {f"SCRIPT2SKIN_{name.upper()}": str(folder / name) for name in ("library", "datasets", "runs")}
    places["SCRIPT2SKIN_MODELS"] = str(models)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in places.items():
            patch.setenv(name, value)
        with closing(open_repository(Settings.from_environment())) as repository:
            repository.users.ensure("Dr Amari", "admin")
            add_pictures(repository, 6, "Dr Amari")
    with running_app(places) as url:
        yield url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_every_page_fits_the_screen_in_both_themes(
    browser: sync_api.Browser, address: str, width: int, scheme: str
) -> None:
    for page in new_tab(browser, width, scheme):
        for name in SHOWN:
            open_page(page, address, name)
            assert page.get_by_text("Not for diagnosis.").first.is_visible()
            assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= width
            unnamed = page.evaluate(
                "[...document.querySelectorAll('.stMain img')].filter(i => !i.hasAttribute('alt')).length"
            )
            assert unnamed == 0
            keep(page, f"{name}-{width}-{scheme}")
            with Image.open(SCREENSHOTS / f"{name}-{width}-{scheme}.png") as shot:
                red, green, blue = shot.convert("RGB").getpixel((shot.width - 5, shot.height - 5))
            assert (red + green + blue > 384) == (scheme == "light")
