"""What decides the bytes of a phantom folder, and which phantom shows what."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from core.errors import VocabularyError
from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from training.phantoms.anatomy.sites import SITES
from training.phantoms.lesions import RASHES
from training.words.triples import all_triples, is_held_out, occurs, with_further


@dataclass(frozen=True)
class PhantomSettings:
    """Saved in the folder as phantoms.json."""

    count: int
    seed: int
    size: int
    rashes: tuple[str, ...]
    sites: tuple[str, ...]
    tones: tuple[str, ...]
    hold_out: float = 0.0
    """Share of the combinations that is never drawn (``training.words.triples``)."""
    severities: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    true_sites: bool = False
    """Whether acne, eczema and tinea, too, are drawn only where they occur."""
    even_rashes: bool = False
    """Whether every rash comes equally often, also one that occurs at few sites."""

    def combinations(self) -> tuple[Attributes, ...]:
        """Everything that may be drawn: a rash, a site where it occurs and a tone, not held out; in every
        severity and view."""
        return _combinations(self)

    def attributes_of(self, index: int) -> Attributes:
        """Attributes of one phantom: a fresh shuffle of all combinations for every round."""
        groups = _by_rash(self) if self.even_rashes else (self.combinations(),)
        index, group = divmod(index, len(groups))
        found = groups[group]
        turn, place = divmod(index, len(found))
        return found[_order((self.seed, 0, turn), group, len(found))[place]]


@lru_cache(maxsize=4)
def _combinations(settings: PhantomSettings) -> tuple[Attributes, ...]:
    triples = all_triples(settings.rashes, settings.sites, settings.tones, settings.true_sites)
    kept = (triple for triple in triples if not is_held_out(triple, settings.hold_out))
    further = (with_further(triple, settings.severities, settings.views) for triple in kept)
    return tuple(attributes for group in further for attributes in group)


@lru_cache(maxsize=4)
def _by_rash(settings: PhantomSettings) -> tuple[tuple[Attributes, ...], ...]:
    """The combinations of every rash that has any."""
    groups = groupby(settings.combinations(), key=lambda attributes: attributes.rash)
    return tuple(tuple(group) for _, group in groups)


@lru_cache(maxsize=64)
def _order(seed: tuple[int, ...], group: int, count: int) -> NDArray[np.int64]:
    """A shuffle; that of a first or only group does not depend on how many there are."""
    rng = np.random.default_rng((*seed, group) if group else seed)
    return rng.permutation(count)


def read_settings(arguments: argparse.Namespace) -> PhantomSettings:
    """The settings that the flags of ``training.render_phantoms`` ask for.

    Raises:
        VocabularyError: a key is unknown, or a rash asked for by name occurs at none of the sites.
    """
    severities, views = _further(arguments)
    settings = PhantomSettings(
        arguments.count,
        arguments.seed,
        arguments.size,
        _chosen("rash", arguments.rashes, RASHES),
        _chosen("site", arguments.sites, SITES),
        _chosen_tones(arguments.tones),
        arguments.hold_out,
        severities,
        views,
        arguments.true_sites,
        arguments.even_rashes,
    )
    _check_pairs(arguments.rashes, settings)
    return settings


def _chosen(kind: str, asked: Sequence[str], known: Mapping[str, object]) -> tuple[str, ...]:
    if unknown := [key for key in asked if key not in known]:
        raise VocabularyError(f"Unknown {kind} '{unknown[0]}' for phantoms. Known: {', '.join(known)}.")
    return tuple(asked) or tuple(known)


def _chosen_tones(asked: Sequence[str]) -> tuple[str, ...]:
    """Keys, or all of the scales named "six" and "monk"."""
    words = load_vocabulary()
    scales = {"six": tuple(words.tones), "monk": tuple(words.monk_tones)}
    keys = [key for name in asked for key in scales.get(name, (name,))]
    return _chosen("tone", list(dict.fromkeys(keys)), words.all_tones) if asked else scales["six"]


def _further(arguments: argparse.Namespace) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Severities and views: none where the flag is not given, all where it stands alone."""
    words = load_vocabulary()
    severities, views = arguments.severities, arguments.views
    return (
        () if severities is None else _chosen("severity", severities, words.severities),
        () if views is None else _chosen("view", views, words.views),
    )


def _check_pairs(asked: Sequence[str], settings: PhantomSettings) -> None:
    """Refuses a rash that was asked for by name and occurs at none of the sites."""
    for rash in asked:
        if not any(occurs(rash, site, settings.true_sites) for site in settings.sites):
            shown = [site for site in SITES if occurs(rash, site, settings.true_sites)]
            raise VocabularyError(
                f"The rash '{rash}' does not occur at {', '.join(settings.sites)}. "
                f"Its sites: {', '.join(shown)}."
            )
