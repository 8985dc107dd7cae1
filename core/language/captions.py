"""The caption of a picture: the grammar of the first Script2Skin's training captions.

<rash> type of rash at the <site> area on a <tone> skin
clear skin at the <site> area on a <tone> skin
<severity> <rash> type of rash at the <site> area on a <tone> skin, <view>
"""

from core.errors import VocabularyError
from core.language.attributes import Attributes
from core.language.vocabulary import Severity, Site, Vocabulary, load_vocabulary


def compose_caption(attributes: Attributes, vocabulary: Vocabulary | None = None) -> str:
    """Writes the caption; an attribute that is not chosen is left out, and nothing chosen gives "".

    Raises:
        VocabularyError: an attribute is no key of the vocabulary, or clear skin is given a severity.
    """
    words = vocabulary or load_vocabulary()
    sites = [words.site(key) for key in attributes.sites]
    tone = words.tone(attributes.tone) if attributes.tone else None
    view = words.view(attributes.view) if attributes.view else None
    what = _what(attributes, words)
    parts = [what, _site_words(sites), f"on a {tone.caption} skin" if tone else ""]
    shown = attributes.rash or attributes.severity or sites or tone
    said = [" ".join(part for part in parts if part)] if shown else []
    return ", ".join([*said, view.caption] if view else said)


def _what(attributes: Attributes, words: Vocabulary) -> str:
    """The severity and the rash."""
    severity = words.severity(attributes.severity) if attributes.severity else None
    before = f"{severity.caption} " if severity else ""
    if attributes.rash is None:
        return f"{before}rash"
    rash = words.rash(attributes.rash)
    if not rash.control:
        return f"{before}{rash.caption} type of rash"
    _refuse_severity(severity)
    return rash.caption


def _refuse_severity(severity: Severity | None) -> None:
    if severity is not None:
        raise VocabularyError(
            f"Clear skin has no severity: leave '{severity.key}' out, or choose a rash that can be so."
        )


def _site_words(sites: list[Site]) -> str:
    """Each site with its "area"; a preposition is said again only where it changes."""
    said, words = "", []
    for site in sites:
        place = f"{site.caption} area"
        words.append(place if site.preposition == said else f"{site.preposition} {place}")
        said = site.preposition
    return " and ".join(words)
