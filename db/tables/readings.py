"""What was measured in pictures."""

from sqlalchemy import Boolean, CheckConstraint, Column, Float, Index, Integer, String, Table, Text, text

from db.tables.base import metadata, reference
from db.times import UtcTime

readings = Table(
    "readings",
    metadata,
    reference("generation_id", "generations.id", ondelete="CASCADE", primary_key=True),
    Column("read_at", UtcTime, nullable=False),
    Column("tone", String(100)),
    Column("monk", Integer),
    Column("monk_distance", Float),
    Column("ita", Float),
    Column("lesion_share", Float),
    Column("rash", String(100)),
    Column("rash_probability", Float),
    Column("site", String(100)),
    Column("site_probability", Float),
    Column("severity", String(100)),
    Column("severity_probability", Float),
    Column("view", String(100)),
    Column("view_probability", Float),
    Column("nearest", String(200)),
    Column("nearest_of", String(200)),
    Column("nearest_distance", Float),
    Column("nearest_share", Float),
    Column("too_near", Boolean),
    Column("judge_sha256", String(64), nullable=False),
    Column("note", Text, nullable=False, server_default=text("''")),
    CheckConstraint("monk BETWEEN 1 AND 10", name="monk_in_scale"),
    CheckConstraint(
        "lesion_share BETWEEN 0 AND 1 AND rash_probability BETWEEN 0 AND 1"
        " AND site_probability BETWEEN 0 AND 1",
        name="shares_possible",
    ),
    CheckConstraint("tone IS NOT NULL OR note <> ''", name="nothing_is_explained"),
    Index(
        "ix_readings_too_near",
        "generation_id",
        sqlite_where=text("too_near = 1"),
        postgresql_where=text("too_near"),
    ),
)
"""What was measured in a picture (``core.measuring.readings.Reading``), one row each, written once."""
