"""Where a rash does not occur, said to who asks for it there; data/vocabulary/rashes.toml holds the sites.

Never an error: a user's own model may draw what it likes. Needs no torch.
"""

from core.language.attributes import Attributes
from core.language.vocabulary import Rash, Site, Vocabulary, load_vocabulary
from core.weights.model_cards import ModelCard


def occurrence_notes(
    attributes: Attributes, card: ModelCard, vocabulary: Vocabulary | None = None
) -> tuple[str, ...]:
    """A sentence for each site at which the rash does not occur, or was never shown to this model."""
    words = vocabulary or load_vocabulary()
    if attributes.rash not in words.rashes:
        return ()
    rash = words.rashes[attributes.rash]
    sites = (words.sites[key] for key in attributes.sites if key in words.sites)
    return tuple(note for site in sites if (note := _note(rash, site, card)))


def _note(rash: Rash, site: Site, card: ModelCard) -> str:
    what, where = rash.caption[:1].upper() + rash.caption[1:], spoken_place(site)
    taught = card.true_sites and card.knows("rash", rash.key) and card.knows("site", site.key)
    if site.key in rash.not_at:
        fact = f"{what} does not occur {where}"
        return f"{fact}: the model has not learned such pictures." if taught else f"{fact}."
    if taught and site.key in rash.undrawn:
        return f"The model has not learned {rash.caption} {where}: its training shows none there."
    return ""


def spoken_place(site: Site) -> str:
    """A site in a sentence: "on the palm", "between the toes"."""
    return f"{'on the' if site.preposition == 'at the' else site.preposition} {site.caption}"
