"""Finds the vocabulary's phrases in a text, spelling slips included.

Edit distances and similarities are rapidfuzz's; this module says which windows of the text are compared
with which phrases, and how far apart two words may be.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from core.language.tokens import Token, load_words, tokens_of
from core.language.vocabulary import Tone, Vocabulary, load_vocabulary

ROMAN = ("I", "II", "III", "IV", "V", "VI")
ASKED_BY = {
    "area": ("site",),
    "region": ("site",),
    "type": ("rash",),
    "rash": ("rash", "severity"),
    "view": ("view",),
    "shot": ("view",),
}
"""What stands before these words."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that mean an entry. ``kind`` is one of an attribute's (``core.language.attributes``), or skin or
    stop.

    ``sure`` marks a tone that needs no word for skin beside it (a step of a named scale); ``main`` marks
    the caption word, whose slips are read even where it is short.
    """

    kind: str
    key: str
    spoken: str
    words: tuple[str, ...]
    sure: bool = False
    main: bool = False

    @property
    def joined(self) -> str:
        """The words without spaces: "fore head" and "forehead" are the same."""
        return "".join(self.words)


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase found at tokens ``start`` to ``end`` (exclusive); ``exact`` is False for a corrected slip."""

    phrase: Phrase
    start: int
    end: int
    exact: bool


class PhraseBook:
    """All phrases of a vocabulary, ready to be looked up exactly or nearly.

    Steps of the Monk scale mean its own entries if ``monk`` is set, else the named tones that hold them.
    """

    def __init__(self, vocabulary: Vocabulary, monk: bool = False) -> None:
        self.words = load_words()
        self.plain = self.words.stop | self.words.negation
        skin = [Phrase("skin", word, word, (word,), main="skin" in word) for word in self.words.skin]
        meant = [*_attribute_phrases(vocabulary, monk), *skin]
        stops = [Phrase("stop", word, word, (word,)) for word in self.words.stop if len(word) > 4]
        self.exact = {phrase.joined: phrase for phrase in meant}
        self.longest = max(len(phrase.words) for phrase in meant)
        self.near = sorted((p for p in (*meant, *stops) if not p.sure), key=lambda p: (p.joined, p.kind))
        self.near_joined = [phrase.joined for phrase in self.near]
        self.answered: dict[str, list[Phrase]] = {}

    def knows(self, token: Token) -> bool:
        """Whether the word is spelled as an attribute or a plain word is."""
        return token.text in self.exact or token.text in self.plain

    def find(self, tokens: list[Token]) -> list[Match]:
        """All matches in order of the text; longer phrases win over shorter, exact ones over slips."""
        taken: dict[int, Match] = {}
        unknown = [position for position, token in enumerate(tokens) if not self.knows(token)]
        for length in range(min(self.longest + 1, len(tokens)), 0, -1):
            for look_up, inside in ((self._exactly, range(len(tokens))), (self._nearly, unknown)):
                for start in _starts(inside, length, len(tokens)):
                    span = range(start, start + length)
                    if taken.keys() & span or tokens[start].clause != tokens[span[-1]].clause:
                        continue
                    if match := look_up(tokens, start, start + length):
                        taken.update(dict.fromkeys(span, match))
        return sorted(set(taken.values()), key=lambda match: match.start)

    def _exactly(self, tokens: list[Token], start: int, end: int) -> Match | None:
        phrase = self.exact.get("".join(token.text for token in tokens[start:end]))
        return Match(phrase, start, end, exact=True) if phrase else None

    def _nearly(self, tokens: list[Token], start: int, end: int) -> Match | None:
        window, asked = tokens[start:end], self._kinds_asked(tokens, end)
        if not self._may_be_slip(window, asked):
            return None
        joined = "".join(token.text for token in window)
        fitting = [
            p
            for p in self._neighbours(joined)
            if (asked or _reads_slips(p))
            and self._keeps_plain(window, p)
            and _is_near(window, p, bool(asked))
        ]
        phrase = _clear_winner(joined, [p for p in fitting if p.kind in asked] if asked else fitting)
        return Match(phrase, start, end, exact=False) if phrase else None

    def _neighbours(self, joined: str) -> list[Phrase]:
        """Phrases within three edits, nearest first; texts repeat words, so answers are kept a while."""
        known = self.answered.get(joined)
        if known is None:
            found = process.extract(joined, self.near_joined, scorer=OSA.distance, score_cutoff=3, limit=12)
            known = [self.near[index] for _, _, index in found]
            if len(self.answered) < 10_000:
                self.answered[joined] = known
        return known

    def _may_be_slip(self, window: list[Token], asked: tuple[str, ...]) -> bool:
        """A known word is no slip, and an ordinary word only where its neighbour asks for an attribute."""
        unknown = [token for token in window if not self.knows(token)]
        ordinary = any(token.text in self.words.ordinary for token in unknown)
        return bool(unknown) and (bool(asked) or not ordinary)

    def _keeps_plain(self, window: list[Token], phrase: Phrase) -> bool:
        """A plain word is no slip: it stands in the phrase at the same place, as in "close up"."""
        plain = [i for i, token in enumerate(window) if token.text in self.plain]
        same = len(window) == len(phrase.words)
        return not plain or (same and all(window[i].text == phrase.words[i] for i in plain))

    def _kinds_asked(self, tokens: list[Token], at: int) -> tuple[str, ...]:
        """The kinds of attribute that the word after a window follows in the captions' grammar."""
        following = tokens[at].text if at < len(tokens) else ""
        if following in self.words.skin:
            return ("tone",)
        return ASKED_BY.get(following, ())


