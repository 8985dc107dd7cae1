"""The first schema: users, prompts, generations, jobs, stars, ratings, reveals, models.

Written out in full and never changed: later versions of db/tables.py must not alter what this one builds.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LIVE = sa.text("deleted_at IS NULL")
DELETED = sa.text("deleted_at IS NOT NULL")
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
    create_prompts()
    create_users()
    create_generations()
    create_models()
    create_generation_sites()
    create_jobs()
    create_ratings()
    create_reveals()
    create_stars()
    create_history_indexes()
    create_triggers()


def downgrade() -> None:
    raise NotImplementedError("An upgrade is taken back by restoring the backup made before it.")


def create_prompts() -> None:
    op.create_table(
        "prompts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompts")),
        sa.UniqueConstraint("sha256", name=op.f("uq_prompts_sha256")),
    )


def create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_turn", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "role IN ('reader', 'reviewer', 'lead', 'admin')", name=op.f("ck_users_role_known")
        ),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_users_name_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )


def create_generations() -> None:
    op.create_table(
        "generations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("visibility", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("rash", sa.String(length=100), nullable=True),
        sa.Column("tone", sa.String(length=100), nullable=True),
        sa.Column("sites", sa.String(length=500), nullable=False),
        sa.Column("model", sa.String(length=1000), nullable=False),
        sa.Column("prompt_id", sa.Integer(), nullable=False),
        sa.Column("image_path", sa.String(length=500), nullable=False),
        sa.Column("thumbnail_path", sa.String(length=500), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("pixel_sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("rating_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("realism_mean", sa.Float(), nullable=True),
        sa.Column("realism_rank", sa.Float(), server_default="0", nullable=False),
        sa.Column("shuffle", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "visibility IN ('private', 'library')", name=op.f("ck_generations_visibility_known")
        ),
        sa.CheckConstraint("rating_count >= 0", name=op.f("ck_generations_rating_count_possible")),
        sa.CheckConstraint("realism_mean BETWEEN 1 AND 7", name=op.f("ck_generations_realism_mean_in_scale")),
        sa.CheckConstraint(
            "realism_rank = coalesce(realism_mean, 0)", name=op.f("ck_generations_realism_rank_follows")
        ),
        sa.CheckConstraint("shuffle BETWEEN 1 AND 2147483646", name=op.f("ck_generations_shuffle_in_field")),
        sa.CheckConstraint(
            "width > 0 AND height > 0 AND bytes >= 0 AND seconds >= 0",
            name=op.f("ck_generations_measures_possible"),
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_generations_owner_id_users")),
        sa.ForeignKeyConstraint(["prompt_id"], ["prompts.id"], name=op.f("fk_generations_prompt_id_prompts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generations")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_generations_deleted",
        "generations",
        ["owner_id", "created_at", "id"],
        sqlite_where=DELETED,
        postgresql_where=DELETED,
    )
    op.create_index("ix_generations_image_path", "generations", ["image_path"])
    op.create_index("ix_generations_pixel_sha256", "generations", ["pixel_sha256"])
    op.create_index("ix_generations_prompt_id", "generations", ["prompt_id"])
    op.create_index("ix_generations_shuffle", "generations", ["shuffle", "id"])
    op.create_index("ix_generations_thumbnail_path", "generations", ["thumbnail_path"])


def create_models() -> None:
    op.create_table(
        "models",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=1000), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("visibility", sa.String(length=20), server_default="library", nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("visibility IN ('private', 'library')", name=op.f("ck_models_visibility_known")),
        sa.CheckConstraint("length(source) > 0 AND length(label) > 0", name=op.f("ck_models_named")),
        sa.ForeignKeyConstraint(["added_by"], ["users.id"], name=op.f("fk_models_added_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
        sa.UniqueConstraint("source", name=op.f("uq_models_source")),
    )


def create_generation_sites() -> None:
    op.create_table(
        "generation_sites",
        sa.Column("generation_id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generations.id"],
            name=op.f("fk_generation_sites_generation_id_generations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("generation_id", "site", name=op.f("pk_generation_sites")),
    )
    op.create_index("ix_generation_sites_site_generation_id", "generation_sites", ["site", "generation_id"])


def create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("step", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total_steps", sa.Integer(), server_default="0", nullable=False),
        sa.Column("message", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("expiries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("lease_owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_seconds", sa.Float(), nullable=True),
        sa.Column("generation_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state <> 'running' OR (lease_owner IS NOT NULL AND lease_until IS NOT NULL)",
            name=op.f("ck_jobs_running_is_leased"),
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_jobs_state_known")
        ),
        sa.CheckConstraint(
            "step >= 0 AND total_steps >= 0 AND attempts >= 0 AND expiries >= 0",
            name=op.f("ck_jobs_counts_possible"),
        ),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generations.id"],
            name=op.f("fk_jobs_generation_id_generations"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_jobs_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_generation_id", "jobs", ["generation_id"])
    op.create_index("ix_jobs_owner_id_created_at", "jobs", ["owner_id", "created_at", "id"])
    op.create_index("ix_jobs_request_id", "jobs", ["request_id"])
    op.create_index("ix_jobs_state_owner_id_queued_at", "jobs", ["state", "owner_id", "queued_at", "id"])


def create_ratings() -> None:
    op.create_table(
        "ratings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("generation_id", sa.Integer(), nullable=False),
        sa.Column("rater_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("realism", sa.Integer(), nullable=True),
        sa.Column("site", sa.String(length=10), nullable=True),
        sa.Column("lesion_type", sa.String(length=10), nullable=True),
        sa.Column("shape_size", sa.String(length=10), nullable=True),
        sa.Column("colour", sa.String(length=10), nullable=True),
        sa.Column("texture", sa.String(length=10), nullable=True),
        sa.Column("comment", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "NOT blind OR (realism IS NOT NULL AND comment = '' AND "
            "site IS NULL AND lesion_type IS NULL AND shape_size IS NULL "
            "AND colour IS NULL AND texture IS NULL)",
            name=op.f("ck_ratings_blind_is_realism_alone"),
        ),
        sa.CheckConstraint("colour IN ('yes', 'partly', 'no')", name=op.f("ck_ratings_colour_known")),
        sa.CheckConstraint(
            "lesion_type IN ('yes', 'partly', 'no')", name=op.f("ck_ratings_lesion_type_known")
        ),
        sa.CheckConstraint("shape_size IN ('yes', 'partly', 'no')", name=op.f("ck_ratings_shape_size_known")),
        sa.CheckConstraint("site IN ('yes', 'partly', 'no')", name=op.f("ck_ratings_site_known")),
        sa.CheckConstraint("texture IN ('yes', 'partly', 'no')", name=op.f("ck_ratings_texture_known")),
        sa.CheckConstraint("realism BETWEEN 1 AND 7", name=op.f("ck_ratings_realism_in_scale")),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generations.id"], name=op.f("fk_ratings_generation_id_generations")
        ),
        sa.ForeignKeyConstraint(["rater_id"], ["users.id"], name=op.f("fk_ratings_rater_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_ratings_generation_id_rater_id", "ratings", ["generation_id", "rater_id", "blind", "id"]
    )
    op.create_index("ix_ratings_rater_id", "ratings", ["rater_id", "generation_id"])


def create_reveals() -> None:
    op.create_table(
        "reveals",
        sa.Column("generation_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generations.id"], name=op.f("fk_reveals_generation_id_generations")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_reveals_user_id_users")),
        sa.PrimaryKeyConstraint("generation_id", "user_id", name=op.f("pk_reveals")),
    )


def create_stars() -> None:
    op.create_table(
        "stars",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("generation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generations.id"],
            name=op.f("fk_stars_generation_id_generations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_stars_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "generation_id", name=op.f("pk_stars")),
    )
    op.create_index("ix_stars_generation_id", "stars", ["generation_id"])


def create_history_indexes() -> None:
    """Each starts with the columns that give its order and carries all others that History filters by."""
    for name, leading in HISTORY_INDEXES.items():
        columns = [*leading, *(column for column in HISTORY_COLUMNS if column not in leading)]
        op.create_index(name, "generations", columns, sqlite_where=LIVE, postgresql_where=LIVE)


def create_triggers() -> None:
    for statement in TRIGGERS.get(op.get_bind().dialect.name, ()):
        op.execute(sa.DDL(statement))


TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER ratings_keep BEFORE UPDATE ON ratings BEGIN SELECT RAISE(ABORT, 'ratings "
        "are append-only'); END",
        "CREATE TRIGGER ratings_stay BEFORE DELETE ON ratings WHEN EXISTS (SELECT 1 FROM "
        "generations WHERE id = OLD.generation_id AND deleted_at IS NULL) BEGIN SELECT "
        "RAISE(ABORT, 'ratings are append-only'); END",
        "CREATE TRIGGER ratings_new BEFORE INSERT ON ratings WHEN EXISTS (SELECT 1 FROM ratings "
        "WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'ratings are append-only'); END",
        "CREATE TRIGGER ratings_blind BEFORE INSERT ON ratings WHEN NEW.blind AND EXISTS (SELECT "
        "1 FROM reveals WHERE generation_id = NEW.generation_id AND user_id = NEW.rater_id) BEGIN"
        " SELECT RAISE(ABORT, 'the prompt was already shown'); END",
        "CREATE TRIGGER reveals_keep BEFORE UPDATE ON reveals BEGIN SELECT RAISE(ABORT, 'reveals "
        "are append-only'); END",
        "CREATE TRIGGER reveals_stay BEFORE DELETE ON reveals WHEN EXISTS (SELECT 1 FROM "
        "generations WHERE id = OLD.generation_id AND deleted_at IS NULL) BEGIN SELECT "
        "RAISE(ABORT, 'reveals are append-only'); END",
    ),
    "postgresql": (
        """CREATE FUNCTION script2skin_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS
      (SELECT 1 FROM generations WHERE id = OLD.generation_id AND deleted_at IS NULL)
    THEN RETURN OLD; END IF;
  END IF;
  RAISE EXCEPTION 'ratings and reveals are append-only' USING ERRCODE = '23000';
