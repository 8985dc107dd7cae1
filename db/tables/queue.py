"""Jobs, and the models that they may ask for."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    text,
)

from db.tables.base import metadata, one_of, reference
from db.times import UtcTime

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("request_id", String(40), nullable=False, index=True),
    reference("owner_id", "users.id"),
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
    reference("generation_id", "generations.id", ondelete="SET NULL", nullable=True, index=True),
    one_of("state", "queued", "running", "done", "failed", "cancelled"),
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

models = Table(
    "models",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(1000), nullable=False, unique=True),
    Column("label", String(200), nullable=False),
    reference("added_by", "users.id"),
    Column("visibility", String(20), nullable=False, server_default="library"),
    Column("added_at", UtcTime, nullable=False),
    CheckConstraint("length(source) > 0 AND length(label) > 0", name="named"),
    one_of("visibility", "private", "library"),
)
