"""PostgreSQL keeps what SQLite keeps. Where SCRIPT2SKIN_TEST_POSTGRES names a server, on that server."""

import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from library_parts import POSTGRES, fresh_settings
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from db import study_triggers, tables, triggers
from db.check import _alembic_differences
from db.engine import make_engine
from db.migrate import alembic_config, upgrade

KEPT = ("audit", "ratings", "reveals", "study_answers", "study_reveals", "activations", "gate_results")
"""Tables to which rows are only ever added."""


def plain(sql: str) -> str:
    return re.sub(r"\s+", " ", sql).strip()


def statements_of_migrations(dialect: str) -> set[str]:
    script = ScriptDirectory.from_config(alembic_config())
    found = (getattr(one.module, "TRIGGERS", {}) for one in script.walk_revisions())
    return {plain(sql) for one in found for sql in one.get(dialect, ())}


def test_migrations_and_tables_make_the_same_triggers_on_postgresql() -> None:
    described = {plain(sql) for sql in (*triggers.POSTGRESQL, *study_triggers.POSTGRESQL)}
    assert statements_of_migrations("postgresql") == described


@pytest.mark.parametrize("table", KEPT)
def test_nothing_is_changed_deleted_or_emptied_on_either_database(table: str) -> None:
    postgresql, sqlite = statements_of_migrations("postgresql"), statements_of_migrations("sqlite")
    for moment in ("UPDATE OR DELETE", "TRUNCATE"):
        assert any(f"BEFORE {moment} ON {table} FOR EACH" in sql for sql in postgresql), moment
    for moment in ("UPDATE", "DELETE"):
        assert any(f"BEFORE {moment} ON {table} " in sql for sql in sqlite), moment


@pytest.fixture
def server() -> Engine:
    """The server that the environment names; without one the test is skipped, and says so."""
    if POSTGRES not in os.environ:
        words = f"POSTGRESQL IS NOT TESTED: set {POSTGRES} to the URL of an empty database (see README)"
        warnings.warn(words, stacklevel=1)
        pytest.skip(words)
    return create_engine(os.environ[POSTGRES])


@pytest.fixture
def migrated(server: Engine, tmp_path: Path) -> Iterator[Engine]:
    """A schema of its own, built by the migrations."""
    with fresh_settings("postgresql", tmp_path) as settings:
        upgrade(settings.database_url, settings.library)
        engine = make_engine(settings.database_url)
        yield engine
        engine.dispose()


@pytest.fixture
def described(server: Engine, tmp_path: Path) -> Iterator[Engine]:
    """Another, built from the tables as db/ describes them."""
    with fresh_settings("postgresql", tmp_path) as settings:
        engine = make_engine(settings.database_url)
        tables.metadata.create_all(engine)
        yield engine
        engine.dispose()


def refusals(connection: Connection) -> set[str]:
    """Triggers and their functions, whatever the schema is called."""
    schema = connection.execute(text("SELECT current_schema()")).scalar_one()
    of_triggers = (
        "SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
    )
    of_functions = "SELECT proname || prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
    rows = [
        *connection.execute(text(of_triggers)).scalars(),
        *connection.execute(text(of_functions)).scalars(),
    ]
    return {plain(sql.replace(f"{schema}.", "")) for sql in rows}


def test_the_migrations_build_on_a_server_what_the_tables_describe(
    migrated: Engine, described: Engine
) -> None:
    with migrated.connect() as left, described.connect() as right:
        assert len(refusals(left)) > 2 * len(KEPT) and refusals(left) == refusals(right)
        assert [one for one in _alembic_differences(left) if "alembic_version" not in one] == []


def test_a_server_refuses_to_change_the_log(migrated: Engine) -> None:
    with migrated.begin() as connection:
        columns = "(created_at, actor, action, subject, detail)"
        line = f"INSERT INTO audit {columns} VALUES (now(), 'ann', 'x', '', '')"
        connection.execute(text(line))
    for change in (
        "UPDATE audit SET actor = 'nobody'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "TRUNCATE audit CASCADE",
    ):
        with pytest.raises(DBAPIError, match="audit is append-only"), migrated.begin() as connection:
            connection.execute(text(change))
    with migrated.connect() as connection:
        assert connection.execute(text("SELECT actor FROM audit")).scalars().all() == ["ann"]
