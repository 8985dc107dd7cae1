"""What goes wrong outside of the program reaches the user as a sentence; nothing is recorded by halves."""

import errno
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from library_parts import RECIPE, drawn, library_settings, opened
from sqlalchemy import text

from core.errors import DiskFullError, LibraryBusyError, StorageError
from db.engine import make_engine
from db.failures import translated
from db.records import HistoryFilter
from db.repository import Repository, open_repository


def test_a_database_held_by_another_program_is_busy_and_nothing_is_recorded(library: Path) -> None:
    settings = library_settings(library)
    repository = opened(settings)
    impatient = make_engine(settings.database_url, busy_seconds=0.1)
    hasty = Repository(replace(repository.database, engine=impatient), settings.database_url)
    with closing(sqlite3.connect(library / "script2skin.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LibraryBusyError, match="Try again"):
            hasty.jobs.submit("ann", [RECIPE])
        assert hasty.jobs.recent("ann") == []
        other.execute("ROLLBACK")
    assert len(hasty.jobs.submit("ann", [RECIPE])) == 1


def test_a_full_disk_is_said_and_nothing_is_recorded(library: Path) -> None:
    repository = opened(library_settings(library))
    job = repository.jobs.submit("ann", [RECIPE])[0]
    repository.jobs.take("worker", 60)
    image = drawn(library, replace(RECIPE, prompt="x" * 400_000))
    with repository.database.engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar()
        connection.execute(text(f"PRAGMA max_page_count={pages + 3}"))
    with pytest.raises(DiskFullError, match="nothing was recorded"):
        repository.jobs.finish(job.id, "worker", image)
    assert repository.generations.count(HistoryFilter(), "ann") == 0
    assert repository.jobs.get(job.id, "ann").state == "running"


def test_a_full_disk_met_by_a_file_is_the_same_error(library: Path) -> None:
    for number in (errno.ENOSPC, errno.EDQUOT):
        with pytest.raises(DiskFullError, match="full"), translated(library):
            raise OSError(number, "No space left on device")


def test_a_damaged_database_points_to_the_backup(library: Path) -> None:
    settings = library_settings(library)
    opened(settings).close()
    path = library / "script2skin.db"
    path.write_bytes(b"not a database at all" * 500)
    with pytest.raises(StorageError, match=r"db\.restore") as found:
        open_repository(settings)
    assert str(library / "backups") in str(found.value)


def test_damage_inside_the_file_points_to_the_backup(library: Path) -> None:
    settings = library_settings(library)
    repository = opened(settings)
    repository.generations.add("ann", drawn(library))
    repository.close()
    path = library / "script2skin.db"
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"db\.restore"):
        open_repository(settings).generations.count(HistoryFilter(), "ann")


def test_a_library_that_can_not_be_made_says_where(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="can't be read or written"):
        open_repository(library_settings(tmp_path / "file" / "library"))


def test_an_error_of_ours_rolls_back_and_passes_unchanged(repository: Repository) -> None:
    with pytest.raises(KeyError), repository.database.writing() as connection:
        connection.execute(text("UPDATE users SET role = 'reader'"))
        raise KeyError("x")
    assert {user.role for user in repository.users.list()} == {"lead"}
