"""Opening libraries: fresh, old, newer, broken, and by two processes at once."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest
from library_parts import RECIPE, drawn, library_settings, opened
from sqlalchemy import text

from core.errors import NewerSchemaError, StorageError
from core.twins import setting_key, weights_key
from db import check, migrate
from db.migrate import MIGRATIONS, known_schemas, upgrade
from db.records import HistoryFilter
from db.repository import open_repository
from db.tables import SCHEMA

LATER = f"{int(SCHEMA) + 1:04d}"
NEXT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{later}", "{now}", None, None


def upgrade():
    op.add_column("users", sa.Column("mail", sa.String(100)))
    op.execute("DELETE FROM jobs")
    {then}
"""


@pytest.fixture
def later_migrations(tmp_path: Path) -> Path:
    """A copy of the migrations with room for another."""
    folder = tmp_path / "later"
    (folder / "versions").mkdir(parents=True)
    for path in (*MIGRATIONS.glob("*.*"), *MIGRATIONS.glob("versions/*.py")):
        (folder / path.relative_to(MIGRATIONS)).write_text(path.read_text())
    return folder


def state(library: Path) -> list[str]:
    """All that is in the database, as SQL."""
    with closing(sqlite3.connect(library / "script2skin.db")) as connection:
        return list(connection.iterdump())


def columns(library: Path, table: str) -> list[str]:
    with closing(sqlite3.connect(library / "script2skin.db")) as connection:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def test_the_newest_migration_is_the_schema_of_the_tables() -> None:
    assert known_schemas()[0] == SCHEMA
    assert check.differences() == []


def test_a_migration_that_builds_something_else_is_noticed(later_migrations: Path) -> None:
    path = later_migrations / "versions/0001_first_schema.py"
    source = path.read_text()
    source = source.replace("realism BETWEEN 1 AND 7", "realism BETWEEN 1 AND 9")
    source = source.replace("TRIGGER ratings_keep", "TRIGGER ratings_other").replace(
        '"request_id", sa', '"ticket", sa'
    )
    path.write_text(source.replace('["request_id"]', '["ticket"]'))
    found = "\n".join(check.differences(later_migrations))
    assert "ticket" in found and "AND 9" in found and "TRIGGER ratings_other" in found


def test_the_check_command_says_that_all_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main([]) == 0
    assert "agree" in capsys.readouterr().out


def test_an_upgrade_keeps_the_data_and_a_copy_of_what_was(library: Path, later_migrations: Path) -> None:
    settings = library_settings(library)
    opened(settings).close()
    before = state(library)
    (later_migrations / f"versions/{LATER}.py").write_text(NEXT.format(then="pass", now=SCHEMA, later=LATER))
    upgrade(settings.database_url, library, later_migrations, LATER)
    assert "mail" in columns(library, "users")
    (copy,) = (library / "backups").glob(f"script2skin-{SCHEMA}-*.db")
    with closing(sqlite3.connect(copy)) as connection:
        assert list(connection.iterdump()) == before
    upgrade(settings.database_url, library, later_migrations, LATER)
    assert len(list((library / "backups").iterdir())) == 1


OLDER_ROWS = """
INSERT INTO users (id, name, role, created_at) VALUES (1, 'ann', 'reader', '2026-01-01 12:00:00.000000');
INSERT INTO prompts (id, sha256, text) VALUES (1, 'a', 'tinea');
INSERT INTO generations (id, owner_id, visibility, created_at, recipe, rash, tone, sites, model, prompt_id,
    image_path, thumbnail_path, file_sha256, pixel_sha256, width, height, bytes, seconds, shuffle)
VALUES (1, 1, 'library', '2026-01-01 12:00:00.000000', :recipe, 'tinea', 'brown', ' foot ', 'embedded', 1,
    'i', 't', 'f', 'p', 64, 64, 9, 1.0, 1);
"""


def test_a_library_of_before_severity_and_view_is_read_and_filtered_as_ever(library: Path) -> None:
    settings = library_settings(library)
    library.mkdir(parents=True)
    upgrade(settings.database_url, library, target="0002")
    with closing(sqlite3.connect(library / "script2skin.db")) as connection, connection:
        for statement in OLDER_ROWS.split(";\n"):
            connection.execute(statement, {"recipe": RECIPE.to_json()})
    repository = open_repository(settings)
    assert repository.generations.get(1, "ann").recipe == RECIPE
    assert repository.generations.count(HistoryFilter(tones=("brown",)), "ann") == 1
    assert repository.generations.count(HistoryFilter(severities=("mild",)), "ann") == 0


def test_readings_of_before_the_training_index_stay_and_mark_nothing(library: Path) -> None:
    settings = library_settings(library)
    library.mkdir(parents=True)
    upgrade(settings.database_url, library, target="0005")
    with closing(sqlite3.connect(library / "script2skin.db")) as connection, connection:
        for statement in OLDER_ROWS.split(";\n"):
            connection.execute(statement, {"recipe": RECIPE.to_json()})
        connection.execute(
            "INSERT INTO readings (generation_id, read_at, tone, monk, judge_sha256)"
            " VALUES (1, '2026-01-01 12:00:00.000000', 'tan', 6, 'a')"
        )
    repository = open_repository(settings)
    reading = repository.readings.of([1])[1]
    assert (reading.tone, reading.nearest, reading.too_near) == ("tan", None, None)
    counts = [repository.generations.count(HistoryFilter(too_near=way), "ann") for way in (True, False)]
    assert counts == [0, 1]