def _starts(inside: Iterable[int], length: int, count: int) -> list[int]:
    """Where windows of a length may start so that they hold one of the given positions."""
    starts = {start for position in inside for start in range(position - length + 1, position + 1)}
    return sorted(start for start in starts if 0 <= start <= count - length)


@lru_cache(maxsize=2)
def default_book(monk: bool = False) -> PhraseBook:
    """The book of the app's own vocabulary."""
    return PhraseBook(load_vocabulary(), monk)


def _attribute_phrases(vocabulary: Vocabulary, monk: bool) -> Iterator[Phrase]:
    for rash in vocabulary.rashes.values():
        yield from _named("rash", rash.key, rash.caption, rash.synonyms)
    for site in vocabulary.sites.values():
        spoken = site.caption if site.preposition == "at the" else f"{site.preposition} {site.caption}"
        yield from _named("site", site.key, spoken, site.synonyms)
    for tone in vocabulary.tones.values():
        yield from _named("tone", tone.key, tone.caption, tone.synonyms)
        yield from (Phrase("tone", tone.key, name, _split(name), sure=True) for name in _types(tone))
    for step in vocabulary.monk_tones.values():
        key = step.key if monk else vocabulary.named_tone(step).key
        yield from (Phrase("tone", key, name, _split(name), sure=True) for name in _steps(step))
    for severity in vocabulary.severities.values():
        yield from _named("severity", severity.key, severity.caption, severity.synonyms)
    for view in vocabulary.views.values():
        yield from _named("view", view.key, view.caption, view.synonyms)


def _named(kind: str, key: str, caption: str, synonyms: tuple[str, ...]) -> Iterator[Phrase]:
    yield Phrase(kind, key, caption, _split(caption), main=True)
    yield from (Phrase(kind, key, synonym, _split(synonym)) for synonym in synonyms)


def _split(text: str) -> tuple[str, ...]:
    return tuple(token.text for token in tokens_of(text))


def _steps(tone: Tone) -> Iterator[str]:
    """A step's names on the Monk scale: "monk 7 tone", "monk skin tone 7", "MST 7"."""
    yield from (tone.caption, *tone.synonyms)
    for name in ("monk tone", "monk skin tone", "monk skin tone scale", "monk step", "monk skin type"):
        yield f"{name} {tone.monk[0]}"


def _types(tone: Tone) -> Iterator[str]:
    """The tone's Fitzpatrick types: "fitzpatrick V", "skin type 5"."""
    names = ("fitzpatrick", "fitzpatrick type", "fitzpatrick skin type", "fst", "phototype", "skin type")
    for step in range(tone.fitzpatrick[0], tone.fitzpatrick[1] + 1):
        for number in (str(step), ROMAN[step - 1]):
            yield from (f"{name} {number}" for name in names)
            yield f"type {number} skin"


def _slack(word: str) -> int:
    """How many edits a word of the vocabulary forgives."""
    return 0 if len(word) < 4 else 1 if len(word) < 6 else 2 if len(word) < 11 else 3


def _reads_slips(phrase: Phrase) -> bool:
    """Short synonyms are one edit from too many other words to be guessed at."""
    return phrase.main or len(phrase.joined) > 6 or phrase.kind == "stop"


def _is_near(window: list[Token], phrase: Phrase, asked: bool) -> bool:
    if len(window) == len(phrase.words):
        pairs = zip(window, phrase.words, strict=True)
        return all(_word_is_near(token.text, word, asked) for token, word in pairs)
    joined = "".join(token.text for token in window)
    return len(joined) > 5 and OSA.distance(joined, phrase.joined) <= 1


def _word_is_near(written: str, word: str, asked: bool) -> bool:
    """Within the word's slack. Short words have many neighbours, so they forgive less unless asked for."""
    distance = OSA.distance(written, word)
    if distance == 0 or distance > _slack(word):
        return distance == 0
    if len(word) == 4 and not asked:
        return _is_slip_of_the_hand(written, word)
    same_start = written[0] == word[0] or written[:2] == word[1::-1]
    if distance == 1:
        return same_start or len(word) > 5
    return same_start and (written[-1] == word[-1] or len(word) > 6)


def _is_slip_of_the_hand(written: str, word: str) -> bool:
    """Two letters swapped, one doubled, or one left out."""
    swapped = sorted(written) == sorted(word)
    doubled = len(written) > len(word) and any(a + a in written for a in word)
    return written[0] == word[0] and (swapped or doubled or len(written) < len(word))


def _clear_winner(joined: str, phrases: list[Phrase]) -> Phrase | None:
    """The nearest phrase, unless another entry is exactly as near."""

    def nearness(phrase: Phrase) -> tuple[float, float]:
        return -OSA.distance(joined, phrase.joined), JaroWinkler.similarity(joined, phrase.joined)

    ranked = sorted(phrases, key=nearness, reverse=True)
    rivals = [p for p in ranked if (p.kind, p.key) != (ranked[0].kind, ranked[0].key)]
    if not ranked or (rivals and nearness(rivals[0]) == nearness(ranked[0])):
        return None
    return ranked[0]
