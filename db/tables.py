"""The schema. Migrations under db/migrations build it; ``python -m db.check`` holds the two together.

A generation's recipe is kept whole as canonical JSON; what History filters by stands beside it in columns.
``prompts`` holds each distinct lower-cased prompt once, so that a text search reads prompts, not pictures.
Triggers that make ratings append-only are in db/triggers.py.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)

from db.records import CRITERIA
from db.times import UtcTime

SCHEMA = "0001"
"""The newest migration. Kept here so that opening a library of this schema needs no Alembic."""


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, *values: str) -> CheckConstraint:
    """CHECK that a column holds one of the words (NULL passes, as SQL has it)."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=f"{column}_known")


def _reference(name: str, target: str, **options: Any) -> Column[int]:
    ondelete = options.pop("ondelete", None)
    return Column(name, Integer, ForeignKey(target, ondelete=ondelete), **{"nullable": False, **options})


users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_turn", Integer, nullable=False, server_default="0"),
    CheckConstraint("length(name) > 0", name="name_given"),
    _one_of("role", "reader", "reviewer", "lead", "admin"),
)
"""``last_turn`` counts servings of the queue: the user with the smallest is served next."""

prompts = Table(
    "prompts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("text", Text, nullable=False),
)

generations = Table(
    "generations",
    metadata,
    Column("id", Integer, primary_key=True),
    _reference("owner_id", "users.id"),
    Column("visibility", String(20), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime),
    Column("recipe", Text, nullable=False),
    Column("rash", String(100)),
    Column("tone", String(100)),
    Column("sites", String(500), nullable=False),
    Column("model", String(1000), nullable=False),
    _reference("prompt_id", "prompts.id", index=True),
    Column("image_path", String(500), nullable=False, index=True),
    Column("thumbnail_path", String(500), nullable=False, index=True),
    Column("file_sha256", String(64), nullable=False),
    Column("pixel_sha256", String(64), nullable=False, index=True),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("rating_count", Integer, nullable=False, server_default="0"),
    Column("realism_mean", Float),
    Column("realism_rank", Float, nullable=False, server_default="0"),
    Column("shuffle", Integer, nullable=False),
    _one_of("visibility", "private", "library"),
    CheckConstraint("width > 0 AND height > 0 AND bytes >= 0 AND seconds >= 0", name="measures_possible"),
    CheckConstraint("rating_count >= 0", name="rating_count_possible"),
    CheckConstraint("realism_mean BETWEEN 1 AND 7", name="realism_mean_in_scale"),
    CheckConstraint("realism_rank = coalesce(realism_mean, 0)", name="realism_rank_follows"),
    CheckConstraint("shuffle BETWEEN 1 AND 2147483646", name="shuffle_in_field"),
    sqlite_autoincrement=True,
)
"""``realism_rank`` is realism_mean with 0 for none: pictures without ratings sort last on every database.
``sites`` is " foot sole " (generation_sites joined), for reading in passing. ``shuffle`` is a random place in
the review order."""

# fmt: off
FILTERED = (
    "rash", "tone", "model", "owner_id", "visibility", "sites",
    "rating_count", "realism_rank", "prompt_id", "deleted_at",
)
# fmt: on
"""Columns that History filters by. They stand in each of its indexes, so that a picture that is filtered out
costs a step along the index and no look at its row. (deleted_at among them: SQLite looks at it although the
index holds no deleted picture.)"""

LIVE = text("deleted_at IS NULL")


def _history_index(name: str, *leading: str) -> Index:
    rest = [column for column in ("created_at", "id", *FILTERED) if column not in leading]
    columns = [generations.c[column] for column in (*leading, *rest)]
    return Index(f"ix_generations_{name}", *columns, sqlite_where=LIVE, postgresql_where=LIVE)


