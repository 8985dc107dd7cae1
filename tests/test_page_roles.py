"""What a role may not do is reached neither by menu, nor by address, nor by widget; who is at the screen."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.errors import NotAllowedError
from core.roles import PAGES, ROLES, allows_page
from core.settings import PROJECT, Settings
from core.worker import Worker
from db.repository import Repository, open_repository
from db.study_records import StudyDraft
from pages.components.frame import FRAMED
from pages.components.people import ROLE
from tests import app_scenes as scenes

PEOPLE = {role: f"Dr {role.capitalize()}" for role in ("admin", *ROLES[:-1])}
FORBIDDEN = [(role, page) for role in ROLES for page in PAGES if not allows_page(role, page)]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A library of one person a role, the admin first, with a picture of the lead's; no worker, no model."""
    for name in ("MODELS", "DATASETS", "RUNS"):
        monkeypatch.setenv(f"SCRIPT2SKIN_{name}", str(tmp_path / name.lower()))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = open_repository(Settings.from_environment())
    for role, name in PEOPLE.items():
        opened.users.ensure(name, role)
    scenes.add_picture(opened, scenes.recipe_for(), PEOPLE["lead"])
    yield opened
    opened.close()
    st.cache_resource.clear()


def app_of(role: str) -> AppTest:
    app = AppTest.from_file(scenes.APP, default_timeout=60)
    app.query_params["user"] = PEOPLE[role]
    return app.run()


@pytest.fixture
def menus(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Each menu as it was drawn: path to title."""
    drawn: list[dict[str, str]] = []
    navigation = st.navigation

    def seen(pages: dict[str, list[Any]], **options: Any) -> Any:
        shown = [page for section in pages.values() for page in section]
        drawn.append({f"pages/{Path(page._page).name}": page.title for page in shown})
        return navigation(pages, **options)

    monkeypatch.setattr(st, "navigation", seen)
    return drawn


def test_the_menu_holds_what_the_role_may_open_and_no_address_leads_past_it(
    repository: Repository, menus: list[dict[str, str]]
) -> None:
    scenes.healthy(app_of("admin"))
    whole = menus[-1]
    assert set(whole) == set(PAGES)
    for role in ("reader", "reviewer", "lead"):
        app = scenes.healthy(app_of(role))
        assert menus[-1] == {path: title for path, title in whole.items() if allows_page(role, path)}
        for path in set(whole) - set(menus[-1]):
            with pytest.raises(ValueError, match="Could not find a navigation page"):
                app.switch_page(path)


@pytest.mark.parametrize(("role", "page"), FORBIDDEN)
def test_a_page_that_is_run_all_the_same_stops_before_it_shows_anything(role: str, page: str) -> None:
    app = AppTest.from_file(str(PROJECT / page), default_timeout=60)
    app.session_state[FRAMED], app.session_state[ROLE] = True, role
    app.run()
    assert f"Your role ({role}) does not allow this page" in app.error[0].value
    assert not app.title and not app.button and not app.exception


def _study(repository: Repository, me: str) -> object:
    return repository.studies.create(StudyDraft("New", (1,), (PEOPLE["reviewer"],), 1, 1, 0.0), me)


Verb = Callable[[Repository, str], object]
VERBS: dict[str, tuple[str, Verb]] = {
    "draw": ("reviewer", lambda r, me: r.jobs.submit(me, [scenes.recipe_for()])),
    "rate": ("reviewer", lambda r, me: r.ratings.add(1, me, False, 5)),
    "reveal": ("reviewer", lambda r, me: r.ratings.reveal(1, me)),
    "make a study": ("lead", _study),
    "add a model": ("lead", lambda r, me: r.models.register("/m", "M", me)),
    "look at the queue": ("admin", lambda r, me: r.jobs.queue(me)),
    "read the audit log": ("admin", lambda r, me: r.audit.entries(me)),
    "change a role": ("admin", lambda r, me: r.users.set_role(PEOPLE["reader"], "lead", me)),
}


@pytest.mark.parametrize("role", ROLES)
def test_the_library_refuses_what_a_widget_would_have_to_ask_for(repository: Repository, role: str) -> None:
    for words, (least, verb) in VERBS.items():
        if ROLES.index(role) >= ROLES.index(least):
            verb(repository, PEOPLE[role])
        else:
            with pytest.raises(NotAllowedError, match=f"role '{role}'"):
                pytest.fail(f"{role} could {words}: {verb(repository, PEOPLE[role])}")


def test_a_reader_finds_no_button_to_draw_rate_or_delete(repository: Repository) -> None:
    app = scenes.press(scenes.healthy(app_of("reader")), "open_1")
    keys = {str(button.key) for button in app.button}
    assert "detail_reuse" not in keys and not [key for key in keys if "sheet" in key]
    assert app.button(key="detail_delete").disabled
    assert "Your role does not rate pictures." in scenes.texts(app)


def test_a_role_that_is_taken_away_holds_from_the_next_click(repository: Repository) -> None:
    app = app_of("lead").switch_page("pages/studies.py").run()
    assert app.title[0].value == "Studies"
    repository.users.set_role(PEOPLE["lead"], "reader", PEOPLE["admin"])
    app = app.run()
    assert app.title[0].value != "Studies"


def test_the_address_names_the_person_and_every_way_to_a_page_keeps_them(repository: Repository) -> None:
    app = app_of("lead").switch_page("pages/history.py").run()
    assert app.selectbox(key="user").value == PEOPLE["lead"]
    assert app.query_params["user"] == PEOPLE["lead"]
    app = scenes.press(app, "open_1")
    app = scenes.healthy(scenes.press(app, "detail_reuse"))
    assert app.title[0].value == "Generate"
    assert app.selectbox(key="user").value == PEOPLE["lead"]
    app = app.selectbox(key="user").set_value(PEOPLE["admin"]).run()
    assert "user" not in app.query_params


def test_a_page_asked_for_before_the_frame_stands_keeps_the_person(repository: Repository) -> None:
    app = AppTest.from_file(scenes.APP, default_timeout=60)
    app.query_params["user"] = PEOPLE["lead"]
    app = scenes.healthy(app.switch_page("pages/studies.py").run())
    assert (app.title[0].value, app.selectbox(key="user").value) == ("Studies", PEOPLE["lead"])
