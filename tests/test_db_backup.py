"""Backup and restore: nothing is lost, whatever the file holds and whenever the power goes."""

import json
import zipfile
from pathlib import Path

import pytest
from library_parts import RECIPE, drawn, library_settings, opened
from sqlalchemy import text

from core.errors import InputError, LibraryBusyError, NewerSchemaError, StorageError
from db import backup as backup_command
from db import restore as restore_command
from db.backup import backup
from db.records import Generation, HistoryFilter, Order
from db.repository import open_repository
from db.restore import restore


@pytest.fixture
def saved(library: Path, tmp_path: Path) -> Path:
    """A backup of a library of three pictures, one of them rated and one deleted."""
    repository = opened(library_settings(library))
    ids = [repository.generations.add("ann", drawn(library, RECIPE.with_seed(n))) for n in range(3)]
    repository.ratings.add(ids[0], "bob", True, 6)
    repository.generations.delete(ids[2], "ann")
    output = tmp_path / "saved" / "library.zip"
    assert backup(repository, output).pictures == 3
    repository.close()
    return output


def pictures(library: Path) -> tuple[Generation, ...]:
    repository = open_repository(library_settings(library))
    page = repository.generations.page(HistoryFilter(), Order.OLDEST, "ann")
    repository.close()
    return page.items


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def rewritten(source: Path, **changes: bytes | None) -> Path:
    """A copy of the archive with members replaced, added, or (None) left out."""
    target = source.with_name("rewritten.zip")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            if name not in changes:
                new.writestr(name, old.read(name))
        for name, content in changes.items():
            if content is not None:
                new.writestr(name, content)
    return target


def test_a_backup_restored_elsewhere_is_the_same_library(saved: Path, library: Path, tmp_path: Path) -> None:
    settings = library_settings(tmp_path / "elsewhere" / "library")
    assert restore(settings, saved) is None
    there, here = pictures(settings.library), pictures(library)
    assert [(p.id, p.recipe, p.realism_mean, p.rating_count) for p in there] == [
        (p.id, p.recipe, p.realism_mean, p.rating_count) for p in here
    ]
    assert [p.image_path.read_bytes() for p in there] == [p.image_path.read_bytes() for p in here]
    repository = open_repository(settings)
    repository.generations.restore(3, "ann")
    assert repository.generations.get(3, "ann").thumbnail_path.is_file()
    assert [rating.realism for rating in repository.ratings.of(1)] == [6]
    assert list(settings.library.parent.iterdir()) == [settings.library]


def test_a_backup_is_made_while_the_app_writes(library: Path, tmp_path: Path) -> None:
    repository = opened(library_settings(library))
    repository.generations.add("ann", drawn(library))
    with repository.database.writing() as connection:
        connection.execute(text("UPDATE users SET role = 'reader'"))
        assert backup(repository, tmp_path / "b.zip").pictures == 1
    restore(library_settings(tmp_path / "copy"), tmp_path / "b.zip")
    users = open_repository(library_settings(tmp_path / "copy")).users.list()
    assert {user.role for user in users} == {"lead"}


