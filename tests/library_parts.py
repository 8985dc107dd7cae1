"""Small real parts for tests of the library: a recipe, a drawn file, a clock that is set by hand."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, make_url, text

from core.jobs import DrawnImage
from core.recipes import Recipe
from core.settings import Settings
from db.migrate import upgrade
from db.repository import Repository, open_repository

POSTGRES = "SCRIPT2SKIN_TEST_POSTGRES"

RECIPE = Recipe(
    prompt="tinea type of rash at the foot area on a brown skin",
    seed=7,
    model="embedded",
    num_inference_steps=2,
    guidance_scale=7.5,
    scheduler="unipc",
    height=64,
    width=64,
    rash="tinea",
    sites=("foot",),
    tone="brown",
)


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **duration: float) -> None:
        self.now += timedelta(**duration)


def library_settings(library: Path) -> Settings:
    """SQLite in the library, as by default."""
    return Settings(library, f"sqlite:///{library / 'script2skin.db'}", library / "models")


@contextmanager
def fresh_settings(backend: str, library: Path) -> Iterator[Settings]:
    """An empty library; on PostgreSQL in a schema of its own, dropped afterwards."""
    if backend == "sqlite":
        library.mkdir(parents=True)
        (library / "script2skin.db").write_bytes(_empty_database())
        yield library_settings(library)
        return
    url, schema = make_url(os.environ[POSTGRES]), f"test_{secrets.token_hex(6)}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    own = url.update_query_dict({"options": f"-csearch_path={schema}"})
    yield Settings(library, own.render_as_string(hide_password=False), library / "models")
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))


@cache
def _empty_database() -> bytes:
    """What the migrations make of an empty file, made once."""
    with TemporaryDirectory() as folder:
        settings = library_settings(Path(folder))
        upgrade(settings.database_url, settings.library)
        return (Path(folder) / "script2skin.db").read_bytes()


def opened(settings: Settings, clock: Clock | None = None) -> Repository:
    """The repository with its users, on a clock of ours if there is one."""
    repository = open_repository(settings)
    if clock is not None:
        repository = Repository(replace(repository.database, clock=clock), repository.database_url)
    for name in ("ann", "bob"):
        repository.users.ensure(name, "lead")
    return repository


def drawn(library: Path, recipe: Recipe = RECIPE, content: bytes | None = None) -> DrawnImage:
    """Files as a worker leaves them (of any bytes: the store does not look inside)."""
    content = content if content is not None else recipe.to_json().encode()
    name = sha256(content).hexdigest()
    image, thumbnail = Path("images", name[:2], f"{name}.png"), Path("thumbnails", name[:2], f"{name}.webp")
    for path in (image, thumbnail):
        (library / path).parent.mkdir(parents=True, exist_ok=True)
        (library / path).write_bytes(content)
    pixels = sha256(content + b"pixels").hexdigest()
    return DrawnImage(image, thumbnail, name, pixels, recipe.width, recipe.height, len(content), 0.5, recipe)
