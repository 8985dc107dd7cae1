"""Storage behind a few verbs. Hands out frozen records; imports SQLAlchemy and core, never torch."""
