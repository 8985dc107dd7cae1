"""The caption of a picture: the grammar of the first Script2Skin's training captions.

<rash> type of rash at the <site> area on a <tone> skin
clear skin at the <site> area on a <tone> skin
"""

from core.attributes import Attributes
from core.vocabulary import Rash, Site, Vocabulary, load_vocabulary


def compose_caption(attributes: Attributes, vocabulary: Vocabulary | None = None) -> str:
    """Writes the caption; an attribute that is not chosen is left out, and nothing chosen gives "".

    Raises:
        VocabularyError: an attribute is no key of the vocabulary.
    """
    words = vocabulary or load_vocabulary()
    rash = words.rash(attributes.rash) if attributes.rash else None
    sites = [words.site(key) for key in attributes.sites]
    tone = words.tone(attributes.tone) if attributes.tone else None
    if rash is None and not sites and tone is None:
        return ""
    parts = [_rash_words(rash), _site_words(sites), f"on a {tone.caption} skin" if tone else ""]
    return " ".join(part for part in parts if part)


def _rash_words(rash: Rash | None) -> str:
    if rash is None:
        return "rash"
    return rash.caption if rash.control else f"{rash.caption} type of rash"


def _site_words(sites: list[Site]) -> str:
    """Each site with its "area"; a preposition is said again only where it changes."""
    said, words = "", []
    for site in sites:
        place = f"{site.caption} area"
        words.append(place if site.preposition == said else f"{site.preposition} {place}")
        said = site.preposition
    return " and ".join(words)
