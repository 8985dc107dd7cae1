# ruff: noqa: E501
"""Reader studies with their append-only answers, and the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("length(action) > 0", name=op.f("ck_audit_action_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_action_id", "audit", ["action", "id"], unique=False)
    op.create_table(
        "studies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("ratings_per_picture", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Float(), nullable=False),
        sa.Column("picture_size", sa.Integer(), nullable=False),
        sa.Column("checklists", sa.Text(), nullable=False),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_studies_name_given")),
        sa.CheckConstraint(
            "repeats BETWEEN 0 AND 1 AND ratings_per_picture > 0", name=op.f("ck_studies_plan_possible")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_studies_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studies")),
        sa.UniqueConstraint("name", name=op.f("uq_studies_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "study_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=4), nullable=False),
        sa.Column("generation_id", sa.Integer(), nullable=True),
        sa.Column("path", sa.String(length=1000), nullable=False),
        sa.Column("rash", sa.String(length=100), nullable=True),
        sa.Column("sites", sa.String(length=500), nullable=False),
        sa.Column("tone", sa.String(length=100), nullable=True),
        sa.CheckConstraint(
            "(source = 'ai') = (generation_id IS NOT NULL)", name=op.f("ck_study_items_drawn_or_photographed")
        ),
        sa.CheckConstraint("source IN ('real', 'ai')", name=op.f("ck_study_items_source_known")),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generations.id"], name=op.f("fk_study_items_generation_id_generations")
        ),
        sa.ForeignKeyConstraint(
            ["study_id"], ["studies.id"], name=op.f("fk_study_items_study_id_studies"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_items")),
    )
    op.create_index(op.f("ix_study_items_generation_id"), "study_items", ["generation_id"], unique=False)
    op.create_index(op.f("ix_study_items_study_id"), "study_items", ["study_id"], unique=False)
    op.create_table(
        "study_showings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("rater_id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("repeat", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["study_items.id"],
            name=op.f("fk_study_showings_item_id_study_items"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["rater_id"], ["users.id"], name=op.f("fk_study_showings_rater_id_users")),
        sa.ForeignKeyConstraint(
            ["study_id"], ["studies.id"], name=op.f("fk_study_showings_study_id_studies"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_showings")),
        sa.UniqueConstraint(
            "item_id", "rater_id", "repeat", name=op.f("uq_study_showings_item_id_rater_id_repeat")
        ),
        sa.UniqueConstraint(
            "study_id", "rater_id", "place", name=op.f("uq_study_showings_study_id_rater_id_place")
        ),
    )
    op.create_table(
        "study_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("showing_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("question", sa.String(length=40), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.CheckConstraint(
            "blind = (question IN ('gradable', 'diagnosis_1', 'diagnosis_1_confidence', 'diagnosis_2', 'diagnosis_2_confidence', 'diagnosis_3', 'diagnosis_3_confidence', 'origin', 'origin_confidence'))",
            name=op.f("ck_study_answers_blind_follows"),
        ),
        sa.CheckConstraint(
            "question IN ('gradable', 'diagnosis_1', 'diagnosis_1_confidence', 'diagnosis_2', 'diagnosis_2_confidence', 'diagnosis_3', 'diagnosis_3_confidence', 'origin', 'origin_confidence', 'site', 'lesion_type', 'shape_size', 'colour', 'texture', 'tone_seen', 'realism', 'artefacts', 'comment', 'finished')",
            name=op.f("ck_study_answers_question_known"),
        ),
        sa.CheckConstraint("seconds >= 0", name=op.f("ck_study_answers_seconds_possible")),
        sa.ForeignKeyConstraint(
            ["showing_id"], ["study_showings.id"], name=op.f("fk_study_answers_showing_id_study_showings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_answers")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_study_answers_showing_id_id", "study_answers", ["showing_id", "id"], unique=False)
    op.create_table(
        "study_reveals",
        sa.Column("showing_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["showing_id"], ["study_showings.id"], name=op.f("fk_study_reveals_showing_id_study_showings")
        ),
        sa.PrimaryKeyConstraint("showing_id", name=op.f("pk_study_reveals")),
    )
    for statement in TRIGGERS.get(op.get_bind().dialect.name, ()):
        op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade() -> None:
    raise NotImplementedError("An upgrade is taken back by restoring the backup made before it.")


TRIGGERS = {
    "postgresql": (
        "CREATE FUNCTION script2skin_only_added() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN\n"
        "  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23000';\n"
        "END $$",
        "CREATE FUNCTION script2skin_study_order() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN\n"
        "  IF NEW.blind = EXISTS (SELECT 1 FROM study_reveals WHERE showing_id = NEW.showing_id) "
        "THEN\n"
        "    RAISE EXCEPTION 'blind answers come before the reveal, the others after it' USING "
        "ERRCODE = '23000';\n"
        "  END IF;\n"
        "  RETURN NEW;\n"
        "END $$",
        "CREATE TRIGGER study_answers_keep BEFORE UPDATE OR DELETE ON study_answers FOR EACH ROW "
        "EXECUTE FUNCTION script2skin_only_added()",
        "CREATE TRIGGER study_reveals_keep BEFORE UPDATE OR DELETE ON study_reveals FOR EACH ROW "
        "EXECUTE FUNCTION script2skin_only_added()",
        "CREATE TRIGGER audit_keep BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION "
        "script2skin_only_added()",
        "CREATE TRIGGER study_answers_stay BEFORE TRUNCATE ON study_answers FOR EACH STATEMENT "
        "EXECUTE FUNCTION script2skin_only_added()",
        "CREATE TRIGGER study_reveals_stay BEFORE TRUNCATE ON study_reveals FOR EACH STATEMENT "
        "EXECUTE FUNCTION script2skin_only_added()",
        "CREATE TRIGGER audit_stay BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION "
        "script2skin_only_added()",
        "CREATE TRIGGER study_answers_blind BEFORE INSERT ON study_answers FOR EACH ROW EXECUTE "
        "FUNCTION script2skin_study_order()",
    ),
    "sqlite": (
        "CREATE TRIGGER study_answers_keep BEFORE UPDATE ON study_answers BEGIN SELECT RAISE(ABORT, "
        "'study_answers is append-only'); END",
        "CREATE TRIGGER study_reveals_keep BEFORE UPDATE ON study_reveals BEGIN SELECT RAISE(ABORT, "
        "'study_reveals is append-only'); END",
        "CREATE TRIGGER audit_keep BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is "
        "append-only'); END",
        "CREATE TRIGGER study_answers_stay BEFORE DELETE ON study_answers BEGIN SELECT RAISE(ABORT, "
        "'study_answers is append-only'); END",
        "CREATE TRIGGER study_reveals_stay BEFORE DELETE ON study_reveals BEGIN SELECT RAISE(ABORT, "
        "'study_reveals is append-only'); END",
        "CREATE TRIGGER audit_stay BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is "
        "append-only'); END",
        "CREATE TRIGGER study_answers_new BEFORE INSERT ON study_answers WHEN EXISTS (SELECT 1 FROM "
        "study_answers WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'study_answers is append-only'); "
        "END",
        "CREATE TRIGGER study_reveals_new BEFORE INSERT ON study_reveals WHEN EXISTS (SELECT 1 FROM "
        "study_reveals WHERE showing_id = NEW.showing_id) BEGIN SELECT RAISE(ABORT, 'study_reveals is "
        "append-only'); END",
        "CREATE TRIGGER audit_new BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = "
        "NEW.id) BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
        "CREATE TRIGGER study_answers_blind BEFORE INSERT ON study_answers WHEN NEW.blind AND EXISTS "
        "(SELECT 1 FROM study_reveals WHERE showing_id = NEW.showing_id) BEGIN SELECT RAISE(ABORT, "
        "'already revealed'); END",
        "CREATE TRIGGER study_answers_open BEFORE INSERT ON study_answers WHEN NOT NEW.blind AND NOT "
        "EXISTS (SELECT 1 FROM study_reveals WHERE showing_id = NEW.showing_id) BEGIN SELECT "
        "RAISE(ABORT, 'not revealed'); END",
    ),
}
