"""The words of the domain: rash types, body sites, skin tones, read from data/vocabulary/*.toml.

Adding a rash, a site or a tone means adding an entry there; nothing here changes.
"""

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from core.errors import VocabularyError
from core.settings import VOCABULARY_DIR


@dataclass(frozen=True, slots=True)
class Rash:
    """A rash type. ``control`` marks clear skin, whose caption has no "type of rash"."""

    key: str
    label: str
    caption: str
    synonyms: tuple[str, ...] = ()
    dermnet_folder: str | None = None
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """Coding system ("icd10cm", "snomed") to codes or code families."""
    control: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """A body site. ``group`` is SCIN's body-part category; ``preposition`` stands before the caption word."""

    key: str
    label: str
    caption: str
    group: str
    preposition: str = "at the"
    synonyms: tuple[str, ...] = ()
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Tone:
    """A named range of skin tone: Monk steps and Fitzpatrick types, both inclusive (low, high)."""

    key: str
    label: str
    caption: str
    monk: tuple[int, int]
    fitzpatrick: tuple[int, int]
    synonyms: tuple[str, ...] = ()
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


Entry = Rash | Site | Tone
E = TypeVar("E", Rash, Site, Tone)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All entries by key, in file order."""

    rashes: dict[str, Rash]
    sites: dict[str, Site]
    tones: dict[str, Tone]

    def rash(self, key: str) -> Rash:
        """Raises VocabularyError if unknown."""
        return _look_up("rash", self.rashes, key)

    def site(self, key: str) -> Site:
        """Raises VocabularyError if unknown."""
        return _look_up("site", self.sites, key)

    def tone(self, key: str) -> Tone:
        """Raises VocabularyError if unknown."""
        return _look_up("tone", self.tones, key)


def _look_up(kind: str, entries: dict[str, E], key: str) -> E:
    if key not in entries:
        raise VocabularyError(f"Unknown {kind} '{key}'. Known: {', '.join(entries)}.")
    return entries[key]


@lru_cache(maxsize=4)
def load_vocabulary(folder: Path = VOCABULARY_DIR) -> Vocabulary:
    """Reads rashes.toml, sites.toml and tones.toml.

    Raises:
        VocabularyError: a file is missing or an entry is malformed; the message names file and key.
    """
    return Vocabulary(
        rashes=_entries(Rash, folder / "rashes.toml"),
        sites=_entries(Site, folder / "sites.toml"),
        tones=_entries(Tone, folder / "tones.toml"),
    )


def _entries(record: type[E], path: Path) -> dict[str, E]:
    """Records of one file, lists turned into tuples so that they stay frozen."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise VocabularyError(f"The vocabulary file {path} can't be read: {error}.") from error
    return {key: _entry(record, path, key, table) for key, table in tables.items()}


def _entry(record: type[E], path: Path, key: str, table: dict[str, Any]) -> E:
    try:
        return record(key=key, **_frozen(table))
    except TypeError as error:
        raise VocabularyError(f"The entry [{key}] in {path} is malformed: {error}.") from error


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return {k: _frozen(v) for k, v in value.items()}
    return value
