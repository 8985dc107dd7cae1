"""Reads a prompt back into attributes, and says what was corrected and what was not found.

A tone is a word about skin: "light", "white" or "dark" count only beside "skin" and its like, and the caption
words (fair, brown, black) not before a noun nothing was made of ("black crusts").
"""

from dataclasses import dataclass

from core.language.attributes import Attributes
from core.language.matching import Match, PhraseBook, default_book
from core.language.tokens import Token, tokens_of
from core.language.vocabulary import Vocabulary, load_vocabulary

NOT_FOUND = {"rash": "rash type", "site": "body site", "tone": "skin tone"}
SEVERAL = {"rash": "rash types", "tone": "skin tones", "severity": "severities", "view": "views"}
DENIABLE = ("rash", "severity")
NUMBERS = {2: "Two", 3: "Three", 4: "Four", 5: "Five", 6: "Six"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a prompt says. ``notes`` are sentences for the user; ``ignored``: words nothing was made of."""

    attributes: Attributes
    notes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Text:
    """A prompt's tokens and the phrases found among them."""

    prompt: str
    tokens: list[Token]
    matches: list[Match]
    book: PhraseBook
    vocabulary: Vocabulary

    def of_kind(self, kind: str) -> list[Match]:
        return [match for match in self.matches if match.phrase.kind == kind]

    def said(self, kind: str) -> list[Match]:
        return [match for match in self.of_kind(kind) if not _is_denied(self, match)]

    def written(self, match: Match) -> str:
        return " ".join(self.prompt[self.tokens[match.start].start : self.tokens[match.end - 1].end].split())

    def at(self, position: int) -> Match | None:
        return next((m for m in self.matches if m.start <= position < m.end), None)

    def text_at(self, position: int) -> str:
        return self.tokens[position].text if 0 <= position < len(self.tokens) else ""


def read_prompt(text: str, vocabulary: Vocabulary | None = None, monk: bool = False) -> Reading:
    """Finds what free text asks for; never raises, since a prompt may say anything.

    With ``monk``, "monk 4" is that step of the Monk scale; without, the named tone that holds it.
    """
    words = vocabulary or load_vocabulary()
    book = PhraseBook(words, monk) if vocabulary else default_book(monk)
    tokens = tokens_of(text)
    found = _Text(text, tokens, book.find(tokens), book, words)
    used = _used(found)
    attributes = _attributes(used, words)
    denied = [m for kind in DENIABLE for m in found.of_kind(kind) if _is_denied(found, m)]
    of_clear = _severities_of_clear(used, words)
    notes = [
        *_corrections(found, [match for matches in used.values() for match in matches]),
        *_denials(found, denied),
        *_choices(found, used),
        *(f"Clear skin has no severity: '{found.written(match)}' is not used." for match in of_clear),
        *_gaps(attributes),
    ]
    seen = [*denied, *(match for matches in used.values() for match in matches)]
    return Reading(attributes, tuple(notes), _ignored(found, seen))


def _used(found: _Text) -> dict[str, list[Match]]:
    """What was made something of, by kind."""
    return {
        "rash": _rashes(found),
        "site": found.of_kind("site"),
        "tone": _tones(found),
        "severity": found.said("severity"),
        "view": found.of_kind("view"),
    }


def _attributes(used: dict[str, list[Match]], words: Vocabulary) -> Attributes:
    first = {kind: matches[0].phrase.key if matches else None for kind, matches in used.items()}
    return Attributes(
        rash=first["rash"],
        sites=tuple(dict.fromkeys(match.phrase.key for match in used["site"])),
        tone=first["tone"],
        severity=None if _severities_of_clear(used, words) else first["severity"],
        view=first["view"],
    )


def _severities_of_clear(used: dict[str, list[Match]], words: Vocabulary) -> list[Match]:
    """Severities that are asked of skin without a rash."""
    rashes = used["rash"]
    return used["severity"] if rashes and words.rash(rashes[0].phrase.key).control else []


def _is_denied(text: _Text, match: Match) -> bool:
    before = [text.text_at(position) for position in (match.start - 1, match.start - 2)]
    negation = text.book.words.negation
    return before[0] in negation or (before[0] in ("any", "sign", "signs") and before[1] in negation)


def _rashes(text: _Text) -> list[Match]:
    """Rash types in order; clear skin counts only where no rash is named beside it."""
    named = text.said("rash")
    real = [match for match in named if not text.vocabulary.rashes[match.phrase.key].control]
    return real or named


def _tones(text: _Text) -> list[Match]:
    """Tones that speak of skin; a colour right before a rash ("black mole") only where there is no other."""
    tones = text.of_kind("tone")
    strong = [
        match
        for match in tones
        if match.phrase.sure or _beside_skin(text, match) or _stands_alone(text, match)
    ]
    return strong or [match for match in tones if _is_caption_word(text, match) and _before_rash(text, match)]


def _beside_skin(text: _Text, match: Match) -> bool:
    """Skin is the next word ("fair skin") or the one before ("skin tone: fair", "skin is fair")."""
    if _kind_at(text, match.end) == "skin":
        return True
    before = match.start - 1
    while text.text_at(before) in ("tone", "color", "colour", "is", "type"):
        before -= 1
    return _kind_at(text, before) == "skin" or _kind_at(text, match.start - 1) == "skin"


def _stands_alone(text: _Text, match: Match) -> bool:
    """A caption word that describes neither a rash, an area, nor a word nothing was made of."""
    if not _is_caption_word(text, match) or _before_rash(text, match) or text.text_at(match.end) == "area":
        return False
    return match.end >= len(text.tokens) or not _is_content(text, match.end) or text.at(match.end) is not None


def _is_caption_word(text: _Text, match: Match) -> bool:
    return match.phrase.joined == text.vocabulary.tone(match.phrase.key).caption


def _before_rash(text: _Text, match: Match) -> bool:
    return _kind_at(text, match.end) == "rash"


def _kind_at(text: _Text, position: int) -> str:
    match = text.at(position)
    return match.phrase.kind if match else ""


def _is_content(text: _Text, position: int) -> bool:
    return text.text_at(position) not in text.book.plain


def _corrections(text: _Text, used: list[Match]) -> list[str]:
    slips = sorted((match for match in used if not match.exact), key=lambda match: match.start)
    return list(dict.fromkeys(f"'{text.written(m)}' read as {m.phrase.spoken}." for m in slips))


def _denials(text: _Text, denied: list[Match]) -> list[str]:
    ends = {"rash": " and not drawn; for skin with no rash write 'clear skin'."}
    return [
        f"'{text.written(m)}' is named as absent{ends.get(m.phrase.kind, ' and not used.')}" for m in denied
    ]


def _choices(text: _Text, used: dict[str, list[Match]]) -> list[str]:
    """A sentence for each attribute of which several were named but one is drawn."""
    notes = []
    for kind, what in SEVERAL.items():
        entries = text.vocabulary.entries(kind)
        names = [entries[key].caption for key in dict.fromkeys(match.phrase.key for match in used[kind])]
        if len(names) > 1:
            notes.append(
                f"{NUMBERS.get(len(names), 'Many')} {what} named: {', '.join(names)}; the first is used."
            )
    return notes


def _gaps(attributes: Attributes) -> list[str]:
    found = {"rash": attributes.rash, "site": attributes.site, "tone": attributes.tone}
    return [
        f"No {NOT_FOUND[kind]} found: the model will choose." for kind, key in found.items() if key is None
    ]


def _ignored(text: _Text, used: list[Match]) -> tuple[str, ...]:
    """Content words outside everything used, as written, each once."""
    covered = {position for match in used for position in range(match.start, match.end)}
    left = [
        token.written
        for position, token in enumerate(text.tokens)
        if position not in covered
        and _is_content(text, position)
        and _kind_at(text, position) not in ("skin", "stop")
    ]
    return tuple(dict.fromkeys(left))
