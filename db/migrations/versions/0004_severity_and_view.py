"""Severity and view of pictures, asked and measured; History's indexes carry what was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NAMES = ("severity", "view")
LIVE = sa.text("deleted_at IS NULL")
HISTORY_COLUMNS = (
    "created_at",
    "id",
    "rash",
    "tone",
    "model",
    "owner_id",
    "visibility",
    "sites",
    "rating_count",
    "realism_rank",
    "prompt_id",
    "deleted_at",
    *NAMES,
)
HISTORY_INDEXES = {
    "ix_generations_by_date": ("created_at", "id"),
    "ix_generations_by_model": ("model", "created_at", "id"),
    "ix_generations_by_owner": ("owner_id", "created_at", "id"),
    "ix_generations_by_rash": ("rash", "created_at", "id"),
    "ix_generations_by_rating_count": ("rating_count", "created_at", "id"),
    "ix_generations_by_realism": ("realism_rank", "created_at", "id"),
    "ix_generations_by_tone": ("tone", "created_at", "id"),
}


def upgrade() -> None:
    for name in NAMES:
        op.add_column("generations", sa.Column(name, sa.String(100)))
        op.add_column("readings", sa.Column(name, sa.String(100)))
        op.add_column("readings", sa.Column(f"{name}_probability", sa.Float()))
    for index, leading in HISTORY_INDEXES.items():
        columns = [*leading, *(column for column in HISTORY_COLUMNS if column not in leading)]
        op.drop_index(index, "generations")
        op.create_index(index, "generations", columns, sqlite_where=LIVE, postgresql_where=LIVE)
    for name in NAMES:
        asked = sa.text(f"deleted_at IS NULL AND {name} IS NOT NULL")
        op.create_index(
            f"ix_generations_{name}", "generations", [name, "id"], sqlite_where=asked, postgresql_where=asked
        )


def downgrade() -> None:
    raise NotImplementedError("An upgrade is taken back by restoring the backup made before it.")
