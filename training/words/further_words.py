"""How severity and view are said in a sentence, and the ways to ask for a picture with less said."""

from dataclasses import replace
from itertools import product

from core.language.attributes import Attributes
from core.language.vocabulary import Severity, View, Vocabulary

NOUNS = ("view", "shot", "close-up", "closeup", "macro", "overview")
"""Words of a view that end so are a kind of picture: "an angled view of"."""

ADVERBS = ("at ", "from ", "up ", "in ", "zoomed ", "far ")
"""Words of a view that begin so say from where: "seen from a distance"."""


def coarser(attributes: Attributes, vocabulary: Vocabulary) -> tuple[Attributes, ...]:
    """The same picture asked for with less said: the attributes first, then without severity, without view,
    and with the named tone that holds its Monk step."""
    tones = [attributes.tone]
    if attributes.tone in vocabulary.monk_tones:
        tones.append(vocabulary.named_tone_key(attributes.tone))
    severities = dict.fromkeys((attributes.severity, None))
    views = dict.fromkeys((attributes.view, None))
    return tuple(
        replace(attributes, tone=tone, severity=severity, view=view)
        for tone, severity, view in product(tones, severities, views)
    )


def severe_kinds(kinds: tuple[str, ...], severity: Severity | None) -> tuple[str, ...]:
    """Ways to name the rash, each with a word for how pronounced it is: the caption's and others by turns."""
    if severity is None:
        return kinds
    others = [word for word in severity.synonyms if not word.endswith(("ly", " severity"))]
    words = [word for other in others for word in (severity.caption, other)] or [severity.caption]
    return tuple(f"{words[turn % len(words)]} {kind}" for turn, kind in enumerate(kinds))


def with_view(sentence: str, starts_with_noun: bool, view: View | None, turn: int) -> str:
    """A sentence that says the view, too; ``turn`` chooses the words."""
    if view is None:
        return sentence
    words = (view.caption, *view.synonyms)
    word = words[turn % len(words)] if turn % 2 else view.caption
    if word.endswith(NOUNS) and starts_with_noun and turn % 3:
        article = "an" if word[0] in "aeiou" else "a"
        return f"{article} {word} of {sentence}"
    said = f"seen {word}" if word.startswith(ADVERBS) and turn % 3 == 1 else word
    end = sentence[-1] if sentence.endswith((".", "?")) else ""
    return f"{sentence.removesuffix(end)}, {said}{end}"
