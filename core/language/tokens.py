"""Words of a prompt: how a text is cut into them, and which of them are no attribute."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from core.settings import VOCABULARY_DIR

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[,.;:/()\[\]|&+!?\n]")


@dataclass(frozen=True, slots=True)
class Words:
    """Words of prompts that are no attribute; data/vocabulary/words.toml says what each set means."""

    inside: frozenset[str]
    stop: frozenset[str]
    skin: frozenset[str]
    negation: frozenset[str]
    ordinary: frozenset[str]


@dataclass(frozen=True, slots=True)
class Token:
    """One word: as written, folded for comparing, its clause's number, and where it starts."""

    written: str
    text: str
    clause: int
    start: int

    @property
    def end(self) -> int:
        """Where the word ends in the text."""
        return self.start + len(self.written)


@lru_cache(maxsize=1)
def load_words() -> Words:
    """Reads data/vocabulary/words.toml."""
    tables = tomllib.loads((VOCABULARY_DIR / "words.toml").read_text(encoding="utf-8"))
    return Words(**{name: frozenset(words) for name, words in tables.items()})


def tokens_of(text: str) -> list[Token]:
    """Words of a text in order, without those that may stand inside a phrase; punctuation ends a clause."""
    tokens, clause = [], 0
    for found in WORD.finditer(text):
        folded = _folded(found.group())
        if not folded:
            clause += 1
        elif folded not in load_words().inside:
            tokens.append(Token(found.group(), folded, clause, found.start()))
    return tokens


def _folded(word: str) -> str:
    """Lower case, without accents and apostrophes; empty for punctuation."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in plain if letter.isalnum())
