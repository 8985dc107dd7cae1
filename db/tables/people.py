"""People who generate and rate."""

from sqlalchemy import CheckConstraint, Column, Integer, String, Table

from db.tables.base import metadata, one_of
from db.times import UtcTime

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_turn", Integer, nullable=False, server_default="0"),
    CheckConstraint("length(name) > 0", name="name_given"),
    one_of("role", "reader", "reviewer", "lead", "admin"),
)
"""``last_turn`` counts servings of the queue: the user with the smallest is served next."""
