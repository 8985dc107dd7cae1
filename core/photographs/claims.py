"""Who has which photograph in front of them, so that two people are not shown the same one.

DATASET/claims.json holds one claim a desk, each for CLAIM_SECONDS since its desk last looked. A claim is a
courtesy, not a lock: an answer to a photograph that somebody else holds is recorded all the same.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import time

from filelock import FileLock, Timeout

from core.errors import LibraryBusyError
from core.files import write_files

CLAIMS = "claims.json"
CLAIM_SECONDS = 300
LOCK_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Claim:
    """``desk`` is one open page, ``by`` the person at it, ``until`` seconds since 1970."""

    photograph: str
    desk: str
    by: str
    until: float


def claim_next(
    folder: Path,
    desk: str,
    by: str,
    waiting: Callable[[], Iterable[str]],
    heed: bool = True,
    clock: Callable[[], float] = time,
) -> str | None:
    """Puts the first waiting photograph that no other desk holds onto a desk and lets go of the one before.

    ``waiting`` is asked once the claims are locked: whoever answered before letting go of a photograph is
    then seen to have answered. With ``heed`` False other desks' claims don't count.

    Raises:
        LibraryBusyError: another process held the claims too long.
        StorageError: the folder can't be written.
    """
    try:
        with FileLock(folder / f"{CLAIMS}.lock", timeout=LOCK_SECONDS):
            others = [c for c in read_claims(folder, clock) if c.desk != desk]
            held = {claim.photograph for claim in others} if heed else set()
            chosen = next((key for key in waiting() if key not in held), None)
            own = [Claim(chosen, desk, by, clock() + CLAIM_SECONDS)] if chosen else []
            lines = json.dumps([asdict(claim) for claim in (*others, *own)], indent=1)
            write_files({folder / CLAIMS: f"{lines}\n".encode()})
            return chosen
    except Timeout as error:
        raise LibraryBusyError(f"Another process writes {folder / CLAIMS}; try again.") from error


def read_claims(folder: Path, clock: Callable[[], float] = time) -> tuple[Claim, ...]:
    """Claims that have not run out. A file that can't be read claims nothing: it is written anew."""
    try:
        found = [Claim(**values) for values in json.loads((folder / CLAIMS).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return ()
    now = clock()
    return tuple(claim for claim in found if claim.until > now)


def held_by_others(folder: Path, desk: str, clock: Callable[[], float] = time) -> dict[str, str]:
    """Photographs that other desks hold, each with the person at it."""
    return {claim.photograph: claim.by for claim in read_claims(folder, clock) if claim.desk != desk}
