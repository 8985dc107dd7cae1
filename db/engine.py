"""Connections: SQLite in WAL mode, foreign keys on, writers that queue up; PostgreSQL by another URL."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import ConnectionPoolEntry

from db.failures import translated
from db.times import utc_now

BUSY_SECONDS = 10.0
"""How long a writer waits for another before the library counts as busy."""

CACHE_KIB = 65_536
"""SQLite's page cache of one connection, filled as needed; the default of 2 MB holds no History index."""


def sqlite_path(url: str) -> Path | None:
    """The file behind a SQLite URL, or None for another database."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


def make_engine(
    url: str, foreign_keys: bool = True, busy_seconds: float = BUSY_SECONDS, **options: Any
) -> Engine:
    """An engine for the URL. ``foreign_keys=False`` is for migrations, which rebuild tables; further options
    are SQLAlchemy's own."""
    engine = create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, foreign_keys, busy_seconds)
    return engine


def _prepare_sqlite(engine: Engine, foreign_keys: bool, busy_seconds: float) -> None:
    """Gives every connection its pragmas, and every transaction an explicit BEGIN (the driver's own begins
    too late to read and write one state)."""

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={int(busy_seconds * 1000)}")
        _switch_to_wal(connection, busy_seconds)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _switch_to_wal(connection: Any, busy_seconds: float) -> None:
    """Sets WAL once per file. SQLite does not wait for its own lock here, so two processes that open a
    fresh file together need this loop."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@dataclass(frozen=True, slots=True)
class Database:
    """What every store works on: the engine, the library folder, and the clock (replaced in tests)."""

    engine: Engine
    library: Path
    clock: Callable[[], datetime] = utc_now

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view. Raises StorageError and its children."""
        with translated(self.library), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, committed at the end, rolled back on any error.

        Raises:
            LibraryBusyError: another process held the database too long.
            DiskFullError: no space left.
            StorageError: the schema refused the record.
        """
        with translated(self.library), self.engine.connect() as plain:
            connection = plain.execution_options(writes=True)
            with connection.begin():
                yield connection
