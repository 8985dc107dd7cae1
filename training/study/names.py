"""The names that the base never reads, and captions that use them."""

from dataclasses import replace

from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.language.vocabulary import Rash, Vocabulary, load_vocabulary
from training.study.plan import NEW_DISEASE, NEW_NAMES


def left_out(vocabulary: Vocabulary | None = None) -> tuple[str, ...]:
    """The new names, their singular, and every name of the new disease; longer ones first."""
    words = vocabulary or load_vocabulary()
    disease = words.rash(NEW_DISEASE)
    plurals = [name for name in NEW_NAMES.values() if name.endswith("s")]
    names = {*NEW_NAMES.values(), *(name[:-1] for name in plurals), disease.caption, *disease.synonyms}
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


def renamed(vocabulary: Vocabulary | None = None) -> Vocabulary:
    """The vocabulary with the new names in its captions."""
    words = vocabulary or load_vocabulary()
    return replace(words, rashes={key: _with_new_name(rash) for key, rash in words.rashes.items()})


def _with_new_name(rash: Rash) -> Rash:
    return replace(rash, caption=NEW_NAMES.get(rash.key, rash.caption))


def new_caption(attributes: Attributes) -> str:
    """What is asked of the tuned model: the new name where there is one, the vocabulary's otherwise."""
    return compose_caption(attributes, renamed())
