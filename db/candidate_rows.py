"""From rows to candidates, for the stores that hand them out."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select

from core.errors import NotFoundError
from core.weights.candidates import Candidate, GateResult, Identity, Kind, Provenance
from db.tables import candidates, gate_results, users


def find_candidate(connection: Connection, id: int) -> Candidate:
    """One on the list, inside a transaction. Raises NotFoundError."""
    listed = candidates.c.id == id, candidates.c.removed_at.is_(None)
    return the_candidate(connection, candidates_query().where(*listed))


def latest_result(connection: Connection, candidate_id: int) -> GateResult | None:
    """What the gate said last of a candidate."""
    g = gate_results.c
    query = select(gate_results, users.c.name).join(users, users.c.id == g.checked_by)
    query = query.where(g.candidate_id == candidate_id).order_by(g.checked_at.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    identity = Identity(row["sha256"], row["base_sha256"])
    report: dict[str, Any] = json.loads(row["report"])
    return GateResult(row["id"], identity, bool(row["passed"]), report, row["checked_at"], row["name"])


def candidates_query() -> Select:
    """Candidates with the name of who added them."""
    return select(candidates, users.c.name).join(users, users.c.id == candidates.c.added_by)


def the_candidate(connection: Connection, query: Select) -> Candidate:
    """The one that a query finds. Raises NotFoundError."""
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFoundError("There is no such candidate; somebody may have removed it.")
    return to_candidate(row, latest_result(connection, row["id"]))


def to_candidate(row: RowMapping, result: GateResult | None) -> Candidate:
    """Reads a row of ``candidates_query``."""
    return Candidate(
        id=row["id"],
        kind=Kind(row["kind"]),
        base=row["base"],
        folder=Path(row["folder"]),
        label=row["label"],
        sha256=row["sha256"],
        provenance=Provenance(row["origin"], row["licence"], row["consent"]),
        added_by=row["name"],
        added_at=row["added_at"],
        result=result,
    )
