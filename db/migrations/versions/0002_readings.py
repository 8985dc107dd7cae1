"""What was measured in pictures: one row each."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readings",
        sa.Column("generation_id", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tone", sa.String(100)),
        sa.Column("monk", sa.Integer()),
        sa.Column("monk_distance", sa.Float()),
        sa.Column("ita", sa.Float()),
        sa.Column("lesion_share", sa.Float()),
        sa.Column("rash", sa.String(100)),
        sa.Column("rash_probability", sa.Float()),
        sa.Column("site", sa.String(100)),
        sa.Column("site_probability", sa.Float()),
        sa.Column("judge_sha256", sa.String(64), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("monk BETWEEN 1 AND 10", name=op.f("ck_readings_monk_in_scale")),
        sa.CheckConstraint(
            "lesion_share BETWEEN 0 AND 1 AND rash_probability BETWEEN 0 AND 1"
            " AND site_probability BETWEEN 0 AND 1",
            name=op.f("ck_readings_shares_possible"),
        ),
        sa.CheckConstraint("tone IS NOT NULL OR note <> ''", name=op.f("ck_readings_nothing_is_explained")),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generations.id"],
            name=op.f("fk_readings_generation_id_generations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("generation_id", name=op.f("pk_readings")),
    )


def downgrade() -> None:
    raise NotImplementedError("An upgrade is taken back by restoring the backup made before it.")
