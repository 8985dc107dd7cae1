"""Pictures, their prompts, weights and sites, and who starred them.

What History filters by stands in its indexes.
"""

from sqlalchemy import CheckConstraint, Column, Float, Index, Integer, String, Table, Text, text

from db.tables.base import metadata, one_of, reference
from db.times import UtcTime

prompts = Table(
    "prompts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("text", Text, nullable=False),
)

weights = Table(
    "weights",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(32), nullable=False, unique=True),
    Column("model", String(1000), nullable=False),
    Column("text_encoder", String(1000), nullable=False),
    Column("text_encoder_weight", Float),
    Column("lora", String(1000)),
    Column("lora_strength", Float),
)
"""Model, text encoder and LoRA that drew together; ``key`` is core.twins' ``weights_key``, the names are
those of the first recipe that had it."""

generations = Table(
    "generations",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("owner_id", "users.id"),
    Column("visibility", String(20), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime),
    Column("recipe", Text, nullable=False),
    Column("rash", String(100)),
    Column("tone", String(100)),
    Column("severity", String(100)),
    Column("view", String(100)),
    Column("sites", String(500), nullable=False),
    Column("model", String(1000), nullable=False),
    reference("prompt_id", "prompts.id", index=True),
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
    Column("setting_key", String(32)),
    reference("weights_id", "weights.id", nullable=True),
    one_of("visibility", "private", "library"),
    CheckConstraint("width > 0 AND height > 0 AND bytes >= 0 AND seconds >= 0", name="measures_possible"),
    CheckConstraint("rating_count >= 0", name="rating_count_possible"),
    CheckConstraint("realism_mean BETWEEN 1 AND 7", name="realism_mean_in_scale"),
    CheckConstraint("realism_rank = coalesce(realism_mean, 0)", name="realism_rank_follows"),
    CheckConstraint("shuffle BETWEEN 1 AND 2147483646", name="shuffle_in_field"),
    sqlite_autoincrement=True,
)
"""``realism_rank`` is realism_mean with 0 for none: pictures without ratings sort last on every database.
``sites`` is " foot sole " (generation_sites joined), for reading in passing. ``shuffle`` is a random place in
the review order. ``setting_key`` is core.twins'; it and ``weights_id`` are NULL where a recipe of before them
can't be read."""

# fmt: off
FILTERED = (
    "rash", "tone", "model", "owner_id", "visibility", "sites",
    "rating_count", "realism_rank", "prompt_id", "deleted_at", "severity", "view",
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


def _asked_index(name: str) -> None:
    """Pictures that were asked for this attribute at all, which many are not."""
    asked = text(f"deleted_at IS NULL AND {name} IS NOT NULL")
    columns = generations.c[name], generations.c.id
    Index(f"ix_generations_{name}", *columns, sqlite_where=asked, postgresql_where=asked)


_history_index("by_date", "created_at", "id")
_history_index("by_realism", "realism_rank", "created_at", "id")
_history_index("by_rash", "rash", "created_at", "id")
_history_index("by_tone", "tone", "created_at", "id")
_history_index("by_model", "model", "created_at", "id")
_history_index("by_owner", "owner_id", "created_at", "id")
_history_index("by_rating_count", "rating_count", "created_at", "id")
_asked_index("severity")
_asked_index("view")
Index(
    "ix_generations_deleted",
    generations.c.owner_id,
    generations.c.created_at,
    generations.c.id,
    sqlite_where=text("deleted_at IS NOT NULL"),
    postgresql_where=text("deleted_at IS NOT NULL"),
)
Index("ix_generations_shuffle", generations.c.shuffle, generations.c.id)
Index(
    "ix_generations_twins",
    generations.c.setting_key,
    generations.c.weights_id,
    generations.c.id,
    sqlite_where=LIVE,
    postgresql_where=LIVE,
)

generation_sites = Table(
    "generation_sites",
    metadata,
    reference("generation_id", "generations.id", ondelete="CASCADE", primary_key=True),
    Column("site", String(100), primary_key=True),
    Index("ix_generation_sites_site_generation_id", "site", "generation_id"),
)

stars = Table(
    "stars",
    metadata,
    reference("user_id", "users.id", ondelete="CASCADE", primary_key=True),
    reference("generation_id", "generations.id", ondelete="CASCADE", primary_key=True, index=True),
)
