"""Finished exports in the library: counted as disk use, removed by age or at once, never while under way."""

import os
from pathlib import Path

import pytest

from core.errors import InputError
from core.exporting.shelf import clear_shelf, on_shelf, shelf
from core.settings import Settings
from db.purge import clear_old_exports
from db.repository import Repository

NOW, DAY = 2_000_000_000.0, 86_400


def put(library: Path, name: str, age_days: float, now: float = NOW) -> Path:
    path = shelf(library) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.startswith("."):
        (path / "made").mkdir(parents=True)
    else:
        path.write_bytes(b"x" * 1000)
    os.utime(path, (now - age_days * DAY,) * 2)
    return path


def test_exports_count_as_disk_use(repository: Repository, library: Path) -> None:
    before = repository.disk_use()
    put(library, "a.zip", 1)
    after = repository.disk_use()
    assert (after.exports - before.exports, after.taken - before.taken) == (1000, 1000)


def test_what_waited_too_long_goes_and_the_rest_stays(library: Path) -> None:
    for name, age in (("old.zip", 8), ("new.zip", 6), (".gone.zip.x1", 8), (".under-way.zip.x2", 0.1)):
        put(library, name, age)
    assert clear_shelf(library, 7, NOW) == 1
    assert sorted(path.name for path in shelf(library).iterdir()) == [".under-way.zip.x2", "new.zip"]
    assert clear_shelf(library, 0, NOW) == 1
    assert [path.name for path in shelf(library).iterdir()] == [".under-way.zip.x2"]
    assert on_shelf(library) == []


def test_the_setting_says_how_long_and_zero_means_for_ever(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(library, "old.zip", 20_000, now=NOW)
    monkeypatch.setenv("SCRIPT2SKIN_EXPORT_DAYS", "0")
    assert clear_old_exports(Settings.from_environment()) == 0
    monkeypatch.setenv("SCRIPT2SKIN_EXPORT_DAYS", "2.5")
    assert clear_old_exports(Settings.from_environment()) == 1


@pytest.mark.parametrize("text", ["", "week", "-1", "inf", "nan"])
def test_a_setting_that_is_no_number_of_days_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SCRIPT2SKIN_EXPORT_DAYS", text)
    with pytest.raises(InputError, match="number of days"):
        Settings.from_environment()