def test_pictures_of_before_get_the_keys_that_their_recipes_give_now(library: Path) -> None:
    settings = library_settings(library)
    library.mkdir(parents=True)
    hashes = {"model_hash": "a" * 64, "text_encoder": "/first", "text_encoder_hash": "b" * 64}
    by_lora = replace(RECIPE, lora="mine", lora_hash="c" * 64, lora_strength=1, **hashes)
    started = replace(RECIPE, strength=1, start_hash="d" * 64, guidance_scale=7)
    without = replace(RECIPE, lora="mine", lora_hash="c" * 64, lora_strength=0)
    mixed = replace(RECIPE, text_encoder="/first", text_encoder_weight=0.5)
    recipes = [RECIPE, RECIPE.with_seed(8), by_lora, started, without, mixed]
    upgrade(settings.database_url, library, target="0006")
    with closing(sqlite3.connect(library / "script2skin.db")) as connection, connection:
        users, prompts, pictures = OLDER_ROWS.strip().removesuffix(";").split(";\n")
        connection.execute(users)
        connection.execute(prompts)
        for number, kept in enumerate([*(recipe.to_json() for recipe in recipes), "no recipe"], 1):
            row = pictures.replace("VALUES (1, 1,", f"VALUES ({number}, 1,")
            connection.execute(row, {"recipe": kept})
    repository = open_repository(settings)
    with closing(sqlite3.connect(library / "script2skin.db")) as connection:
        found = connection.execute(
            "SELECT setting_key, key FROM generations LEFT JOIN weights ON weights.id = weights_id"
            " ORDER BY generations.id"
        ).fetchall()
    assert found == [*((setting_key(recipe), weights_key(recipe)) for recipe in recipes), (None, None)]
    assert found[0][0] == found[2][0] != found[1][0] and found[0][1] == found[1][1] != found[2][1]
    for recipe in recipes:
        repository.generations.add("ann", drawn(library, recipe))
    with repository.database.reading() as connection:
        rows = connection.execute(
            text("SELECT model, text_encoder, text_encoder_weight, lora, lora_strength FROM weights")
        ).all()
    assert sorted(map(tuple, rows), key=str) == [
        ("embedded", "/first", 0.5, None, None),
        ("embedded", "/first", None, "mine", 1.0),
        ("embedded", "stock", None, None, None),
    ]


@pytest.mark.parametrize(
    "then",
    [
        'raise RuntimeError("power cut")',
        'op.get_bind().exec_driver_sql("COMMIT"); raise RuntimeError("power cut")',
        'op.execute("SELECT no_such_function()")',
    ],
)
def test_a_failed_upgrade_leaves_the_library_as_it_was(
    library: Path, later_migrations: Path, then: str
) -> None:
    settings = library_settings(library)
    repository = opened(settings)
    id = repository.generations.add("ann", drawn(library))
    repository.close()
    before = state(library)
    (later_migrations / f"versions/{LATER}.py").write_text(NEXT.format(then=then, now=SCHEMA, later=LATER))
    with pytest.raises(StorageError, match="as it was before"):
        upgrade(settings.database_url, library, later_migrations, LATER)
    assert state(library) == before
    assert open_repository(settings).generations.get(id, "ann").id == id


def test_a_library_of_a_newer_version_is_refused_and_not_touched(library: Path) -> None:
    settings = library_settings(library)
    repository = opened(settings)
    with repository.database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    repository.close()
    before = state(library)
    with pytest.raises(NewerSchemaError, match="9999"):
        open_repository(settings)
    assert state(library) == before
    assert not (library / "backups").exists()


def test_the_database_of_another_program_is_refused(library: Path) -> None:
    library.mkdir()
    with closing(sqlite3.connect(library / "script2skin.db")) as connection:
        connection.execute("CREATE TABLE songs (id INTEGER)")
    with pytest.raises(StorageError, match="songs"):
        open_repository(library_settings(library))
    assert columns(library, "songs") == ["id"]


def _ensure(library: Path, name: str) -> str:
    return open_repository(library_settings(library)).users.ensure(name).name


def test_processes_that_open_a_fresh_library_at_once_all_succeed(library: Path) -> None:
    names = ["ann", "bob", "cem", "dua"]
    with get_context("spawn").Pool(4) as pool:
        found = pool.starmap(_ensure, [(library, name) for name in names], chunksize=1)
    assert found == names
    assert [user.name for user in open_repository(library_settings(library)).users.list()] == names


def test_opening_a_known_library_loads_no_alembic_and_no_torch(library: Path) -> None:
    opened(library_settings(library)).close()
    code = (
        "import sys; from core.settings import Settings; from db.repository import open_repository; "
        "open_repository(Settings.from_environment()).users.list(); "
        "print([name for name in ('alembic', 'torch', 'streamlit', 'numpy') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_the_migrate_command_makes_a_library(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert migrate.main([]) == 0
    assert SCHEMA in capsys.readouterr().out
    assert (library / "script2skin.db").is_file()
