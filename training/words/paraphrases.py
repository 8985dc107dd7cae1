"""The ways people ask for one picture: the template caption first, then prompts as they are typed.

Everything is made from the vocabulary's words and synonyms and a table of sentence frames, in a fixed order:
equal attributes give equal lists. Attributes may be incomplete; the sentences then name what is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.language.vocabulary import Rash, Site, Vocabulary, load_vocabulary
from training.words.further_words import coarser, severe_kinds, with_view
from training.words.left_out import without

FRAMES: dict[str, tuple[str, ...]] = {
    "rash site tone": (
        "{kind} {where} on {a_tone} skin",
        "{kind} {where} on {tone} skin",
        "{a_kind} {where} on {a_tone} skin",
        "generate an image of {a_kind} {where} on {a_tone} skin",
        "generate a image of a {kind} {where} on {tone} skin",
        "Generate a few images of {kind} {where} on {tone} skin.",
        "Show {kind} on {tone} skin {where}.",
        "Generate {a_kind} on {tone} skin {where}.",
        "show me {kind} {where}, {tone} skin",
        "{tone} skin with {kind} {where}",
        "{tone} skin, {kind} {where}",
        "{site}, {tone} skin, {kind}",
        "{kind}, {site}, {tone} skin",
        "{site} of {tone} skin with {kind}",
        "{kind} {where} of a person with {tone} skin",
        "{kind} {where} of a patient with {tone} skin",
        "a photo of {kind} {where} on {tone} skin",
        "a clinical photograph of {kind} {where}, {tone} skin tone",
        "close-up of {a_kind} {where} on {a_tone} skin",
        "picture of the {site} on {tone} skin with {kind}",
        "Draw {kind} {where} on someone with {tone} skin",
        "please make a picture of {kind} {where} for {tone} skin",
        "I want to see {kind} {where} on {tone} skin",
        "what does {kind} look like {where} on {tone} skin?",
        "create a realistic image of {kind} on {tone} skin, located {where}",
        "the {site} of a {tone} skin person showing {kind}",
    ),
    "rash site": (
        "{kind} {where}",
        "a photo of {kind} {where}",
        "generate an image of {a_kind} {where}",
        "Show {kind} {where}.",
        "{site} with {kind}",
    ),
    "rash tone": (
        "{kind} on {a_tone} skin",
        "a photo of {kind} on {tone} skin",
        "generate an image of {a_kind} on {a_tone} skin",
        "Show {kind} on {tone} skin.",
        "{tone} skin with {kind}",
    ),
    "site tone": (
        "a picture {where} on {a_tone} skin",
        "{tone} skin {where}",
        "a photo of the {site}, {tone} skin",
        "{site}, {tone} skin",
    ),
    "rash": ("{kind}", "a photo of {kind}", "generate an image of {a_kind}", "Show {kind}."),
    "site": ("a picture {where}", "{site}", "a photo of the {site}", "Show the {site}."),
    "tone": ("{tone} skin", "a photo of {a_tone} skin", "a person with {tone} skin"),
    "": ("a photo of skin", "skin"),
}
"""Sentence frames by the attributes that they name."""

ROUNDS = 4
"""How often the frames are walked, each time with other words in their slots."""

HELD_OUT_EVERY = 6
"""Each sixth sentence is kept from training, to measure how the encoder reads sentences it has not seen."""

PLACES = ("at the {} area", "on the {}", "on the {} area", "at the {}", "around the {} area", "around the {}")
"""How a site is placed when it has no preposition of its own."""

SAYS_VIEW = "close-up of"
"""Beginning of a frame that is left out where a view is asked for."""

SELF_PLACED = ("between ", "in between ", "behind ")
"""Synonyms that begin so say where by themselves."""


@dataclass(frozen=True, slots=True)
class Words:
    """The choices for each slot of a frame."""

    kinds: tuple[str, ...]
    places: tuple[str, ...]
    sites: tuple[str, ...]
    tones: tuple[str, ...]


def paraphrases(attributes: Attributes, vocabulary: Vocabulary | None = None) -> list[str]:
    """Sentences that ask for these attributes: the template caption first, no sentence twice.

    Raises:
        VocabularyError: a key is unknown.
    """
    known = vocabulary or load_vocabulary()
    sentences = list(_filled_frames(attributes, known))
    if attributes.rash and attributes.sites and attributes.tone:
        sentences.insert(0, compose_caption(attributes, known))
    return list(dict.fromkeys(sentences))


def split_paraphrases(
    attributes: Attributes, vocabulary: Vocabulary | None = None, left_out: Sequence[str] = ()
) -> tuple[list[str], list[str]]:
    """The sentences to train on (the template caption among them) and those held out; none that holds a name
    in ``left_out`` is among either."""
    sentences = without(paraphrases(attributes, vocabulary), left_out)
    held_out = sentences[HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY]
    return [s for s in sentences if s not in held_out], held_out


def templates(attributes: Attributes, vocabulary: Vocabulary | None = None) -> list[str]:
    """The captions that a picture is asked for by: its own first, then those that say less of it."""
    known = vocabulary or load_vocabulary()
    return list(dict.fromkeys(compose_caption(a, known) for a in coarser(attributes, known)))


def _filled_frames(attributes: Attributes, vocabulary: Vocabulary) -> list[str]:
    """Walks the frames ROUNDS times; strides that share no factor let the words meet in many combinations."""
    words = _words(attributes, vocabulary)
    view = vocabulary.view(attributes.view) if attributes.view else None
    named = [name for name, value in (("rash", attributes.rash), ("site", attributes.sites)) if value]
    frames = FRAMES[" ".join([*named, *(["tone"] if attributes.tone else [])])]
    if view is not None:
        frames = tuple(frame for frame in frames if not frame.startswith(SAYS_VIEW))
    return [
        with_view(_fill(frame, words, turn), frame.startswith("{"), view, turn)
        for turn, frame in enumerate(frames * ROUNDS)
    ]


def _fill(frame: str, words: Words, turn: int) -> str:
    """One sentence; ``turn`` chooses the words."""
    kind = _choose(words.kinds, turn)
    tone = _choose(words.tones, turn // 2)
    return frame.format(
        kind=kind,
        a_kind=kind if _is_control(kind) else _with_article(kind),
        where=_choose(words.places, turn // 3),
        site=_choose(words.sites, turn // 3),
        tone=tone,
        a_tone=_with_article(tone),
    )


def _choose(words: tuple[str, ...], turn: int) -> str:
    return words[turn % len(words)] if words else ""


def _with_article(word: str) -> str:
    return f"{'an' if word[:1] in tuple('aeio') else 'a'} {word}"


def _is_control(words: str) -> bool:
    """Whether the words say by themselves that there is no rash: "healthy skin", "no rash"."""
    return words.endswith(" skin") or words.startswith("no ")


def _words(attributes: Attributes, vocabulary: Vocabulary) -> Words:
    sites = [vocabulary.site(key) for key in attributes.sites]
    tone = vocabulary.tone(attributes.tone) if attributes.tone else None
    severity = vocabulary.severity(attributes.severity) if attributes.severity else None
    kinds = _kinds(vocabulary.rash(attributes.rash), sites, vocabulary) if attributes.rash else ()
    return Words(
        kinds=severe_kinds(kinds, severity),
        places=_joined([_places(site) for site in sites]),
        sites=_joined([_site_words(site) for site in sites]),
        tones=(tone.caption, tone.caption, *tone.synonyms) if tone else (),
    )


def _kinds(rash: Rash, sites: Sequence[Site], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Ways to name the rash: the caption word and the synonyms by turns."""
    synonyms = [word for word in rash.synonyms if _fits(word, sites, vocabulary)]
    if rash.control:
        nouns = [word for word in synonyms if _is_control(word)]
        return tuple(word for pair in _by_turns([rash.caption], nouns) for word in pair)
    own = (f"{rash.caption} type of rash", rash.caption, f"{rash.caption} rash")
    others = [form for word in synonyms for form in (f"{word} type of rash", word)]
    return tuple(word for pair in _by_turns(own, others) for word in pair)


