"""What a picture shows, and where that is known from: table columns, caption, folder, file name.

The first of these that names an attribute is believed; where a later one differs, the difference is reported.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from core.language.attributes import Attributes
from core.language.reading import NOT_FOUND, Reading, read_prompt
from core.language.vocabulary import load_vocabulary
from training.photographs.file_names import read_file_name, read_folders
from training.photographs.findings import DISAGREEMENT, NOTE, Finding
from training.photographs.inventory import Entry

GAPS = tuple(f"No {what} found" for what in NOT_FOUND.values())


@dataclass(frozen=True, slots=True)
class Labels:
    """Attributes, the origin of each that is known (and of the caption), and what a person should see."""

    attributes: Attributes
    origins: Mapping[str, str] = field(hash=False)
    findings: tuple[Finding, ...]


def label(entry: Entry) -> Labels:
    """Reads all that is said about a picture."""
    columns, unknown = _columns(entry.columns)
    caption = _reading(entry.caption)
    evidence = {
        "column": columns,
        "caption": caption.attributes,
        "folder": read_folders(entry.name),
        "file name": read_file_name(entry.name),
    }
    rash, rash_from = _first(evidence, "rash")
    sites, sites_from = _first(evidence, "sites")
    tone, tone_from = _first(evidence, "tone")
    told = {"rash": rash_from, "sites": sites_from, "tone": tone_from}
    origins = {"caption": "source"} if entry.caption else {}
    notes = [*unknown, *(note for note in caption.notes if not note.startswith(GAPS))]
    findings = [Finding(NOTE, entry.name, note) for note in notes]
    findings += (Finding(DISAGREEMENT, entry.name, text) for text in _disagreements(evidence))
    origins |= {name: origin for name, origin in told.items() if origin}
    return Labels(Attributes(rash, sites or (), tone), origins, tuple(findings))


@lru_cache(maxsize=4096)
def _reading(caption: str) -> Reading:
    """Captions repeat, so readings are kept a while."""
    return read_prompt(caption) if caption else Reading(Attributes())


def _first(evidence: Mapping[str, Attributes], name: str) -> tuple[Any, str]:
    """The first value there is, and its origin."""
    told = ((getattr(said, name), origin) for origin, said in evidence.items())
    return next(((value, origin) for value, origin in told if value), (None, ""))


def _disagreements(evidence: Mapping[str, Attributes]) -> Iterator[str]:
    """A sentence for each attribute of which two origins say something else; sites that overlap agree."""
    for name in ("rash", "sites", "tone"):
        first, origin = _first(evidence, name)
        for other, said in evidence.items():
            value = getattr(said, name)
            overlap = set(value) & set(first) if value and name == "sites" else value == first
            if value and not overlap:
                yield (
                    f"{name}: the {origin} says {_spoken(first)}, the {other} {_spoken(value)}; the {origin}"
                    " is used"
                )


def _spoken(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else " and ".join(value)


def _columns(columns: Mapping[str, Any]) -> tuple[Attributes, list[str]]:
    """Attributes of a table's columns, which hold vocabulary keys, and a sentence for each that is none."""
    words, unknown = load_vocabulary(), []
    known: dict[str, Mapping[str, Any]] = {
        "rash": words.rashes,
        "sites": words.sites,
        "tone": words.all_tones,
    }
    found: dict[str, list[str]] = {"rash": [], "sites": [], "tone": []}
    for name, keys in known.items():
        given = columns.get(name) or (columns.get("site") if name == "sites" else None) or []
        for key in _listed(given):
            if isinstance(key, str) and key in keys:
                found[name].append(key)
            else:
                unknown.append(
                    f"the column {name} holds {key!r}, which is no key of the vocabulary; left out"
                )
    rash, tone = (next(iter(found[name]), None) for name in ("rash", "tone"))
    return Attributes(rash, tuple(dict.fromkeys(found["sites"])), words.named_tone_key(tone)), unknown


def _listed(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(";") if part.strip()]
    return value if isinstance(value, list) else [value]
