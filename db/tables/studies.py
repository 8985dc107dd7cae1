"""Reader studies: their pictures, who is shown which when, and what was answered."""

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
    UniqueConstraint,
)

from core.review.studies import BLIND, REVEALED
from db.tables.base import metadata, one_of, reference
from db.times import UtcTime

studies = Table(
    "studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    reference("owner_id", "users.id"),
    Column("created_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    Column("seed", Integer, nullable=False),
    Column("ratings_per_picture", Integer, nullable=False),
    Column("repeats", Float, nullable=False),
    Column("picture_size", Integer, nullable=False),
    Column("checklists", Text, nullable=False),
    CheckConstraint("length(name) > 0", name="name_given"),
    CheckConstraint("repeats BETWEEN 0 AND 1 AND ratings_per_picture > 0", name="plan_possible"),
    sqlite_autoincrement=True,
)
"""``checklists`` are the sentences raters see, as JSON by rash; ``picture_size`` the side, in pixels, that
all pictures are shown at, so that the size tells nothing."""

study_items = Table(
    "study_items",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("study_id", "studies.id", ondelete="CASCADE", index=True),
    Column("source", String(4), nullable=False),
    reference("generation_id", "generations.id", nullable=True, index=True),
    Column("path", String(1000), nullable=False),
    Column("rash", String(100)),
    Column("sites", String(500), nullable=False),
    Column("tone", String(100)),
    one_of("source", "real", "ai"),
    CheckConstraint("(source = 'ai') = (generation_id IS NOT NULL)", name="drawn_or_photographed"),
)
"""``path`` is relative to the library, that of a photograph to the folder of datasets."""

study_showings = Table(
    "study_showings",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("item_id", "study_items.id", ondelete="CASCADE"),
    reference("rater_id", "users.id"),
    reference("study_id", "studies.id", ondelete="CASCADE"),
    Column("place", Integer, nullable=False),
    Column("repeat", Boolean, nullable=False),
    UniqueConstraint("study_id", "rater_id", "place"),
    UniqueConstraint("item_id", "rater_id", "repeat"),
)

study_answers = Table(
    "study_answers",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("showing_id", "study_showings.id"),
    Column("created_at", UtcTime, nullable=False),
    Column("question", String(40), nullable=False),
    Column("blind", Boolean, nullable=False),
    Column("value", Text),
    Column("seconds", Float, nullable=False),
    CheckConstraint("seconds >= 0", name="seconds_possible"),
    one_of("question", *BLIND, *REVEALED),
    CheckConstraint(
        "blind = (question IN (" + ", ".join(f"'{name}'" for name in BLIND) + "))", name="blind_follows"
    ),
    Index("ix_study_answers_showing_id_id", "showing_id", "id"),
    sqlite_autoincrement=True,
)
"""The latest row of a question counts. ``value`` is JSON, NULL takes the answer back; ``seconds`` passed on
the item since the answer before."""

study_reveals = Table(
    "study_reveals",
    metadata,
    reference("showing_id", "study_showings.id", primary_key=True),
    Column("created_at", UtcTime, nullable=False),
)