def test_a_backup_never_overwrites_another(saved: Path, library: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(InputError, match="exists"):
        backup(open_repository(library_settings(library)), saved)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_a_missing_picture_is_named_and_the_rest_is_saved(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = opened(library_settings(library))
    kept, lost = (drawn(library, RECIPE.with_seed(n)) for n in range(2))
    for image in (kept, lost):
        repository.generations.add("ann", image)
    (library / lost.image_path).unlink()
    assert backup_command.main(["--output", str(tmp_path / "b.zip")]) == 1
    assert lost.image_path.as_posix() in capsys.readouterr().err
    assert restore_command.main(["--input", str(tmp_path / "b.zip"), "--force"]) == 1
    repository.close()
    assert restore_command.main(["--input", str(tmp_path / "b.zip"), "--force"]) == 0
    assert (library / kept.image_path).is_file()


def test_a_library_that_holds_something_is_not_overwritten(saved: Path, library: Path) -> None:
    before = contents(library)
    with pytest.raises(InputError, match="--force"):
        restore(library_settings(library), saved)
    assert contents(library) == before


def test_with_force_the_old_library_is_set_aside_whole(saved: Path, library: Path) -> None:
    repository = open_repository(library_settings(library))
    repository.generations.add("ann", drawn(library, RECIPE.with_seed(50)))
    repository.close()
    aside = restore(library_settings(library), saved, force=True)
    assert aside is not None and len(pictures(library)) == 2
    assert len(pictures(aside)) == 3


def test_a_library_that_is_open_is_not_replaced(saved: Path, library: Path) -> None:
    repository = open_repository(library_settings(library))
    repository.users.list()
    with pytest.raises(LibraryBusyError, match="close the app"):
        restore(library_settings(library), saved, force=True)
    assert len(repository.generations.page(HistoryFilter(), Order.NEWEST, "ann").items) == 2


@pytest.mark.parametrize(
    "name",
    ["../evil.png", "images/../../evil.png", "/tmp/evil.png", "images\\..\\evil.png", "evil.sh", "images/.x"],
)
def test_names_that_leave_the_library_are_refused(saved: Path, tmp_path: Path, name: str) -> None:
    before = set(tmp_path.rglob("*"))
    archive = rewritten(saved, **{name: b"evil"})
    with pytest.raises(InputError, match="refused"):
        restore(library_settings(tmp_path / "new" / "library"), archive)
    assert set(tmp_path.rglob("*")) - before <= {archive}


def test_a_link_in_the_archive_is_refused(saved: Path, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("images/link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match="refused"):
        restore(library_settings(tmp_path / "new"), saved)


def test_an_altered_picture_or_database_is_refused_and_the_old_library_stays(
    saved: Path, library: Path
) -> None:
    before = contents(library)
    image = pictures(library)[0].image_path.relative_to(library).as_posix()
    manifest = json.dumps(
        {"format": 99, "created_at": "", "schema": "", "pictures": 0, "database_sha256": None}
    )
    for changes in (
        {image: b"another picture"},
        {"script2skin.db": b"another database"},
        {"script2skin.db": None},
        {"manifest.json": None},
        {"manifest.json": b"[]"},
        {"manifest.json": manifest.encode()},
    ):
        with pytest.raises(InputError):
            restore(library_settings(library), rewritten(saved, **changes), force=True)
    assert {k: v for k, v in contents(library).items() if not k.endswith(("-shm", "-wal"))} == before
    assert [path.name for path in library.parent.glob(".*")] == []


@pytest.mark.parametrize("damage", ["short", "flipped", "text", "missing"])
def test_a_damaged_file_is_refused_and_the_old_library_stays(saved: Path, library: Path, damage: str) -> None:
    content = bytearray(saved.read_bytes())
    if damage == "short":
        del content[len(content) // 2 :]
    if damage == "flipped":
        place = content.index(b"SQLite format") if b"SQLite format" in content else len(content) // 3
        content[place + 40] ^= 0xFF
    saved.write_bytes(b"hello" if damage == "text" else content)
    if damage == "missing":
        saved.unlink()
    with pytest.raises(InputError):
        restore(library_settings(library), saved, force=True)
    assert len(pictures(library)) == 2


def test_a_backup_of_a_newer_version_is_refused(library: Path, saved: Path, tmp_path: Path) -> None:
    repository = open_repository(library_settings(library))
    with repository.database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    backup(repository, tmp_path / "newer.zip")
    with pytest.raises(NewerSchemaError, match="9999"):
        restore(library_settings(tmp_path / "new"), tmp_path / "newer.zip")
    assert not (tmp_path / "new").exists()


def test_a_failed_swap_puts_the_old_library_back(
    saved: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def fails_for_the_new_one(self: Path, target: Path) -> Path:
        if "restoring" in self.name and target == library:
            raise OSError("the disk went away")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_for_the_new_one)
    with pytest.raises(StorageError, match="went away"):
        restore(library_settings(library), saved, force=True)
    assert len(pictures(library)) == 2


def test_the_commands_save_and_restore(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = opened(library_settings(library))
    repository.generations.add("ann", drawn(library))
    repository.close()
    assert backup_command.main(["--output", str(tmp_path / "b.zip")]) == 0
    assert backup_command.main(["--output", str(tmp_path / "b.zip")]) == 1
    monkeypatch.setenv("SCRIPT2SKIN_LIBRARY", str(tmp_path / "new"))
    assert restore_command.main(["--input", str(tmp_path / "b.zip")]) == 0
    assert len(pictures(tmp_path / "new")) == 1
    assert "Restored" in capsys.readouterr().out


def test_a_database_outside_the_library_is_restored_to_its_place(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRIPT2SKIN_DATABASE", f"sqlite:///{tmp_path / 'apart' / 'own.db'}")
    (tmp_path / "apart").mkdir()
    settings = library_settings(library).from_environment()
    repository = opened(settings)
    repository.generations.add("ann", drawn(library))
    backup(repository, tmp_path / "b.zip")
    repository.generations.add("ann", drawn(library, RECIPE.with_seed(3)))
    repository.close()
    restore(settings, tmp_path / "b.zip", force=True)
    assert open_repository(settings).generations.count(HistoryFilter(), "ann") == 1
    assert len(list((tmp_path / "apart").glob("own.db.*"))) == 1