END $$""",
        """CREATE FUNCTION script2skin_blind_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.blind AND EXISTS
    (SELECT 1 FROM reveals WHERE generation_id = NEW.generation_id AND user_id = NEW.rater_id)
  THEN
    RAISE EXCEPTION 'the prompt was already shown' USING ERRCODE = '23000';
  END IF;
  RETURN NEW;
END $$""",
        "CREATE TRIGGER ratings_keep BEFORE UPDATE OR DELETE ON ratings FOR EACH ROW EXECUTE "
        "FUNCTION script2skin_append_only()",
        "CREATE TRIGGER reveals_keep BEFORE UPDATE OR DELETE ON reveals FOR EACH ROW EXECUTE "
        "FUNCTION script2skin_append_only()",
        "CREATE TRIGGER ratings_stay BEFORE TRUNCATE ON ratings FOR EACH STATEMENT EXECUTE "
        "FUNCTION script2skin_append_only()",
        "CREATE TRIGGER reveals_stay BEFORE TRUNCATE ON reveals FOR EACH STATEMENT EXECUTE "
        "FUNCTION script2skin_append_only()",
        "CREATE TRIGGER ratings_blind BEFORE INSERT ON ratings FOR EACH ROW EXECUTE FUNCTION "
        "script2skin_blind_first()",
    ),
}
