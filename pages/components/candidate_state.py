"""How the candidates of a model stand at this moment: checked or not, in use or not, changed since or not."""

from dataclasses import dataclass
from pathlib import Path

from core.candidates import Candidate, Identity, Kind, refusal
from core.encoder_checks import CheckState, EncoderCheck, check_of, read_report
from core.encoder_runs import identity_of
from core.errors import ModelError
from pages.components.resources import Resources


@dataclass(frozen=True, slots=True)
class Standing:
    """One candidate as it is now. ``reason`` says why it may not be drawn with; None if it may."""

    candidate: Candidate
    now: Identity | None
    reason: str | None
    in_use: bool
    check: EncoderCheck

    @property
    def word(self) -> str:
        """Its state in one word or two, for a table."""
        if self.check.state is CheckState.RUNNING:
            return "Being checked"
        if self.in_use:
            return "In use" if self.reason is None else "In use, changed"
        result = self.candidate.result
        if result is None:
            return "Not checked"
        if not result.passed:
            return "Not passed"
        return "Passed" if self.reason is None else "Changed"


def standings(resources: Resources, base: str, kind: Kind = Kind.ENCODER) -> list[Standing]:
    """The candidates of one model, in the order in which they were added; finished checks are kept first."""
    repository, library = resources.repository, resources.settings.library
    for candidate in repository.candidates.list(kind, base):
        settle_check(resources, candidate)
    current = repository.activations.current(kind, base)
    used = None if current is None else current.id
    listed = repository.candidates.list(kind, base)
    return [_standing(one, one.id == used, library) for one in listed]


def settle_check(resources: Resources, candidate: Candidate) -> bool:
    """Keeps what a finished check found; True if that was new."""
    report = read_report(check_of(resources.settings.library, candidate))
    if report is None or (candidate.result is not None and candidate.result.at >= report.at):
        return False
    return resources.repository.candidates.record(candidate.id, report)


def identity_now(library: Path, candidate: Candidate) -> Identity:
    """What lies on the disk now; digests of large files are remembered in the library.

    Raises:
        ModelError: the folder or the model is gone, or can't be used any more.
    """
    return identity_of(candidate.folder, candidate.base, library / "cache")


def _standing(candidate: Candidate, used: bool, library: Path) -> Standing:
    check = check_of(library, candidate)
    try:
        now = identity_now(library, candidate)
    except ModelError as error:
        gone = f"Its folder is gone: {candidate.folder}."
        reason = str(error) if candidate.folder.is_dir() else gone
        return Standing(candidate, None, reason, used, check)
    return Standing(candidate, now, refusal(candidate.result, now), used, check)
