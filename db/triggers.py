"""What the schema can't say in constraints: ratings and reveals are only ever added, and nobody rates blind
after seeing the prompt. A rating may leave together with its picture once that is deleted (purging). What the
gate said and what was put into use when are only ever added, too.

SQLite drops a table's triggers when a batch migration rebuilds the table: such a migration creates them again
(``python -m db.check`` notices when it did not).
"""

from sqlalchemy import DDL, event

from db import tables

_GONE = "(SELECT 1 FROM generations WHERE id = OLD.generation_id AND deleted_at IS NULL)"
_SEEN = "(SELECT 1 FROM reveals WHERE generation_id = NEW.generation_id AND user_id = NEW.rater_id)"


def _refuse(name: str, moment: str, table: str, condition: str, message: str) -> str:
    when = f" WHEN {condition}" if condition else ""
    return (
        f"CREATE TRIGGER {name} BEFORE {moment} ON {table}{when} BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


SQLITE = (
    _refuse("ratings_keep", "UPDATE", "ratings", "", "ratings are append-only"),
    _refuse("ratings_stay", "DELETE", "ratings", f"EXISTS {_GONE}", "ratings are append-only"),
    _refuse(
        "ratings_new",
        "INSERT",
        "ratings",
        "EXISTS (SELECT 1 FROM ratings WHERE id = NEW.id)",
        "ratings are append-only",
    ),
    _refuse(
        "ratings_blind", "INSERT", "ratings", f"NEW.blind AND EXISTS {_SEEN}", "the prompt was already shown"
    ),
    _refuse("reveals_keep", "UPDATE", "reveals", "", "reveals are append-only"),
    _refuse("reveals_stay", "DELETE", "reveals", f"EXISTS {_GONE}", "reveals are append-only"),
    *(
        _refuse(f"{table}_{name}", moment, table, "", f"{table} are append-only")
        for table in ("activations", "gate_results")
        for name, moment in (("keep", "UPDATE"), ("stay", "DELETE"))
    ),
)

POSTGRESQL = (
    f"""CREATE FUNCTION script2skin_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS
      {_GONE}
    THEN RETURN OLD; END IF;
  END IF;
  RAISE EXCEPTION 'ratings and reveals are append-only' USING ERRCODE = '23000';
END $$""",
    f"""CREATE FUNCTION script2skin_blind_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.blind AND EXISTS
    {_SEEN}
  THEN
    RAISE EXCEPTION 'the prompt was already shown' USING ERRCODE = '23000';
  END IF;
  RETURN NEW;
END $$""",
    *(
        f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION script2skin_append_only()"
        for table in ("ratings", "reveals")
    ),
    *(
        f"CREATE TRIGGER {table}_stay BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION script2skin_append_only()"
        for table in ("ratings", "reveals")
    ),
    "CREATE TRIGGER ratings_blind BEFORE INSERT ON ratings "
    "FOR EACH ROW EXECUTE FUNCTION script2skin_blind_first()",
    """CREATE FUNCTION script2skin_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the history is append-only' USING ERRCODE = '23000';
END $$""",
    *(
        f"CREATE TRIGGER {table}_{name} BEFORE {moment} ON {table} "
        f"FOR EACH {scope} EXECUTE FUNCTION script2skin_history()"
        for table in ("activations", "gate_results")
        for name, moment, scope in (("keep", "UPDATE OR DELETE", "ROW"), ("stay", "TRUNCATE", "STATEMENT"))
    ),
)


def _attach() -> None:
    """Both tables exist once the whole metadata is created, so the triggers follow that."""
    for dialect, statements in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
        for statement in statements:
            event.listen(tables.metadata, "after_create", DDL(statement).execute_if(dialect=dialect))


_attach()
