"""Checks that the migrations build exactly the schema that db/tables and db/triggers.py describe.

Builds both and compares tables, columns, indexes and foreign keys (Alembic's comparison), and CHECKs and
triggers, which Alembic leaves out. Prints each difference; the exit code is 1 if there is one.
"""

import re
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, inspect, text

from db import study_triggers, tables, triggers  # noqa: F401 - triggers attach themselves to the tables
from db.engine import make_engine
from db.migrate import MIGRATIONS, alembic_config, upgrade


def differences(migrations: Path = MIGRATIONS) -> list[str]:
    """One line for each thing that tables and migrations disagree on."""
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(alembic_config(migrations)).get_current_head() or ""
    found = (
        [] if head == tables.SCHEMA else [f"db.tables.SCHEMA is {tables.SCHEMA}, the newest migration {head}"]
    )
    with TemporaryDirectory() as folder:
        migrated, described = (f"sqlite:///{Path(folder) / name}.db" for name in ("migrated", "described"))
        upgrade(migrated, Path(folder), migrations, head)
        with make_engine(migrated).connect() as left, make_engine(described).connect() as right:
            tables.metadata.create_all(right)
            found += _alembic_differences(left)
            found += _set_differences(_checks(left) | _triggers(left), _checks(right) | _triggers(right))
    return found


def _alembic_differences(connection: Connection) -> list[str]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    options = {"compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    return [str(difference) for difference in compare_metadata(context, tables.metadata)]


def _set_differences(migrated: set[str], described: set[str]) -> list[str]:
    lacking = [f"only in db/: {item}" for item in sorted(described - migrated)]
    return lacking + [f"only in the migrations: {item}" for item in sorted(migrated - described)]


def _checks(connection: Connection) -> set[str]:
    """CHECK constraints, which Alembic does not compare."""
    look = inspect(connection)
    return {
        f"CHECK {table}.{check['name']}: {_plain(check['sqltext'])}"
        for table in tables.metadata.tables
        for check in look.get_check_constraints(table)
    }


def _triggers(connection: Connection) -> set[str]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    return {f"TRIGGER {row.name}: {_plain(row.sql)}" for row in rows}


def _plain(sql: str) -> str:
    return re.sub(r"\s+", " ", sql).strip()


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    ArgumentParser(
        "python -m db.check", None, __doc__, formatter_class=RawDescriptionHelpFormatter
    ).parse_args(argv)
    found = differences()
    for difference in found:
        print(difference)
    print("Tables and migrations differ." if found else "Tables and migrations agree.")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
