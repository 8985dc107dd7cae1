"""Candidates for a part of a model: added, checked, taken off the list. Weights stay where they are."""

import json
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select, update

from core.errors import InputError
from core.roles import Capability
from core.weights.candidates import Candidate, CheckReport, Kind, NewCandidate
from db.activations import in_use
from db.audit import Action, write
from db.candidate_rows import candidates_query, find_candidate, latest_result, the_candidate, to_candidate
from db.engine import Database
from db.rows import allowed_id, insert_missing, user_id
from db.tables import candidates, gate_results


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates of one library."""

    database: Database

    def add(self, new: NewCandidate, by: str) -> Candidate:
        """Puts a folder forward.

        Raises:
            InputError: the folder is a candidate for this model already.
            NotAllowedError: their role does not look after models.
        """
        with self.database.writing() as connection:
            known = connection.execute(select(candidates.c.label).where(_is_listed(new))).scalar()
            if known is not None:
                raise InputError(f"{new.folder} is a candidate for this model already, as “{known}”.")
            values = {
                "added_by": allowed_id(connection, by, Capability.LEAD),
                "added_at": self.database.clock(),
            }
            for name in ("kind", "base", "label", "sha256"):
                values[name] = getattr(new, name)
            for name in ("origin", "licence", "consent"):
                values[name] = getattr(new.provenance, name)
            insert_missing(connection, candidates, folder=str(new.folder), **values)
            subject, detail = f"{new.kind} {new.label}", f"for {new.base}, from {new.folder}"
            write(connection, self.database, by, Action.MODEL_ADDED, subject, detail)
            return the_candidate(connection, candidates_query().where(_is_listed(new)))

    def list(self, kind: Kind | None = None, base: str | None = None) -> list[Candidate]:
        """Candidates in the order in which they were added, each with the gate's latest result."""
        query = candidates_query().where(candidates.c.removed_at.is_(None)).order_by(candidates.c.id)
        if kind is not None:
            query = query.where(candidates.c.kind == kind)
        if base is not None:
            query = query.where(candidates.c.base == base)
        with self.database.reading() as connection:
            rows = connection.execute(query).mappings().all()
            return [to_candidate(row, latest_result(connection, row["id"])) for row in rows]

    def get(self, id: int) -> Candidate:
        """Raises NotFoundError if there is no such candidate on the list."""
        with self.database.reading() as connection:
            return find_candidate(connection, id)

    def record(self, candidate_id: int, report: CheckReport) -> bool:
        """Keeps what a check found; False if it was kept already, or the candidate was removed meanwhile."""
        with self.database.writing() as connection:
            listed = candidates.c.id == candidate_id, candidates.c.removed_at.is_(None)
            if connection.execute(select(candidates.c.id).where(*listed)).first() is None:
                return False
            return insert_missing(
                connection,
                gate_results,
                candidate_id=candidate_id,
                sha256=report.identity.sha256,
                base_sha256=report.identity.base_sha256,
                passed=report.passed,
                report=json.dumps(report.values),
                checked_by=user_id(connection, report.by),
                checked_at=report.at,
            )

    def remove(self, id: int, by: str) -> None:
        """Takes a candidate off the list; its weights, and pictures drawn with it, stay.

        Raises:
            NotFoundError: no such candidate.
            NotAllowedError: their role does not look after models.
            InputError: it is in use.
        """
        with self.database.writing() as connection:
            me = allowed_id(connection, by, Capability.LEAD)
            found = find_candidate(connection, id)
            current = in_use(connection, found.kind, found.base)
            if current is not None and current["candidate_id"] == id:
                raise InputError(f"“{found.label}” is in use. Roll back first, then remove it.")
            values = {"removed_by": me, "removed_at": self.database.clock()}
            connection.execute(update(candidates).where(candidates.c.id == id).values(**values))
            subject, detail = f"{found.kind} {found.label}", f"for {found.base}, from {found.folder}"
            write(connection, self.database, by, Action.MODEL_REMOVED, subject, detail)


def _is_listed(new: NewCandidate) -> ColumnElement[bool]:
    c = candidates.c
    same = and_(c.kind == new.kind, c.base == new.base, c.folder == str(new.folder))
    return and_(same, c.removed_at.is_(None))
