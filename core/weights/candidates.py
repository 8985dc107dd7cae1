"""Candidates: tuned weights that may be put into a model once the gate has let them pass, and what is in use.

A candidate is a folder for one base model. The gate's result holds for the very weights that it examined, so
both are known by their hashes: a folder that was written since is another candidate under an old name.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

FEWEST_PICTURES = 8
"""Pictures by each encoder in a check that may let a candidate pass: of fewer, not even all going wrong would
be harm beyond chance (one-sided sign test, 5 % over three attributes)."""

SHORT = 12
"""Hexadecimal digits of a hash as people compare them."""


class Kind(StrEnum):
    """Which part of a model a candidate changes."""

    ENCODER = "encoder"
    LORA = "lora"


@dataclass(frozen=True, slots=True)
class Identity:
    """What was or would be drawn with: hashes of the candidate's weights and of the whole base model."""

    sha256: str
    base_sha256: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where weights come from and what may be done with them, in words; empty where nothing is recorded."""

    origin: str = ""
    licence: str = ""
    consent: str = ""


@dataclass(frozen=True, slots=True)
class NewCandidate:
    """A folder as it is put forward; ``base`` is what recipes store in ``model``."""

    kind: Kind
    base: str
    folder: Path
    label: str
    sha256: str
    provenance: Provenance = Provenance()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a finished check found, and who asked for it when."""

    identity: Identity
    passed: bool
    values: dict[str, Any] = field(hash=False)
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate found. ``report`` is the check command's JSON."""

    id: int
    identity: Identity
    passed: bool
    report: dict[str, Any] = field(hash=False)
    at: datetime
    by: str

    @property
    def checks(self) -> list[dict[str, Any]]:
        """Every question with its answer (``core.weights.gate.Check`` as a dictionary)."""
        return list(self.report.get("checks", ()))

    @property
    def reasons(self) -> tuple[str, ...]:
        """What the failed checks say."""
        return tuple(str(check["message"]) for check in self.checks if not check["passed"])

    @property
    def pictures(self) -> dict[str, Any]:
        """The judge's figures by arm, and how many pictures each drew; empty where none were drawn."""
        return dict(self.report.get("pictures", {}))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A folder in the register. ``sha256`` is that of its weights when it was added, ``result`` the gate's
    latest one."""

    id: int
    kind: Kind
    base: str
    folder: Path
    label: str
    sha256: str
    provenance: Provenance
    added_by: str
    added_at: datetime
    result: GateResult | None = None


@dataclass(frozen=True, slots=True)
class Activation:
    """One line of what was in use when. ``candidate_id`` is None where the model's own part was chosen;
    ``undone_at`` and ``undone_by`` tell the roll-back."""

    id: int
    candidate_id: int | None
    label: str
    at: datetime
    by: str
    undone_at: datetime | None = None
    undone_by: str | None = None


def refusal(result: GateResult | None, now: Identity) -> str | None:
    """Why a candidate may not be used as it is now; None if nothing speaks against it.

    ``result`` is the gate's latest one, ``now`` what lies on the disk at this moment.
    """
    if result is None:
        return "It has not been checked yet. Check it first."
    if result.identity.sha256 != now.sha256:
        return (
            f"Its folder has changed since it was checked (was {result.identity.sha256[:SHORT]}, is "
            f"{now.sha256[:SHORT]}). Check it again."
        )
    if result.identity.base_sha256 != now.base_sha256:
        return (
            f"The model has changed since this was checked against it (was "
            f"{result.identity.base_sha256[:SHORT]}, is {now.base_sha256[:SHORT]}). Check it again."
        )
    if not result.passed:
        return f"It did not pass the check. {_said_once(result.reasons)}"
    if (drawn := int(result.pictures.get("count", 0))) < FEWEST_PICTURES:
        return (
            f"It was checked with {drawn} pictures; {FEWEST_PICTURES} are needed to see harm. Check it again."
        )
    return None


def _said_once(reasons: tuple[str, ...]) -> str:
    """All reasons; a sentence that several of them end with stands once, at the end."""
    sentences = [sentence for reason in reasons for sentence in re.split(r"(?<=\.) ", reason)]
    return " ".join(reversed(dict.fromkeys(reversed(sentences))))
