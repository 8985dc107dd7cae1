"""The audit log: every way of generating, rating, exporting, deleting, activating leaves its line."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from library_parts import RECIPE, Clock, library_settings
from photograph_folders import pairs_folder, prepared
from sqlalchemy import text

from core.errors import NotAllowedError, StorageError
from core.exporting.formats import FORMATS
from core.exporting.run import export
from core.images import store_image
from core.provenance.outgoing import Outgoing
from core.recipes import Recipe
from core.settings import PROJECT
from core.weights.candidates import CheckReport, Identity, Kind, NewCandidate, Provenance
from db import backup as backup_command
from db import export as export_command
from db import export_dataset
from db import purge as purge_command
from db import restore as restore_command
from db.audit import Action, AuditEntry, at_the_command_line
from db.export_items import Choice, export_order
from db.id_ranges import in_words
from db.records import HistoryFilter
from db.repository import Repository, open_repository
from tests.app_scenes import drawn as drawn_whole

NOW = Identity("a" * 64, "b" * 64)


def log(repository: Repository) -> list[AuditEntry]:
    """All lines but of who was added, oldest first."""
    repository.users.ensure("root", "admin")
    entries = repository.audit.entries("root", limit=None)[::-1]
    return [one for one in entries if one.action != "person added"]


def lines(repository: Repository) -> list[tuple[str, str, str]]:
    return [(one.actor, one.action, one.subject) for one in log(repository)]


def picture(repository: Repository, seed: int = 1) -> int:
    return repository.generations.add("ann", drawn_whole(repository, sized(seed)))


def sized(seed: int) -> Recipe:
    return replace(RECIPE, seed=seed, width=32, height=32)


def test_asking_and_asking_again_are_written_down(repository: Repository) -> None:
    (job,) = repository.jobs.submit("ann", [RECIPE], "compare.rash.tone.")
    repository.jobs.cancel(job.id, "ann")
    repository.jobs.retry(job.id, "ann")
    (_, _, first), (_, _, again) = lines(repository)
    assert first == f"request {job.request_id}" and first.startswith("request compare.")
    assert again == f"job {job.id}"
    assert {action for _, action, _ in lines(repository)} == {Action.GENERATED}


def test_rating_and_revealing_are_written_down(repository: Repository) -> None:
    id = picture(repository)
    repository.ratings.add(id, "bob", True, 6)
    repository.ratings.reveal(id, "bob")
    repository.ratings.reveal(id, "bob")
    assert lines(repository) == [("bob", "rated", f"picture {id}"), ("bob", "revealed", f"picture {id}")]


def test_deleting_restoring_and_purging_are_written_down(repository: Repository, clock: Clock) -> None:
    first, second, third = (picture(repository, seed) for seed in range(3))
    repository.generations.delete_many([first, second, third], "ann")
    repository.generations.restore(second, "ann")
    clock.forward(days=40)
    assert repository.generations.purge() == 2
    assert repository.generations.purge() == 0
    said = log(repository)
    assert [one.action for one in said] == ["deleted"] * 3 + ["restored", "deleted"]
    assert (said[-1].subject, said[-1].detail) == ("2 pictures for good", f"purged: {first}, {third}")
    assert said[-1].actor.endswith("command line)") or said[-1].actor == "command line"


def test_a_role_and_a_model_are_written_down_with_who_changed_them(repository: Repository) -> None:
    repository.users.ensure("root", "admin")
    repository.users.set_role("bob", "reviewer", "root")
    model = repository.models.register("/models/a", "A", "ann")
    with pytest.raises(NotAllowedError):
        repository.models.forget(model.id, "bob")
    repository.models.forget(model.id, "ann")
    assert lines(repository) == [
        ("root", "role changed", "bob"),
        ("ann", "model added", "A"),
        ("ann", "model removed", "A"),
    ]


def test_who_was_added_is_written_down_with_the_role_and_once(repository: Repository) -> None:
    for name, role in (("root", "admin"), ("cat", "reader"), ("cat", "admin")):
        repository.users.ensure(name, role)
    added = repository.audit.entries("root", [Action.PERSON_ADDED])[:2]
    assert [(one.subject, one.detail) for one in added] == [("cat", "as reader"), ("root", "as admin")]


def candidate(repository: Repository, clock: Clock) -> int:
    new = NewCandidate(Kind.ENCODER, "embedded", Path("/runs/x"), "x", NOW.sha256, Provenance("o", "l", "c"))
    id = repository.candidates.add(new, "ann").id
    passed = {"passed": True, "checks": [], "pictures": {"grid": "", "count": 24}}
    assert repository.candidates.record(id, CheckReport(NOW, True, passed, clock(), "ann"))
    return id


def test_putting_into_use_and_back_is_written_down_and_for_leads_alone(
    repository: Repository, clock: Clock
) -> None:
    id = candidate(repository, clock)
    repository.users.ensure("cat", "reviewer")
    with pytest.raises(NotAllowedError):
        repository.activations.activate(id, NOW, "cat")
    repository.activations.activate(id, NOW, "ann")
    repository.activations.activate_own(Kind.ENCODER, "embedded", "bob")
    step = repository.activations.before(Kind.ENCODER, "embedded")
    assert step is not None
    with pytest.raises(NotAllowedError):
        repository.activations.roll_back(step[0], NOW, "cat")
    repository.activations.roll_back(step[0], NOW, "ann")
    repository.activations.activate_own(Kind.ENCODER, "embedded", "ann")
    with pytest.raises(NotAllowedError):
        repository.candidates.remove(id, "cat")
    repository.candidates.remove(id, "ann")
    assert lines(repository) == [
        ("ann", "model added", "encoder x"),
        ("ann", "model activated", "encoder x"),
        ("bob", "model activated", "encoder the model's own"),
        ("ann", "model activated", "encoder back to x"),
        ("ann", "model activated", "encoder the model's own"),
        ("ann", "model removed", "encoder x"),
    ]


def test_a_forgotten_models_pictures_stay_whole_and_can_be_verified(repository: Repository) -> None:
    from core.provenance.verdict import Standing, examine

    model = repository.models.register("/models/a", "A", "ann")
    recipe = replace(sized(1), model="/models/a", model_hash="c" * 64)
    id = repository.generations.add("ann", drawn_whole(repository, recipe))
    repository.models.forget(model.id, "ann")
    found = repository.generations.get(id, "ann")
    verdict = examine(Outgoing(None).encode(found.image_path))
    assert (verdict.standing, verdict.recipe) == (Standing.INTACT, found.recipe)
    assert found.recipe.model_hash == "c" * 64


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_of_export_is_written_down(repository: Repository, tmp_path: Path, form: str) -> None:
    ids = [picture(repository, seed) for seed in range(3)]
    order = replace(export_order(repository, Choice(HistoryFilter()), "ann"), outgoing=Outgoing(None))
    export(order, form, tmp_path / "out.zip")
    (entry,) = log(repository)
    assert (entry.actor, entry.action, entry.subject) == ("ann", "exported", f"3 pictures as {form}")
    assert entry.detail == f"pictures {in_words(ids)}"


def test_an_export_that_can_not_be_written_down_leaves_nothing(
    repository: Repository, tmp_path: Path
) -> None:
    def refuse(form: str, count: int) -> None:
        raise StorageError("The log can't be written.")

    picture(repository)
    order = export_order(repository, Choice(), "ann")
    with pytest.raises(StorageError):
        export(replace(order, outgoing=Outgoing(None), write_down=refuse), "pairs", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_database_itself_keeps_the_log(repository: Repository) -> None:
    repository.audit.exported("ann", "x")
    statements = ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"]
    statements.append(
        "TRUNCATE audit"
        if repository.database.engine.dialect.name == "postgresql"
        else "INSERT OR REPLACE INTO audit (id, created_at, actor, action, subject) "
        "VALUES (1, '2026-01-01', 'bob', 'x', '')"
    )
    for statement in statements:
        with pytest.raises(StorageError), repository.database.writing() as connection:
            connection.execute(text(statement))
    assert lines(repository) == [("ann", "exported", "x")]


@pytest.fixture
def stocked(library: Path) -> Callable[[], Repository]:
    """A SQLite library of one picture on the disk, opened anew by each call."""
    from PIL import Image

    repository = open_repository(library_settings(library))
    repository.users.ensure("ann", "lead")
    image = store_image(library, Image.new("RGB", (32, 32), "tan"), sized(1), 1.0)
    repository.generations.add("ann", image)
    repository.close()
    return lambda: open_repository(library_settings(library))


def test_commands_write_down_what_they_did(
    stocked: Callable[[], Repository], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved, dataset = (
        tmp_path / "saved.zip",
        prepared(pairs_folder(tmp_path / "s", ["acne"]), tmp_path / "mine"),
    )
    assert export_command.main(["--format", "pairs", "--output", str(tmp_path / "p.zip")]) == 0
    handed = ["--data", str(dataset.folder), "--output", str(tmp_path / "d.zip"), "--user", "ann"]
    assert export_dataset.main(handed) == 0
    assert export_dataset.main(handed) == 1
    assert backup_command.main(["--output", str(saved)]) == 0
    repository = stocked()
    repository.generations.delete(1, "ann")
    repository.close()
    assert purge_command.main(["--days", "0"]) == 0
    repository = stocked()
    assert {one.actor for one in log(repository) if one.subject == "1 pictures as pairs"} == {
        at_the_command_line()
    }
    assert [(action, subject) for _, action, subject in lines(repository)] == [
        ("exported", "1 pictures as pairs"),
        ("exported", "dataset mine"),
        ("exported", "backup"),
        ("deleted", "picture 1"),
        ("deleted", "1 pictures for good"),
    ]
    repository.close()
    assert restore_command.main(["--input", str(saved), "--force"]) == 0
    repository = stocked()
    *_, (_, action, subject) = lines(repository)
    assert (action, subject) == ("restored", "library")
    assert "before-restore" in log(repository)[-1].detail
    repository.close()
    assert "new file" in capsys.readouterr().err


def test_ids_are_told_in_few_words() -> None:
    assert in_words([]) == ""
    assert in_words([*range(1, 58), 60, 7]) == "1-57, 60, 7"


def test_every_download_in_the_app_writes_itself_down() -> None:
    """By the page's own call, or by the walk over pictures that an export is."""
    written = ("audit.exported(", "as_it_leaves(", "export_order(")
    pages = [path for path in (PROJECT / "pages").rglob("*.py") if "download_button(" in path.read_text()]
    assert len(pages) > 5
    assert [path.name for path in pages if not any(words in path.read_text() for words in written)] == []
