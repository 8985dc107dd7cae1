"""The nearest training picture of each picture, and whether it is too near."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("readings", sa.Column("nearest", sa.String(200)))
    op.add_column("readings", sa.Column("nearest_of", sa.String(200)))
    op.add_column("readings", sa.Column("nearest_distance", sa.Float()))
    op.add_column("readings", sa.Column("nearest_share", sa.Float()))
    op.add_column("readings", sa.Column("too_near", sa.Boolean()))
    op.create_index(
        "ix_readings_too_near",
        "readings",
        ["generation_id"],
        sqlite_where=sa.text("too_near = 1"),
        postgresql_where=sa.text("too_near"),
    )


def downgrade() -> None:
    raise NotImplementedError("An upgrade is taken back by restoring the backup made before it.")
