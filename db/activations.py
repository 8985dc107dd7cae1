"""What is in use in each model, and what was before: lines that are only ever added."""

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, Select, insert, select

from core.errors import InputError
from core.roles import Capability
from core.weights.candidates import Activation, Candidate, Identity, Kind, refusal
from db.audit import Action, write
from db.candidate_rows import find_candidate
from db.engine import Database
from db.rows import allowed_id
from db.tables import activations, candidates, users

OWN = "the model's own"
"""Label of lines that choose no candidate."""


@dataclass(frozen=True, slots=True)
class Activations:
    """What is in use in one library."""

    database: Database

    def activate(self, candidate_id: int, now: Identity, by: str) -> None:
        """Puts a candidate into use; ``now`` is what lies on the disk at this moment.

        Raises:
            NotFoundError: no such candidate.
            NotAllowedError: their role does not look after models.
            InputError: the gate did not let these very weights pass for this very model, or it is in use.
        """
        with self.database.writing() as connection:
            found = find_candidate(connection, candidate_id)
            _refuse_unfit(found, now)
            current = in_use(connection, found.kind, found.base)
            if current is not None and current["candidate_id"] == candidate_id:
                raise InputError(f"“{found.label}” is in use already.")
            result = found.result.id if found.result else None
            chosen = {"candidate_id": candidate_id, "gate_result_id": result}
            self._add(connection, found.kind, found.base, by, found.label, **chosen)

    def activate_own(self, kind: Kind, base: str, by: str) -> None:
        """Puts the model's own part into use again; what was in use can be rolled back to.

        Raises:
            InputError: it is in use already.
        """
        with self.database.writing() as connection:
            current = in_use(connection, kind, base)
            if current is None or current["candidate_id"] is None:
                raise InputError("The model's own part is in use already.")
            self._add(connection, kind, base, by, OWN)

    def roll_back(self, activation_id: int, now: Identity | None, by: str) -> None:
        """Takes back the line that says what is in use, so that the one before it holds again.

        ``now`` is what lies in the folder of the candidate that comes into use again, None where it is the
        model's own part.

        Raises:
            InputError: something else is in use by now, or what was before may no longer be used.
        """
        with self.database.writing() as connection:
            query = select(activations.c.kind, activations.c.base).where(activations.c.id == activation_id)
            asked = connection.execute(query).first()
            standing = _standing(connection, asked.kind, asked.base) if asked else []
            if asked is None or not standing or standing[0]["id"] != activation_id:
                raise InputError("Somebody has changed what is in use meanwhile. Look at it again.")
            before = _candidate_of(connection, standing[1]) if len(standing) > 1 else None
            if before is not None:
                _refuse_unfit(before, now or Identity("", ""))
            label = f"back to {before.label if before else OWN}"
            self._add(connection, asked.kind, asked.base, by, label, undoes=activation_id)

    def current(self, kind: Kind, base: str) -> Candidate | None:
        """The candidate in use; None while it is the model's own part."""
        with self.database.reading() as connection:
            line = in_use(connection, kind, base)
            return None if line is None else _candidate_of(connection, line)

    def before(self, kind: Kind, base: str) -> tuple[int, Candidate | None] | None:
        """What a roll-back would take back (its id) and bring into use again; None if there is nothing to."""
        with self.database.reading() as connection:
            standing = _standing(connection, kind, base)
            if not standing:
                return None
            earlier = _candidate_of(connection, standing[1]) if len(standing) > 1 else None
            return standing[0]["id"], earlier

    def history(self, kind: Kind, base: str) -> list[Activation]:
        """Every line that put something into use, the latest first, with its roll-back."""
        with self.database.reading() as connection:
            rows = connection.execute(_lines(kind, base)).mappings().all()
        undone = {row["undoes"]: row for row in rows if row["undoes"] is not None}
        return [_to_activation(row, undone.get(row["id"])) for row in rows if row["undoes"] is None]

    def _add(
        self, connection: Connection, kind: str, base: str, by: str, label: str, **values: int | None
    ) -> None:
        me = allowed_id(connection, by, Capability.LEAD)
        line = {"kind": kind, "base": base, "user_id": me, **values}
        connection.execute(insert(activations).values(created_at=self.database.clock(), **line))
        write(connection, self.database, by, Action.MODEL_ACTIVATED, f"{kind} {label}", f"in {base}")


def in_use(connection: Connection, kind: str, base: str) -> RowMapping | None:
    """The line that says what is in use; None while nothing was ever chosen, or all was taken back."""
    standing = _standing(connection, kind, base)
    return standing[0] if standing else None


def _standing(connection: Connection, kind: str, base: str) -> list[RowMapping]:
    """Lines that were not taken back, the latest first; those of removed candidates count no more."""
    rows = connection.execute(_lines(kind, base)).mappings().all()
    undone = {row["undoes"] for row in rows}
    return [
        row for row in rows if row["undoes"] is None and row["id"] not in undone and row["removed_at"] is None
    ]


def _lines(kind: str, base: str) -> Select:
    a = activations.c
    query = select(activations, candidates.c.label, candidates.c.removed_at, users.c.name)
    query = query.outerjoin(candidates, candidates.c.id == a.candidate_id).join(
        users, users.c.id == a.user_id
    )
    return query.where(a.kind == kind, a.base == base).order_by(a.id.desc())


def _candidate_of(connection: Connection, line: RowMapping) -> Candidate | None:
    return None if line["candidate_id"] is None else find_candidate(connection, line["candidate_id"])


def _refuse_unfit(found: Candidate, now: Identity) -> None:
    if (reason := refusal(found.result, now)) is not None:
        raise InputError(f"“{found.label}” can't be used. {reason}")


def _to_activation(row: RowMapping, undone: RowMapping | None) -> Activation:
    return Activation(
        id=row["id"],
        candidate_id=row["candidate_id"],
        label=row["label"] or OWN,
        at=row["created_at"],
        by=row["name"],
        undone_at=None if undone is None else undone["created_at"],
        undone_by=None if undone is None else undone["name"],
    )
