"""Pictures: who may do what, deleting and bringing back, purging; users, models and disk use."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from library_parts import RECIPE, Clock, drawn
from sqlalchemy import text

from core.errors import InputError, NotAllowedError, NotFoundError, StorageError
from db import purge
from db.records import CRITERIA, HistoryFilter, Order, Visibility
from db.repository import Repository

ALL = HistoryFilter()


def test_a_picture_comes_back_with_its_whole_recipe(
    repository: Repository, library: Path, clock: Clock
) -> None:
    image = drawn(library)
    picture = repository.generations.get(repository.generations.add("ann", image), "ann")
    assert (picture.recipe, picture.created_at, picture.owner) == (RECIPE, clock.now, "ann")
    assert picture.image_path == library / image.image_path and picture.thumbnail_path.is_file()
    assert (picture.rating_count, picture.realism_mean, picture.starred) == (0, None, False)


def test_what_pictures_were_asked_for_follows_what_is_there(repository: Repository, library: Path) -> None:
    asked = replace(RECIPE, severity="mild", view="close_up", tone="monk_4")
    key = repository.generations.add("ann", drawn(library, asked))
    repository.generations.add("ann", drawn(library, RECIPE))
    assert repository.generations.get(key, "ann").recipe == asked
    asked_for = repository.generations.asked_for
    assert asked_for("severity", ("mild", "severe")) == ["mild"]
    assert asked_for("view", ("at_distance", "close_up")) == ["close_up"]
    assert asked_for("tone", ("monk_3", "monk_4")) == ["monk_4"]
    repository.generations.delete(key, "ann")
    assert asked_for("severity", ("mild", "severe")) == asked_for("tone", ("monk_4",)) == []


def test_private_pictures_are_their_owners_alone(repository: Repository, library: Path) -> None:
    id = repository.generations.add("ann", drawn(library), Visibility.PRIVATE)
    assert repository.generations.count(ALL, "ann") == 1
    assert repository.generations.count(ALL, "bob") == 0
    with pytest.raises(NotAllowedError, match="ann"):
        repository.generations.get(id, "bob")
    with pytest.raises(NotAllowedError):
        repository.generations.star(id, "bob", True)


def test_a_star_is_ones_own(repository: Repository, library: Path) -> None:
    id = repository.generations.add("ann", drawn(library))
    for _ in range(2):
        repository.generations.star(id, "bob", True)
    assert repository.generations.get(id, "bob").starred
    assert not repository.generations.get(id, "ann").starred
    repository.generations.star(id, "bob", False)
    assert not repository.generations.get(id, "bob").starred


def test_a_deleted_picture_is_hidden_until_it_is_restored(repository: Repository, library: Path) -> None:
    id = repository.generations.add("ann", drawn(library))
    repository.generations.delete(id, "ann")
    assert repository.generations.page(ALL, Order.NEWEST, "ann").items == ()
    bin = repository.generations.page(HistoryFilter(deleted=True), Order.NEWEST, "ann")
    assert [picture.id for picture in bin.items] == [id]
    assert repository.generations.get(id, "ann").deleted_at is not None
    with pytest.raises(NotFoundError, match="deleted by ann"):
        repository.generations.get(id, "bob")
    repository.generations.restore(id, "ann")
    assert repository.generations.get(id, "bob").deleted_at is None


def test_nobody_deletes_the_picture_of_another_and_a_selection_is_all_or_nothing(
    repository: Repository, library: Path
) -> None:
    own = repository.generations.add("ann", drawn(library))
    other = repository.generations.add("bob", drawn(library))
    with pytest.raises(NotAllowedError, match="bob"):
        repository.generations.delete_many([own, other], "ann")
    assert repository.generations.count(ALL, "ann") == 2
    with pytest.raises(NotAllowedError):
        repository.generations.restore(other, "ann")
    with pytest.raises(NotFoundError):
        repository.generations.delete(99, "ann")


def test_deleting_again_does_not_put_off_the_purge(
    repository: Repository, library: Path, clock: Clock
) -> None:
    id = repository.generations.add("ann", drawn(library))
    repository.generations.delete(id, "ann")
    clock.forward(days=29)
    repository.generations.delete(id, "ann")
    clock.forward(days=2)
    assert repository.generations.purge(30) == 1


def test_purging_removes_what_was_deleted_long_ago_and_nothing_else(
    repository: Repository, library: Path, clock: Clock
) -> None:
    ids = [repository.generations.add("ann", drawn(library, RECIPE.with_seed(n))) for n in range(3)]
    repository.ratings.add(ids[0], "bob", True, 3)
    repository.ratings.add(ids[0], "bob", False, criteria={CRITERIA[0]: "yes"})
    repository.generations.star(ids[0], "bob", True)
    old, recent, kept = (repository.generations.get(id, "ann") for id in ids)
    repository.generations.delete(old.id, "ann")
    clock.forward(days=20)
    repository.generations.delete(recent.id, "ann")
    clock.forward(days=11)
    assert repository.generations.purge() == 1
    assert not old.image_path.exists() and not old.thumbnail_path.exists()
    assert recent.image_path.exists() and kept.image_path.exists()
    with pytest.raises(NotFoundError):
        repository.generations.get(old.id, "ann")
    repository.generations.restore(recent.id, "ann")
    assert repository.generations.count(ALL, "ann") == 2


def test_purging_keeps_files_that_another_picture_has(
    repository: Repository, library: Path, clock: Clock
) -> None:
    first, second = (repository.generations.add("ann", drawn(library)) for _ in range(2))
    repository.generations.delete(first, "ann")
    clock.forward(days=31)
    assert repository.generations.purge() == 1
    assert repository.generations.get(second, "ann").image_path.is_file()


def test_a_finished_job_outlives_its_purged_picture(
    repository: Repository, library: Path, clock: Clock
) -> None:
    job = repository.jobs.submit("ann", [RECIPE])[0]
    repository.jobs.take("worker", 60)
    id = repository.jobs.finish(job.id, "worker", drawn(library))
    repository.generations.delete(id, "ann")
    clock.forward(days=31)
    assert repository.generations.purge() == 1
    assert repository.jobs.get(job.id, "ann").generation_id is None


def test_purging_removes_left_overs_of_killed_programs(
    repository: Repository, library: Path, clock: Clock
) -> None:
    image = library / drawn(library).image_path
    half = image.with_name(f".{image.name}.0a1b.tmp")
    fresh = image.with_name(f".{image.name}.ffff.tmp")
    preview = library / "previews" / "3.jpg"
    preview.parent.mkdir()
    old = clock.now.timestamp() - 100_000
    for path, time in ((half, old), (preview, old), (image, old), (fresh, clock.now.timestamp())):
        path.write_bytes(b"half")
        os.utime(path, (time, time))
    assert repository.generations.purge() == 0
    assert (half.exists(), preview.exists(), fresh.exists(), image.exists()) == (False, False, True, True)


def test_the_purge_command_says_what_it_removed(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert purge.main(["--days", "30"]) == 0
    assert "Removed 0 pictures" in capsys.readouterr().out
    assert purge.main(["--days", "-1"]) == 1
    assert "-1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO stars (user_id, generation_id) VALUES (1, 999)",
        "INSERT INTO generation_sites (generation_id, site) VALUES (999, 'foot')",
        "UPDATE generations SET owner_id = 999",
        "UPDATE generations SET visibility = 'secret'",
        "UPDATE generations SET realism_mean = 8, realism_rank = 8",
        "UPDATE generations SET realism_mean = 5",
        "UPDATE users SET role = 'king'",
        "UPDATE users SET name = 'ann'",
        "DELETE FROM users",
        "UPDATE jobs SET state = 'running'",
        "UPDATE jobs SET state = 'lost'",
    ],
)
def test_the_schema_refuses_orphans_and_impossible_values(
    repository: Repository, library: Path, sql: str
) -> None:
    repository.generations.add("ann", drawn(library))
    repository.jobs.submit("ann", [RECIPE])
    with pytest.raises(StorageError, match="refused"), repository.database.writing() as connection:
        connection.execute(text(sql))
    assert repository.generations.count(ALL, "ann") == 1


def test_a_user_is_added_once_and_keeps_the_role(repository: Repository) -> None:
    first = repository.users.ensure(" cem ", role="reader")
    assert (first.name, first.role) == ("cem", "reader")
    assert repository.users.ensure("cem", role="admin") == first
    assert [user.name for user in repository.users.list()] == ["ann", "bob", "cem"]
    for name, role in (("", "admin"), ("x" * 201, "admin"), ("dua", "king")):
        with pytest.raises(InputError):
            repository.users.ensure(name, role)


def test_a_model_is_registered_relabelled_and_forgotten(repository: Repository) -> None:
    first = repository.models.register("/models/a", "A", "ann")
    again = repository.models.register("/models/a", "B", "bob")
    assert (again.id, again.label, again.added_by) == (first.id, "B", "ann")
    assert repository.models.list() == [again]
    repository.users.ensure("cem", "reviewer")
    with pytest.raises(NotAllowedError, match="reviewer"):
        repository.models.forget(first.id, "cem")
    repository.models.forget(first.id, "ann")
    assert repository.models.list() == []
    with pytest.raises(NotFoundError):
        repository.models.forget(first.id, "ann")
    with pytest.raises(InputError):
        repository.models.register(" ", "C", "ann")


def test_models_used_and_disk_use_follow_what_is_there(repository: Repository, library: Path) -> None:
    assert repository.generations.models_used() == []
    repository.generations.add("ann", drawn(library, content=b"x" * 1000))
    assert repository.generations.models_used() == ["embedded"]
    use = repository.disk_use()
    assert (use.images, use.thumbnails) == (1000, 1000)
    assert use.free > 0
    if repository.database.engine.dialect.name == "sqlite":
        assert use.database >= (library / "script2skin.db").stat().st_size > 0
