"""The words of the domain: rash types, body sites, skin tones, severities and views, from data/vocabulary.

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
    """A rash type. ``control`` marks clear skin, whose caption has no "type of rash".

    ``not_at`` are sites where it does not occur; at those of ``undrawn`` it may, but no phantom shows it.
    """

    key: str
    label: str
    caption: str
    synonyms: tuple[str, ...] = ()
    dermnet_folder: str | None = None
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """Coding system ("icd10cm", "snomed") to codes or code families."""
    control: bool = False
    not_at: tuple[str, ...] = ()
    undrawn: tuple[str, ...] = ()

    def is_drawn_at(self, site: str) -> bool:
        """Whether phantoms that keep to nature show it at a site."""
        return site not in self.not_at and site not in self.undrawn


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


@dataclass(frozen=True, slots=True)
class Severity:
    """How pronounced a rash is; its word stands before the rash."""

    key: str
    label: str
    caption: str
    synonyms: tuple[str, ...] = ()
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class View:
    """How the camera stands to the skin; its words stand at the caption's end."""

    key: str
    label: str
    caption: str
    synonyms: tuple[str, ...] = ()
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


Entry = Rash | Site | Tone | Severity | View
E = TypeVar("E", Rash, Site, Tone, Severity, View)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All entries by key, in file order. ``monk_tones`` are a finer scale beside the named ``tones``."""

    rashes: dict[str, Rash]
    sites: dict[str, Site]
    tones: dict[str, Tone]
    monk_tones: dict[str, Tone]
    severities: dict[str, Severity]
    views: dict[str, View]

    @property
    def all_tones(self) -> dict[str, Tone]:
        """Both scales: the named tones first, each from light to dark."""
        return {**self.tones, **self.monk_tones}

    def rash(self, key: str) -> Rash:
        """Raises VocabularyError if unknown."""
        return _look_up("rash", self.rashes, key)

    def site(self, key: str) -> Site:
        """Raises VocabularyError if unknown."""
        return _look_up("site", self.sites, key)

    def tone(self, key: str) -> Tone:
        """One of either scale. Raises VocabularyError if unknown."""
        return _look_up("tone", self.all_tones, key)

    def severity(self, key: str) -> Severity:
        """Raises VocabularyError if unknown."""
        return _look_up("severity", self.severities, key)

    def view(self, key: str) -> View:
        """Raises VocabularyError if unknown."""
        return _look_up("view", self.views, key)

    def entries(self, kind: str) -> dict[str, Entry]:
        """All entries of "rash", "site", "tone", "severity" or "view"."""
        found: dict[str, dict[str, Entry]] = {
            "rash": {**self.rashes},
            "site": {**self.sites},
            "tone": {**self.all_tones},
            "severity": {**self.severities},
            "view": {**self.views},
        }
        return found[kind]

    def tone_scale(self, tone: str | None) -> dict[str, Tone]:
        """The scale that a tone belongs to; without one, the named tones."""
        return self.monk_tones if tone in self.monk_tones else self.tones

    def named_tone(self, tone: Tone) -> Tone:
        """The named tone whose range holds a Monk step; a named tone is its own."""
        return next(named for named in self.tones.values() if named.monk[0] <= tone.monk[0] <= named.monk[1])

    def named_tone_key(self, tone: str | None) -> str | None:
        """The key of a Monk step's named tone; any other is its own."""
        return self.named_tone(self.monk_tones[tone]).key if tone in self.monk_tones else tone


def _look_up(kind: str, entries: dict[str, E], key: str) -> E:
    if key not in entries:
        raise VocabularyError(f"Unknown {kind} '{key}'. Known: {', '.join(entries)}.")
    return entries[key]


@lru_cache(maxsize=4)
def load_vocabulary(folder: Path = VOCABULARY_DIR) -> Vocabulary:
    """Reads rashes.toml, sites.toml, tones.toml, monk_tones.toml, severities.toml and views.toml.

    Raises:
        VocabularyError: a file is missing or an entry is malformed; the message names file and key.
    """
    return Vocabulary(
        rashes=_entries(Rash, folder / "rashes.toml"),
        sites=_entries(Site, folder / "sites.toml"),
        tones=_entries(Tone, folder / "tones.toml"),
        monk_tones=_entries(Tone, folder / "monk_tones.toml"),
        severities=_entries(Severity, folder / "severities.toml"),
        views=_entries(View, folder / "views.toml"),
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
