"""What a person says of a photograph, and which photographs wait for somebody to say it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.photographs.dataset_edits import Edit, standing_edits
from core.photographs.photographs import NOTHING_KNOWN, Photograph


class Wanted(StrEnum):
    """Which photographs a person goes through."""

    MISSING = "missing"
    """Rash, site or tone is not known, and nobody has answered."""
    UNSEEN = "unseen"
    """Nobody has answered, whatever the source says."""
    UNUSABLE = "unusable"
    """Somebody said that it is not usable."""


@dataclass(frozen=True, slots=True)
class Answer:
    """All that a person says of one photograph. ``caption`` is None where the attributes compose it."""

    attributes: Attributes = NOTHING_KNOWN
    caption: str | None = None
    usable: bool = True

    @property
    def words(self) -> str:
        """The caption that training will read."""
        return compose_caption(self.attributes) if self.caption is None else self.caption

    @property
    def is_whole(self) -> bool:
        """Whether rash, site and tone are all named."""
        return bool(self.attributes.rash and self.attributes.sites and self.attributes.tone)


def answer_of(photograph: Photograph) -> Answer:
    """What is known of a photograph, as the answer to begin with."""
    return Answer(photograph.attributes, photograph.caption or None)


def edit_of(photograph: Photograph, answer: Answer, by: str) -> Edit:
    """The edit that turns a photograph into what was answered, at this moment.

    It holds what changed and, always, whether the photograph is usable: so it also tells that a person has
    looked where all was right already.
    """
    old, new = photograph.attributes, answer.attributes
    changes: dict[str, object] = {"usable": answer.usable}
    if answer.usable:
        pairs = {
            "rash": (old.rash, new.rash),
            "sites": (list(old.sites), list(new.sites)),
            "tone": (old.tone, new.tone),
            "caption": (photograph.caption, answer.caption or ""),
        }
        changes |= {name: after for name, (before, after) in pairs.items() if before != after}
    return Edit(photograph.id, by, datetime.now(UTC).isoformat(timespec="microseconds"), changes)


def undo_of(edit: Edit, by: str) -> Edit:
    """The line that takes an edit back."""
    at = datetime.now(UTC).isoformat(timespec="microseconds")
    return Edit(edit.photograph, by, at, {}, undoes=edit.at)


def answered(edits: Iterable[Edit]) -> dict[str, Edit]:
    """The last edit that stands of each photograph that has any."""
    return {edit.photograph: edit for edit in standing_edits(edits)}


def waits(photograph: Photograph, was_answered: bool, wanted: Wanted) -> bool:
    """Whether a photograph waits for a person."""
    if wanted is Wanted.UNUSABLE:
        return not photograph.usable
    if was_answered or not photograph.usable:
        return False
    return wanted is Wanted.UNSEEN or not answer_of(photograph).is_whole


def waiting(
    photographs: Iterable[Photograph], edits: Sequence[Edit], wanted: Wanted, rash: str | None = None
) -> Iterator[Photograph]:
    """The photographs that wait, in their order; of one rash if one is named."""
    seen = answered(edits)
    return (
        photograph
        for photograph in photographs
        if waits(photograph, photograph.id in seen, wanted) and rash in (None, photograph.attributes.rash)
    )
