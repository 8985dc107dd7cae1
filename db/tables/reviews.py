"""What raters said, and which prompts they have seen."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, String, Table, Text, text

from db.records import CRITERIA
from db.tables.base import metadata, one_of, reference
from db.times import UtcTime

ratings = Table(
    "ratings",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("generation_id", "generations.id"),
    reference("rater_id", "users.id"),
    Column("created_at", UtcTime, nullable=False),
    Column("blind", Boolean, nullable=False),
    Column("realism", Integer),
    *(Column(name, String(10)) for name in CRITERIA),
    Column("comment", Text, nullable=False, server_default=text("''")),
    CheckConstraint("realism BETWEEN 1 AND 7", name="realism_in_scale"),
    *(one_of(name, "yes", "partly", "no") for name in CRITERIA),
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
    reference("generation_id", "generations.id", primary_key=True),
    reference("user_id", "users.id", primary_key=True),
    Column("created_at", UtcTime, nullable=False),
)
