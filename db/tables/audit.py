"""Who did what, when: only ever added to."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, Text, text

from db.tables.base import metadata
from db.times import UtcTime

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("created_at", UtcTime, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", Text, nullable=False, server_default=text("''")),
    CheckConstraint("length(action) > 0", name="action_given"),
    Index("ix_audit_action_id", "action", "id"),
    sqlite_autoincrement=True,
)
"""``actor`` is the name at the time, not a reference: the log outlives whom and what it speaks of."""
