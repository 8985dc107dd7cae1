"""How a model's candidate text encoders stand now: checked or not, in use or not, changed since or not."""

from dataclasses import dataclass
from pathlib import Path

from core.errors import ModelError, StorageError
from core.weights.candidates import Candidate, Identity, Kind, refusal
from core.weights.encoder_checks import check_of, read_report
from core.weights.encoder_runs import identity_of
from core.weights.picture_checks import CheckState, PictureCheck
from pages.components.resources import Resources


@dataclass(frozen=True, slots=True)
class Standing:
    """One candidate as it is now. ``reason`` says why it may not be drawn with; None if it may. ``trouble``
    is what the latest check ended with, where it failed."""

    candidate: Candidate
    now: Identity | None
    reason: str | None
    in_use: bool
    check: PictureCheck
    state: CheckState
    trouble: str = ""

    @property
    def word(self) -> str:
        """Its state in one word or two, for a table."""
        if self.state is CheckState.RUNNING:
            return "Being checked"
        if self.in_use:
            return "In use" if self.reason is None else "In use, changed"
        result = self.candidate.result
        if result is None:
            return "Not checked"
        if not result.passed:
            return "Not passed"
        return "Passed" if self.reason is None else "Changed"


def standings(resources: Resources, base: str) -> list[Standing]:
    """The candidates for one model's text encoder, in the order in which they were added; finished checks are
    kept first."""
    repository = resources.repository
    current = repository.activations.current(Kind.ENCODER, base)
    used = None if current is None else current.id
    listed = repository.candidates.list(Kind.ENCODER, base)
    return [_standing(resources, one, one.id == used) for one in listed]


def _settled(resources: Resources, candidate: Candidate, check: PictureCheck) -> Candidate:
    """The candidate with what a check found that finished since."""
    report = read_report(check)
    if report is None or (candidate.result is not None and candidate.result.at >= report.at):
        return candidate
    resources.repository.candidates.record(candidate.id, report)
    return resources.repository.candidates.get(candidate.id)


def identity_now(library: Path, candidate: Candidate) -> Identity:
    """What lies on the disk now; digests of large files are remembered in the library.

    Raises:
        ModelError: the folder or the model is gone, or can't be used any more.
    """
    return identity_of(candidate.folder, candidate.base, library / "cache")


def _standing(resources: Resources, candidate: Candidate, used: bool) -> Standing:
    """A check that can't be read is a failed one; it never keeps anybody from drawing."""
    check, trouble = check_of(resources.settings.library, candidate), ""
    try:
        candidate, state = _settled(resources, candidate, check), check.state
        trouble = check.said if state is CheckState.FAILED else ""
    except StorageError as error:
        state, trouble = CheckState.FAILED, str(error)
    try:
        now = identity_now(resources.settings.library, candidate)
    except ModelError as error:
        gone = f"Its folder is gone: {candidate.folder}."
        reason = str(error) if candidate.folder.is_dir() else gone
        return Standing(candidate, None, reason, used, check, state, trouble)
    return Standing(candidate, now, refusal(candidate.result, now), used, check, state, trouble)