def _fits(synonym: str, sites: Sequence[Site], vocabulary: Vocabulary) -> bool:
    """A synonym that names a place ("athlete's foot") is kept for that place."""
    said = set(synonym.split())
    named = {s.key for s in vocabulary.sites.values() if said & {s.caption, *s.synonyms}}
    return not named or any(site.key in named for site in sites)


def _by_turns(own: Sequence[str], others: Sequence[str]) -> list[tuple[str, ...]]:
    if not others:
        return [(word,) for word in own]
    length = max(len(own), len(others))
    return [(own[i % len(own)], others[i % len(others)]) for i in range(length)]


def _places(site: Site) -> tuple[str, ...]:
    """Ways to say where; a site with a preposition of its own keeps it, or it would be another site."""
    own = tuple(place.format(site.caption) for place in PLACES)
    if site.preposition != "at the":
        own = (f"{site.preposition} {site.caption} area", f"{site.preposition} {site.caption}")
    others = [_place(word, i) for i, word in enumerate(site.synonyms)]
    return tuple(place for pair in _by_turns(own, others) for place in pair)


def _place(synonym: str, turn: int) -> str:
    return synonym if synonym.startswith(SELF_PLACED) else PLACES[turn % len(PLACES)].format(synonym)


def _site_words(site: Site) -> tuple[str, ...]:
    """Ways to name the site without saying where."""
    words = tuple(word for word in site.synonyms if not word.startswith(SELF_PLACED))
    return words if words and site.preposition != "at the" else (site.caption, site.caption, *words)


def _joined(choices: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Joins the words of several sites with "and"; the longest list sets the length."""
    if not choices:
        return ()
    length = max(map(len, choices))
    return tuple(" and ".join(words[i % len(words)] for words in choices) for i in range(length))
