"""What the schema can't say of studies: answers, reveals and the audit log are only ever added, no blind
answer comes after the reveal, and none to the revealed questions before it.
"""

from sqlalchemy import DDL, event

from db import tables

_KEPT = ("study_answers", "study_reveals", "audit")
_SEEN = "EXISTS (SELECT 1 FROM study_reveals WHERE showing_id = NEW.showing_id)"


def _refuse(name: str, moment: str, table: str, condition: str, message: str) -> str:
    when = f" WHEN {condition}" if condition else ""
    return (
        f"CREATE TRIGGER {name} BEFORE {moment} ON {table}{when} BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


SQLITE = (
    *(_refuse(f"{table}_keep", "UPDATE", table, "", f"{table} is append-only") for table in _KEPT),
    *(_refuse(f"{table}_stay", "DELETE", table, "", f"{table} is append-only") for table in _KEPT),
    *(
        _refuse(
            f"{table}_new",
            "INSERT",
            table,
            f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})",
            f"{table} is append-only",
        )
        for table, key in (("study_answers", "id"), ("study_reveals", "showing_id"), ("audit", "id"))
    ),
    _refuse("study_answers_blind", "INSERT", "study_answers", f"NEW.blind AND {_SEEN}", "already revealed"),
    _refuse(
        "study_answers_open", "INSERT", "study_answers", f"NOT NEW.blind AND NOT {_SEEN}", "not revealed"
    ),
)

POSTGRESQL = (
    """CREATE FUNCTION script2skin_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23000';
END $$""",
    """CREATE FUNCTION script2skin_study_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.blind = EXISTS (SELECT 1 FROM study_reveals WHERE showing_id = NEW.showing_id) THEN
    RAISE EXCEPTION 'blind answers come before the reveal, the others after it' USING ERRCODE = '23000';
  END IF;
  RETURN NEW;
END $$""",
    *(
        f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION script2skin_only_added()"
        for table in _KEPT
    ),
    *(
        f"CREATE TRIGGER {table}_stay BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION script2skin_only_added()"
        for table in _KEPT
    ),
    "CREATE TRIGGER study_answers_blind BEFORE INSERT ON study_answers "
    "FOR EACH ROW EXECUTE FUNCTION script2skin_study_order()",
)


def _attach() -> None:
    for dialect, statements in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
        for statement in statements:
            event.listen(
                tables.metadata, "after_create", DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)
            )


_attach()
