"""A library of random pictures without files, for measuring."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, insert

from core.recipes import Recipe
from core.twins import setting_key
from db.generations import weights_id
from db.repository import Repository
from db.rows import user_id
from db.tables import generation_sites, generations, prompts, stars

START = datetime(2025, 1, 1, tzinfo=UTC)
RASHES = ("acne", "eczema", "tinea", "psoriasis_lichen", "viral", "urticaria", "clear")
SITES = ("face", "cheek", "forehead", "neck", "chest", "back", "arm", "hand", "leg", "foot", "sole")
TONES = ("pale", "fair", "medium", "tan", "brown")
FURTHER = (
    {"severity": "mild"},
    {"severity": "severe", "view": "close_up"},
    {"view": "at_distance"},
    {"severity": "moderate", "view": "at_an_angle"},
)
"""What every fifth picture was asked for besides."""

RARE = 40
"""Pictures of the one rare tone and of the rare rash, spread over the whole time."""


def fill(repository: Repository, count: int, seed: int = 1) -> None:
    """Inserts the pictures: two owners, seven rashes, a fifth rated, 1 % starred by ann, 5 % free prompts."""
    repository.users.ensure("ann")
    repository.users.ensure("bob")
    rng = random.Random(seed)
    with repository.database.writing() as connection:
        owners = [user_id(connection, name) for name in ("ann", "bob")]
        known: dict[str, int] = {}
        weights = weights_id(connection, _recipe(random.Random(seed), 0, count))
        rows = [_row(rng, number, count, owners, known) | {"weights_id": weights} for number in range(count)]
        texts = [
            {"id": id, "text": text, "sha256": sha256(text.encode()).hexdigest()}
            for text, id in known.items()
        ]
        connection.execute(insert(prompts), texts)
        connection.execute(insert(generations), rows)
        connection.execute(
            insert(generation_sites),
            [{"generation_id": r["id"], "site": s} for r in rows for s in r["sites"].split()],
        )
        marked = [{"user_id": owners[0], "generation_id": r["id"]} for r in rows if rng.random() < 0.01]
        connection.execute(insert(stars), marked)
        _go_on_counting(connection)


def _go_on_counting(connection: Connection) -> None:
    """Rows that follow get ids of their own: PostgreSQL's counters know nothing of ids that were given."""
    if connection.dialect.name == "postgresql":
        for table in ("generations", "prompts"):
            newest = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            connection.exec_driver_sql(newest)


def _row(
    rng: random.Random, number: int, count: int, owners: Sequence[int], known: dict[str, int]
) -> dict[str, Any]:
    recipe = _recipe(rng, number, count)
    digest = f"{number:064x}"
    realism = rng.choice((1, 2, 2.5, 3, 4, 4.5, 5, 6, 7)) if rng.random() < 0.2 else None
    return {
        "id": number + 1,
        "owner_id": owners[number % 2],
        "visibility": "library" if rng.random() < 0.9 else "private",
        "created_at": START + timedelta(days=365 * number / count),
        "recipe": recipe.to_json(),
        "rash": recipe.rash,
        "tone": recipe.tone,
        "severity": recipe.severity,
        "view": recipe.view,
        "sites": f" {' '.join(recipe.sites)} ",
        "model": recipe.model,
        "prompt_id": known.setdefault(recipe.prompt.lower(), len(known) + 1),
        "image_path": f"images/{digest[-2:]}/{digest}.png",
        "thumbnail_path": f"thumbnails/{digest[-2:]}/{digest}.webp",
        "file_sha256": digest,
        "pixel_sha256": digest,
        **{"width": 256, "height": 256, "bytes": 90_000, "seconds": 3.0},
        **{"rating_count": int(realism is not None), "realism_mean": realism, "realism_rank": realism or 0.0},
        "shuffle": rng.randrange(1, 2**31 - 1),
        "setting_key": setting_key(recipe),
    }


def _recipe(rng: random.Random, number: int, count: int) -> Recipe:
    """Correlated as in life: soles are never of clear skin, some tones were drawn in one period only."""
    rash, tone = rng.choice(RASHES), rng.choice(TONES)
    site = rng.choice(SITES[:-1] if rash == "clear" else SITES)
    if number % max(1, count // RARE) == 3:
        rash, tone = "tinea", "black"
    elif number % 3 == 0 and not count // 10 <= number < count * 9 // 10:
        tone = "early" if number < count // 10 else "late"
    prompt = f"{rash} type of rash at the {site} area on a {tone} skin"
    if rng.random() < 0.05:
        prompt = f"{prompt}, photograph {number} of a clinic"
    if number % max(1, count // RARE) == 5:
        prompt = f"{prompt} with Kerion"
    settings: dict[str, Any] = {
        "num_inference_steps": 25,
        "guidance_scale": 7.5,
        "scheduler": "unipc",
        "height": 256,
        "width": 256,
    }
    hashes: dict[str, Any] = {
        "model_hash": "a" * 64,
        "text_encoder_hash": "b" * 64,
        "versions": {"torch": "2", "diffusers": "0"},
    }
    further = FURTHER[number // 5 % len(FURTHER)] if number % 5 == 2 else {}
    shown: dict[str, Any] = {"rash": rash, "sites": (site,), "tone": tone, **further}
    return Recipe(prompt, number, "embedded", **shown, **settings, **hashes)
