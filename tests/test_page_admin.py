"""Administration, without a browser: roles, everybody's queue, disk space, the audit log."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from core.errors import NotAllowedError, StorageError
from core.exporting.shelf import shelf
from core.jobs import JobState
from core.settings import Settings
from core.worker import Worker
from db.audit import Action
from db.repository import Repository, open_repository
from pages.components.administration.audit import as_csv
from tests import app_scenes as scenes

ADMIN, LEAD, OTHER = "Dr Amari", "Dr Lund", "Dr Sato"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """An admin, a lead and a reviewer; no worker runs, so that jobs stay where they are."""
    for name in ("MODELS", "DATASETS", "RUNS"):
        monkeypatch.setenv(f"SCRIPT2SKIN_{name}", str(tmp_path / name.lower()))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = open_repository(Settings.from_environment())
    for name, role in ((ADMIN, "admin"), (LEAD, "lead"), (OTHER, "reviewer")):
        opened.users.ensure(name, role)
    yield opened
    opened.close()
    st.cache_resource.clear()


def open_admin() -> AppTest:
    app = AppTest.from_file(scenes.APP, default_timeout=60).run()
    return scenes.healthy(app.switch_page("pages/admin.py").run())


def role_box(app: AppTest, name: str) -> st.testing.v1.element_tree.Selectbox:
    return next(box for box in app.selectbox if box.label == f"Role of {name}")


def roles(repository: Repository) -> dict[str, str]:
    return {user.name: user.role for user in repository.users.list()}


def test_an_admin_changes_a_role_and_it_is_written_down(repository: Repository) -> None:
    app = open_admin()
    scenes.healthy(role_box(app, OTHER).set_value("lead").run())
    assert roles(repository)[OTHER] == "lead"
    (entry,) = repository.audit.entries(ADMIN, [Action.ROLE_CHANGED])
    assert (entry.actor, entry.subject, entry.detail) == (ADMIN, OTHER, "reviewer to lead")


def test_an_admin_adds_a_person_who_then_finds_their_role(repository: Repository) -> None:
    app = open_admin()
    app.text_input(key="admin_add_name").set_value("  Dr   Okoye ")
    app.selectbox(key="admin_add_role").set_value("lead")
    scenes.healthy(scenes.press(app, "admin_add_person"))
    assert roles(repository)["Dr Okoye"] == "lead"
    (entry,) = repository.audit.entries(ADMIN, [Action.ROLE_CHANGED])
    assert (entry.actor, entry.subject, entry.detail) == (ADMIN, "Dr Okoye", "added as lead")
    app = open_admin()
    app.text_input(key="admin_add_name").set_value("Dr Okoye")
    app = scenes.press(app, "admin_add_person")
    assert "Dr Okoye is known already, as lead" in app.error[0].value
    with pytest.raises(NotAllowedError):
        repository.users.add("Dr New", "admin", LEAD)
    assert "Dr New" not in roles(repository)


def test_the_last_admin_keeps_the_role_and_is_told_why(repository: Repository) -> None:
    app = role_box(open_admin(), ADMIN).set_value("reader").run()
    assert "only admin" in app.error[0].value
    assert roles(repository)[ADMIN] == "admin"
    assert role_box(app, ADMIN).value == "admin"
    role_box(app, LEAD).set_value("admin").run()
    app = role_box(app.run(), ADMIN).set_value("lead").run()
    assert roles(repository) == {ADMIN: "lead", LEAD: "admin", OTHER: "reviewer"}
    assert app.title[0].value != "Administration"


def test_an_admin_cancels_anothers_entry_and_nobody_else_does(repository: Repository) -> None:
    (job,) = repository.jobs.submit(OTHER, [scenes.recipe_for()])
    with pytest.raises(NotAllowedError, match=OTHER):
        repository.jobs.cancel(job.id, LEAD)
    app = open_admin()
    assert "Tinea · Foot · Brown skin" in scenes.texts(app) and OTHER in scenes.texts(app)
    app = scenes.healthy(scenes.press(app, f"admin_cancel_{job.id}"))
    assert repository.jobs.get(job.id, OTHER).state is JobState.CANCELLED
    assert "Nothing waits to be drawn." in scenes.texts(app)
    (entry,) = repository.audit.entries(ADMIN, [Action.CANCELLED])
    assert (entry.actor, entry.detail) == (ADMIN, f"of {OTHER}")


def test_anothers_entry_is_not_shown_in_full(repository: Repository) -> None:
    (job,) = repository.jobs.submit(OTHER, [scenes.recipe_for("acne", "cheek")])
    for verb in (repository.jobs.get, repository.jobs.retry):
        with pytest.raises(NotAllowedError):
            verb(job.id, LEAD)
    assert repository.jobs.of_request(job.request_id, LEAD) == []
    with pytest.raises(NotAllowedError):
        repository.jobs.queue(LEAD)
    app = AppTest.from_file(scenes.APP, default_timeout=60)
    app.query_params["user"] = LEAD
    assert "Acne · Cheek" not in scenes.texts(app.run())


def test_only_the_owner_and_admins_delete_a_picture(repository: Repository) -> None:
    ids = [scenes.add_picture(repository, scenes.recipe_for(seed=seed), OTHER).id for seed in (1, 2)]
    with pytest.raises(NotAllowedError, match="admin"):
        repository.generations.delete(ids[0], LEAD)
    repository.generations.delete(ids[0], ADMIN)
    repository.generations.delete(ids[1], OTHER)
    deleted = repository.audit.entries(ADMIN, [Action.DELETED])
    assert [(entry.actor, entry.subject) for entry in deleted] == [
        (OTHER, f"picture {ids[1]}"),
        (ADMIN, f"picture {ids[0]}"),
    ]


def test_finished_exports_are_counted_and_removed(repository: Repository) -> None:
    file = shelf(repository.library) / "a.zip"
    file.parent.mkdir()
    file.write_bytes(b"x" * 5000)
    app = open_admin()
    assert "1 export made in the app" in scenes.texts(app)
    assert {metric.label: metric.value for metric in app.metric}["Finished exports"] == "5 kB"
    app = scenes.healthy(scenes.press(app, "admin_clear_exports"))
    assert not file.exists() and "No finished export" in scenes.texts(app)
    assert repository.audit.entries(ADMIN, [Action.DELETED])[0].subject == "1 export"


def test_the_log_is_narrowed_on_screen_and_leaves_whole(repository: Repository) -> None:
    repository.audit.exported(LEAD, "=cmd()", "x, y")
    repository.users.set_role(OTHER, "reader", ADMIN)
    app = open_admin()
    assert set(app.dataframe[0].value["What"]) == {"exported", "person added", "role changed"}
    app = app.multiselect(key="audit_actions").set_value(["exported"]).run()
    assert list(app.dataframe[0].value["Who"]) == [LEAD]
    rows = list(csv.DictReader(io.StringIO(as_csv(repository.audit.entries(ADMIN)).decode())))
    others = [row for row in rows if row["action"] != "person added"]
    assert [row["action"] for row in others] == ["role changed", "exported"]
    assert others[1]["subject"] == "'=cmd()"
    for name in (LEAD, OTHER):
        with pytest.raises(NotAllowedError):
            repository.audit.entries(name)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'nobody'",
        "DELETE FROM audit",
        "INSERT INTO audit (id, created_at, actor, action, subject, detail) "
        "VALUES (1, '2026-01-01', 'nobody', 'rated', '', '') ON CONFLICT (id) DO UPDATE SET actor = 'nobody'",
        "REPLACE INTO audit (id, created_at, actor, action, subject, detail) "
        "VALUES (1, '2026-01-01', 'nobody', 'rated', '', '')",
    ],
)
def test_the_database_lets_nobody_rewrite_the_log(repository: Repository, statement: str) -> None:
    repository.audit.exported(LEAD, "a thing")
    before = repository.audit.entries(ADMIN)
    with pytest.raises(StorageError), repository.database.writing() as connection:
        connection.execute(text(statement))
    assert repository.audit.entries(ADMIN) == before