_history_index("by_date", "created_at", "id")
_history_index("by_realism", "realism_rank", "created_at", "id")
_history_index("by_rash", "rash", "created_at", "id")
_history_index("by_tone", "tone", "created_at", "id")
_history_index("by_model", "model", "created_at", "id")
_history_index("by_owner", "owner_id", "created_at", "id")
_history_index("by_rating_count", "rating_count", "created_at", "id")
Index(
    "ix_generations_deleted",
    generations.c.owner_id,
    generations.c.created_at,
    generations.c.id,
    sqlite_where=text("deleted_at IS NOT NULL"),
    postgresql_where=text("deleted_at IS NOT NULL"),
)
Index("ix_generations_shuffle", generations.c.shuffle, generations.c.id)

generation_sites = Table(
    "generation_sites",
    metadata,
    _reference("generation_id", "generations.id", ondelete="CASCADE", primary_key=True),
    Column("site", String(100), primary_key=True),
    Index("ix_generation_sites_site_generation_id", "site", "generation_id"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("request_id", String(40), nullable=False, index=True),
    _reference("owner_id", "users.id"),
    Column("recipe", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("queued_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("step", Integer, nullable=False, server_default="0"),
    Column("total_steps", Integer, nullable=False, server_default="0"),
    Column("message", Text, nullable=False, server_default=text("''")),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("expiries", Integer, nullable=False, server_default="0"),
    Column("cancel_requested", Boolean, nullable=False, server_default=false()),
    Column("lease_owner", String(200)),
    Column("lease_until", UtcTime),
    Column("lease_seconds", Float),
    _reference("generation_id", "generations.id", ondelete="SET NULL", nullable=True, index=True),
    _one_of("state", "queued", "running", "done", "failed", "cancelled"),
    CheckConstraint(
        "step >= 0 AND total_steps >= 0 AND attempts >= 0 AND expiries >= 0", name="counts_possible"
    ),
    CheckConstraint(
        "state <> 'running' OR (lease_owner IS NOT NULL AND lease_until IS NOT NULL)",
        name="running_is_leased",
    ),
    Index("ix_jobs_state_owner_id_queued_at", "state", "owner_id", "queued_at", "id"),
    Index("ix_jobs_owner_id_created_at", "owner_id", "created_at", "id"),
    sqlite_autoincrement=True,
)
"""``queued_at`` orders one owner's jobs; retrying sets it anew, an expired lease does not."""

stars = Table(
    "stars",
    metadata,
    _reference("user_id", "users.id", ondelete="CASCADE", primary_key=True),
    _reference("generation_id", "generations.id", ondelete="CASCADE", primary_key=True, index=True),
)

ratings = Table(
    "ratings",
    metadata,
    Column("id", Integer, primary_key=True),
    _reference("generation_id", "generations.id"),
    _reference("rater_id", "users.id"),
    Column("created_at", UtcTime, nullable=False),
    Column("blind", Boolean, nullable=False),
    Column("realism", Integer),
    *(Column(name, String(10)) for name in CRITERIA),
    Column("comment", Text, nullable=False, server_default=text("''")),
    CheckConstraint("realism BETWEEN 1 AND 7", name="realism_in_scale"),
    *(_one_of(name, "yes", "partly", "no") for name in CRITERIA),
    CheckConstraint(
        "NOT blind OR (realism IS NOT NULL AND comment = '' AND "
        + " AND ".join(f"{name} IS NULL" for name in CRITERIA)
        + ")",
        name="blind_is_realism_alone",
    ),
    Index("ix_ratings_generation_id_rater_id", "generation_id", "rater_id", "blind", "id"),
    Index("ix_ratings_rater_id", "rater_id", "generation_id"),
    sqlite_autoincrement=True,
)

reveals = Table(
    "reveals",
    metadata,
    _reference("generation_id", "generations.id", primary_key=True),
    _reference("user_id", "users.id", primary_key=True),
    Column("created_at", UtcTime, nullable=False),
)

models = Table(
    "models",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(1000), nullable=False, unique=True),
    Column("label", String(200), nullable=False),
    _reference("added_by", "users.id"),
    Column("visibility", String(20), nullable=False, server_default="library"),
    Column("added_at", UtcTime, nullable=False),
    CheckConstraint("length(source) > 0 AND length(label) > 0", name="named"),
    _one_of("visibility", "private", "library"),
)
