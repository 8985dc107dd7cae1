"""What raters look for: one sentence for each criterion and rash, read from data/checklists/*.toml.

Adding a checklist means adding a file named like the rash; a rash without one gets general.toml. The
sentences of a study are kept with it, so that editing a file changes no study under way.
"""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from core.errors import InputError
from core.settings import PROJECT

CHECKLISTS_DIR = PROJECT / "data" / "checklists"
GENERAL = "general"
CRITERIA = ("site", "lesion_type", "shape_size", "colour", "texture")
"""The five criteria of the literature (field: location, lesion type, shape and size, colour, texture)."""

SENTENCE_MAX = 300
Checklist = dict[str, str]


@lru_cache(maxsize=4)
def load_checklists(folder: Path = CHECKLISTS_DIR) -> dict[str, Checklist]:
    """All checklists by rash, "general" among them.

    Raises:
        InputError: a file can't be read, or lacks a criterion; the message names it.
    """
    found = {path.stem: _read(path) for path in sorted(folder.glob("*.toml"))}
    if GENERAL not in found:
        raise InputError(f"There is no {folder / (GENERAL + '.toml')}; it serves every rash without its own.")
    return found


def checklist_of(rash: str | None, checklists: Mapping[str, Checklist] | None = None) -> Checklist:
    """The rash's own checklist, or else the general one."""
    known = load_checklists() if checklists is None else checklists
    return dict(known.get(rash or GENERAL) or known.get(GENERAL) or load_checklists()[GENERAL])


def checked(checklist: Mapping[str, object], of: str) -> Checklist:
    """The five sentences without outer spaces.

    Raises:
        InputError: a criterion is missing or unknown, or a sentence is empty or too long.
    """
    if set(checklist) != set(CRITERIA):
        wrong = sorted(set(checklist) ^ set(CRITERIA))
        raise InputError(
            f"The checklist of {of} lacks or misnames '{wrong[0]}'; it has {', '.join(CRITERIA)}."
        )
    sentences = {name: " ".join(str(checklist[name]).split()) for name in CRITERIA}
    for name, sentence in sentences.items():
        if not 1 <= len(sentence) <= SENTENCE_MAX:
            raise InputError(
                f"'{name}' in the checklist of {of} has {len(sentence)} characters; 1 to {SENTENCE_MAX} fit."
            )
    return sentences


def _read(path: Path) -> Checklist:
    try:
        return checked(tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"The checklist {path} can't be read: {error}.") from error
