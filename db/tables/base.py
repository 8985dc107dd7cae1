"""What every table is made of: the metadata with its names, and two kinds of column and constraint."""

from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, MetaData

SCHEMA = "0007"
"""The newest migration. Kept here so that opening a library of this schema needs no Alembic."""


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, *values: str) -> CheckConstraint:
    """CHECK that a column holds one of the words (NULL passes, as SQL has it)."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=f"{column}_known")


def reference(name: str, target: str, **options: Any) -> Column[int]:
    """A column that refers to another table's id; NOT NULL unless said otherwise."""
    ondelete = options.pop("ondelete", None)
    return Column(name, Integer, ForeignKey(target, ondelete=ondelete), **{"nullable": False, **options})
