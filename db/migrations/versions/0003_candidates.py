"""Candidates for a part of a model, what the gate said of them, and what was put into use when."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STANDING = sa.text("removed_at IS NULL")


def upgrade() -> None:
    create_candidates()
    create_gate_results()
    create_activations()
    for statement in TRIGGERS.get(op.get_bind().dialect.name, ()):
        op.execute(sa.DDL(statement))


def create_candidates() -> None:
    op.create_table(
        "candidates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("base", sa.String(1000), nullable=False),
        sa.Column("folder", sa.String(1000), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("origin", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("licence", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("consent", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_by", sa.Integer()),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("kind IN ('encoder', 'lora')", name=op.f("ck_candidates_kind_known")),
        sa.CheckConstraint("length(folder) > 0 AND length(label) > 0", name=op.f("ck_candidates_named")),
        sa.CheckConstraint(
            "(removed_by IS NULL) = (removed_at IS NULL)", name=op.f("ck_candidates_removed_by_somebody")
        ),
        sa.ForeignKeyConstraint(["added_by"], ["users.id"], name=op.f("fk_candidates_added_by_users")),
        sa.ForeignKeyConstraint(["removed_by"], ["users.id"], name=op.f("fk_candidates_removed_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidates")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_candidates_standing",
        "candidates",
        ["kind", "base", "folder"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )


def create_gate_results() -> None:
    op.create_table(
        "gate_results",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("base_sha256", sa.String(64), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("checked_by", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidates.id"], name=op.f("fk_gate_results_candidate_id_candidates")
        ),
        sa.ForeignKeyConstraint(["checked_by"], ["users.id"], name=op.f("fk_gate_results_checked_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_results")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_gate_results_candidate_id_checked_at",
        "gate_results",
        ["candidate_id", "checked_at"],
        unique=True,
    )


def create_activations() -> None:
    op.create_table(
        "activations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("base", sa.String(1000), nullable=False),
        sa.Column("candidate_id", sa.Integer()),
        sa.Column("gate_result_id", sa.Integer()),
        sa.Column("undoes", sa.Integer()),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('encoder', 'lora')", name=op.f("ck_activations_kind_known")),
        sa.CheckConstraint(
            "(candidate_id IS NULL) = (gate_result_id IS NULL)", name=op.f("ck_activations_checked")
        ),
        sa.CheckConstraint("undoes IS NULL OR candidate_id IS NULL", name=op.f("ck_activations_either")),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidates.id"], name=op.f("fk_activations_candidate_id_candidates")
        ),
        sa.ForeignKeyConstraint(
            ["gate_result_id"], ["gate_results.id"], name=op.f("fk_activations_gate_result_id_gate_results")
        ),
        sa.ForeignKeyConstraint(
            ["undoes"], ["activations.id"], name=op.f("fk_activations_undoes_activations")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_activations_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activations")),
        sa.UniqueConstraint("undoes", name=op.f("uq_activations_undoes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_activations_kind_base", "activations", ["kind", "base", "id"])


def downgrade() -> None:
    raise NotImplementedError("An upgrade is taken back by restoring the backup made before it.")


TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER activations_keep BEFORE UPDATE ON activations BEGIN SELECT RAISE(ABORT, "
        "'activations are append-only'); END",
        "CREATE TRIGGER activations_stay BEFORE DELETE ON activations BEGIN SELECT RAISE(ABORT, "
        "'activations are append-only'); END",
        "CREATE TRIGGER gate_results_keep BEFORE UPDATE ON gate_results BEGIN SELECT RAISE(ABORT, "
        "'gate_results are append-only'); END",
        "CREATE TRIGGER gate_results_stay BEFORE DELETE ON gate_results BEGIN SELECT RAISE(ABORT, "
        "'gate_results are append-only'); END",
    ),
    "postgresql": (
        """CREATE FUNCTION script2skin_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the history is append-only' USING ERRCODE = '23000';
END $$""",
        "CREATE TRIGGER activations_keep BEFORE UPDATE OR DELETE ON activations FOR EACH ROW EXECUTE "
        "FUNCTION script2skin_history()",
        "CREATE TRIGGER activations_stay BEFORE TRUNCATE ON activations FOR EACH STATEMENT EXECUTE "
        "FUNCTION script2skin_history()",
        "CREATE TRIGGER gate_results_keep BEFORE UPDATE OR DELETE ON gate_results FOR EACH ROW EXECUTE "
        "FUNCTION script2skin_history()",
        "CREATE TRIGGER gate_results_stay BEFORE TRUNCATE ON gate_results FOR EACH STATEMENT EXECUTE "
        "FUNCTION script2skin_history()",
    ),
}
