"""Sign-in by OIDC: nothing without it, the role from the library, and no way around either."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.roles import PAGES, ROLES, allows_page
from core.settings import Settings
from core.worker import Worker
from db.repository import Repository, open_repository
from pages.components.people import ADMINS
from tests import app_scenes as scenes

AUTH = {"redirect_uri": "http://localhost:8501/oauth2callback", "client_id": "script2skin"}
EMAILS = {role: f"{role}@clinic.example" for role in ROLES}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """One person a role, under their e-mail address, and a picture of the lead's."""
    for name in ("MODELS", "DATASETS", "RUNS"):
        monkeypatch.setenv(f"SCRIPT2SKIN_{name}", str(tmp_path / name.lower()))
    monkeypatch.delenv(ADMINS, raising=False)
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = open_repository(Settings.from_environment())
    for role, email in EMAILS.items():
        opened.users.ensure(email, role)
    scenes.add_picture(opened, scenes.recipe_for(), EMAILS["lead"])
    yield opened
    opened.close()
    st.cache_resource.clear()


def app_of(**claims: Any) -> AppTest:
    """The app with ``[auth]``, as the provider's claims say; without any, nobody has signed in."""
    app = AppTest.from_file(scenes.APP, default_timeout=60)
    app.secrets["auth"] = AUTH
    app.user = {"is_logged_in": bool(claims), **claims}
    return app


def as_role(role: str) -> AppTest:
    return scenes.healthy(app_of(email=EMAILS[role], email_verified=True).run())


def roles(repository: Repository) -> dict[str, str]:
    return {user.name: user.role for user in repository.users.list()}


@pytest.fixture
def menus(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The pages of each menu as it was drawn."""
    drawn: list[set[str]] = []
    navigation = st.navigation

    def seen(pages: dict[str, list[Any]], **options: Any) -> Any:
        drawn.append({f"pages/{Path(page._page).name}" for section in pages.values() for page in section})
        return navigation(pages, **options)

    monkeypatch.setattr(st, "navigation", seen)
    return drawn


def test_nobody_sees_anything_before_signing_in(repository: Repository, menus: list[set[str]]) -> None:
    app = scenes.healthy(app_of().run())
    assert app.title[0].value == "Sign in" and [button.key for button in app.button] == ["sign_in"]
    assert not app.selectbox and not app.get("image") and not menus
    assert roles(repository) == {email: role for role, email in EMAILS.items()}


@pytest.mark.parametrize("page", PAGES)
def test_no_address_leads_past_the_sign_in(repository: Repository, page: str, menus: list[set[str]]) -> None:
    app = app_of()
    app.query_params["user"] = EMAILS["admin"]
    app = app.switch_page(page).run()
    assert [title.value for title in app.title] == ["Sign in"] and not menus
    assert not app.get("image") and not app.dataframe


@pytest.mark.parametrize("role", ROLES)
def test_the_role_of_the_e_mail_address_decides_what_there_is(
    repository: Repository, role: str, menus: list[set[str]]
) -> None:
    app = as_role(role)
    assert f"Signed in as {EMAILS[role]} ({role})" in scenes.texts(app)
    assert menus[-1] == {page for page in PAGES if allows_page(role, page)}
    for page in set(PAGES) - menus[-1]:
        with pytest.raises(ValueError, match="Could not find a navigation page"):
            app.switch_page(page)


def test_nobody_picks_a_name_and_the_address_makes_nobody_another(repository: Repository) -> None:
    app = app_of(email=EMAILS["reader"], email_verified=True)
    app.query_params["user"] = EMAILS["admin"]
    app.session_state["user"] = EMAILS["admin"]
    app.session_state["person"], app.session_state["role"] = EMAILS["admin"], "admin"
    app = scenes.healthy(app.run())
    assert f"Signed in as {EMAILS['reader']} (reader)" in scenes.texts(app)
    assert not [box for box in app.selectbox if box.key == "user"]
    assert app.title[0].value == "History"


def test_a_new_address_begins_as_reader_and_one_named_as_admin_as_admin(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADMINS, "Head@Clinic.example, second@clinic.example")
    for email, role in (("new@clinic.example", "reader"), ("HEAD@clinic.example", "admin")):
        app = scenes.healthy(app_of(email=email).run())
        assert f"({role})" in scenes.texts(app)
        assert roles(repository)[email.lower()] == role


def test_who_was_added_by_an_admin_has_the_role_at_the_first_sign_in(repository: Repository) -> None:
    app = as_role("admin").switch_page("pages/admin.py").run()
    app.text_input(key="admin_add_name").set_value("Second Reader")
    app = scenes.press(app, "admin_add_person")
    assert "“Second Reader” is no e-mail address" in app.error[0].value
    app.text_input(key="admin_add_name").set_value("Second.Reader@Clinic.example")
    scenes.healthy(scenes.press(app, "admin_add_person"))
    app = scenes.healthy(app_of(email="second.reader@clinic.example", email_verified=True).run())
    assert "(reviewer)" in scenes.texts(app)


def test_being_named_as_admin_changes_no_role_that_was_given_since(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADMINS, EMAILS["reader"])
    as_role("reader")
    assert roles(repository)[EMAILS["reader"]] == "reader"


@pytest.mark.parametrize(
    "claims", [{"sub": "7"}, {"email": ""}, {"email": EMAILS["admin"], "email_verified": False}]
)
def test_an_address_that_is_missing_or_not_verified_opens_nothing(
    repository: Repository, claims: dict[str, Any]
) -> None:
    app = app_of(**claims).run()
    assert "no verified e-mail address" in " ".join(error.value for error in app.error)
    assert not app.get("image") and not app.title and not app.exception
    assert [button.key for button in app.button] == ["sign_out"]


def test_a_role_given_by_an_admin_holds_from_the_next_click(repository: Repository) -> None:
    app = as_role("reader")
    assert app.title[0].value == "History"
    repository.users.set_role(EMAILS["reader"], "lead", EMAILS["admin"])
    app = scenes.healthy(app.run().switch_page("pages/studies.py").run())
    assert app.title[0].value == "Studies"
    repository.users.set_role(EMAILS["reader"], "reader", EMAILS["admin"])
    assert app.run().title[0].value != "Studies"


def test_what_is_done_stands_under_the_address(repository: Repository) -> None:
    app = as_role("reviewer").switch_page("pages/history.py").run()
    app = scenes.press(app, "open_1")
    assert app.button(key="detail_delete").disabled
    scenes.healthy(scenes.press(app, "detail_star"))
    assert repository.generations.get(1, EMAILS["reviewer"]).starred
    assert not repository.generations.get(1, EMAILS["reader"]).starred
