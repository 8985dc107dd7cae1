"""Candidates for a part of a model, what the gate said of them, and what was put into use when."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, String, Table, Text, text

from core.weights.candidates import Kind
from db.tables.base import metadata, one_of, reference
from db.times import UtcTime

STANDING = text("removed_at IS NULL")

candidates = Table(
    "candidates",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("base", String(1000), nullable=False),
    Column("folder", String(1000), nullable=False),
    Column("label", String(200), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("origin", Text, nullable=False, server_default=text("''")),
    Column("licence", Text, nullable=False, server_default=text("''")),
    Column("consent", Text, nullable=False, server_default=text("''")),
    reference("added_by", "users.id"),
    Column("added_at", UtcTime, nullable=False),
    reference("removed_by", "users.id", nullable=True),
    Column("removed_at", UtcTime),
    one_of("kind", *Kind),
    CheckConstraint("length(folder) > 0 AND length(label) > 0", name="named"),
    CheckConstraint("(removed_by IS NULL) = (removed_at IS NULL)", name="removed_by_somebody"),
    sqlite_autoincrement=True,
)
"""A removed candidate keeps its row, so that what was drawn with it can be told."""

Index(
    "ix_candidates_standing",
    candidates.c.kind,
    candidates.c.base,
    candidates.c.folder,
    unique=True,
    sqlite_where=STANDING,
    postgresql_where=STANDING,
)

gate_results = Table(
    "gate_results",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("candidate_id", "candidates.id"),
    Column("sha256", String(64), nullable=False),
    Column("base_sha256", String(64), nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("report", Text, nullable=False),
    reference("checked_by", "users.id"),
    Column("checked_at", UtcTime, nullable=False),
    Index("ix_gate_results_candidate_id_checked_at", "candidate_id", "checked_at", unique=True),
    sqlite_autoincrement=True,
)
"""``report`` is the check command's JSON. Append-only."""

activations = Table(
    "activations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("base", String(1000), nullable=False),
    reference("candidate_id", "candidates.id", nullable=True),
    reference("gate_result_id", "gate_results.id", nullable=True),
    reference("undoes", "activations.id", nullable=True, unique=True),
    reference("user_id", "users.id"),
    Column("created_at", UtcTime, nullable=False),
    one_of("kind", *Kind),
    CheckConstraint("(candidate_id IS NULL) = (gate_result_id IS NULL)", name="checked"),
    CheckConstraint("undoes IS NULL OR candidate_id IS NULL", name="either"),
    Index("ix_activations_kind_base", "kind", "base", "id"),
    sqlite_autoincrement=True,
)
"""Append-only. A line either puts a candidate into use (none: the model's own part), or takes an earlier line
back: ``undoes``. In use is what the latest line says that was not taken back."""
