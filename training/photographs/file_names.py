"""Rash, sites and tone in the names of folders and files ("07VascularFace0120.jpg", "rosacea-nose-65.jpg").

Names are not prompts: no spelling slip is guessed at, and a tone counts only beside a word for skin or as a
step of a named scale. data/vocabulary/file_names.toml adds the disease names of DermNet's files.
"""

import re
import tomllib
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from core.language.attributes import Attributes
from core.language.matching import Match, Phrase, default_book
from core.language.tokens import Token, load_words, tokens_of
from core.language.vocabulary import load_vocabulary
from core.settings import VOCABULARY_DIR

NAMES_FILE = VOCABULARY_DIR / "file_names.toml"
BORDER = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
"""Between words written without a space: camelCase, and letters beside digits."""


def read_file_name(name: str) -> Attributes:
    """What a picture's own name says, without its folders and its ending."""
    return _read(PurePosixPath(name).stem)


def read_folders(name: str) -> Attributes:
    """What the folders of a relative name say, the nearest first; DermNet's own letter by letter."""
    known = Attributes()
    for folder in reversed(PurePosixPath(name).parts[:-1]):
        said = _read_folder(folder)
        known = Attributes(known.rash or said.rash, known.sites or said.sites, known.tone or said.tone)
    return known


@lru_cache(maxsize=4096)
def _read_folder(folder: str) -> Attributes:
    of_dermnet = {rash.dermnet_folder: key for key, rash in load_vocabulary().rashes.items()}
    return Attributes(of_dermnet[folder]) if folder in of_dermnet else _read(folder)


def _read(name: str) -> Attributes:
    tokens = tokens_of(BORDER.sub(" ", name.replace("_", " ").replace("-", " ")))
    matches = _matches(tokens)
    found = {kind: [m.phrase.key for m in matches if m.phrase.kind == kind] for kind in ("rash", "site")}
    tones = [m.phrase.key for m in matches if m.phrase.kind == "tone" and _is_of_skin(m, tokens)]
    return Attributes(
        rash=found["rash"][0] if found["rash"] else None,
        sites=tuple(dict.fromkeys(found["site"])),
        tone=tones[0] if tones else None,
    )


def _matches(tokens: list[Token]) -> list[Match]:
    """Phrases in order of the name, longer ones before shorter."""
    phrases, longest = _phrases()
    taken: dict[int, Match] = {}
    for length in range(min(longest, len(tokens)), 0, -1):
        for start in range(len(tokens) - length + 1):
            span = range(start, start + length)
            phrase = phrases.get("".join(tokens[position].text for position in span))
            if phrase and not taken.keys() & set(span):
                taken.update(dict.fromkeys(span, Match(phrase, start, start + length, exact=True)))
    return sorted(set(taken.values()), key=lambda match: match.start)


def _is_of_skin(match: Match, tokens: list[Token]) -> bool:
    following = tokens[match.end].text if match.end < len(tokens) else ""
    return match.phrase.sure or following in load_words().skin


@lru_cache(maxsize=1)
def _phrases() -> tuple[dict[str, Phrase], int]:
    """Phrases by their words without spaces, and the most words one has."""
    names = tomllib.loads(NAMES_FILE.read_text(encoding="utf-8"))
    known = {joined: p for joined, p in default_book().exact.items() if joined not in names["unread"]}
    added = [*_added("rash", names["rashes"]), *_added("site", names["sites"])]
    phrases = known | {phrase.joined: phrase for phrase in added}
    return phrases, max(len(phrase.words) for phrase in phrases.values())


def _added(kind: str, entries: dict[str, Any]) -> list[Phrase]:
    return [
        Phrase(kind, key, name, tuple(token.text for token in tokens_of(name)))
        for key, names in entries.items()
        for name in names
    ]
