"""Combinations of rash, site and tone: which ones there are, and which a training never sees.

Held-out combinations show whether a model composes: it has seen the rash, the site and the tone, each with
others, and is asked for them together. Which ones are held out follows from their names alone, so that every
command finds the same ones from the share.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from training.phantoms.lesions import RASHES, TRUE_SITES

GRAIN = 2**32


def all_triples(
    rashes: Sequence[str], sites: Sequence[str], tones: Sequence[str], true_sites: bool = False
) -> list[Attributes]:
    """Every combination of the keys, rash by rash, but for sites where a rash does not occur."""
    everything = product(rashes, sites, tones)
    return [
        Attributes(rash, (site,), tone) for rash, site, tone in everything if occurs(rash, site, true_sites)
    ]


def occurs(rash: str, site: str, true_sites: bool = False) -> bool:
    """Whether phantoms show the rash there; rashes that phantoms do not know may be anywhere.

    With ``true_sites`` acne, eczema and tinea keep to the sites of the vocabulary as all others do."""
    shown = TRUE_SITES if true_sites else RASHES
    return rash not in shown or site in shown[rash]


def is_held_out(attributes: Attributes, share: float) -> bool:
    """Whether a combination belongs to the ``share`` (0 to 1) of all that no training sees, in whatever
    severity and view."""
    name = f"{attributes.rash}|{'+'.join(attributes.sites)}|{attributes.tone}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) < share * GRAIN


def held_out_triples(
    rashes: Sequence[str], sites: Sequence[str], tones: Sequence[str], share: float, true_sites: bool = False
) -> list[Attributes]:
    """The held-out ones among all combinations of the keys."""
    everything = all_triples(rashes, sites, tones, true_sites)
    return [attributes for attributes in everything if is_held_out(attributes, share)]


def with_further(triple: Attributes, severities: Sequence[str], views: Sequence[str]) -> list[Attributes]:
    """A combination in every severity and view; clear skin has no severity."""
    rashes = load_vocabulary().rashes
    control = triple.rash in rashes and rashes[triple.rash].control
    of_rash: Sequence[str | None] = (None,) if control or not severities else severities
    of_camera: Sequence[str | None] = views or (None,)
    return [replace(triple, severity=s, view=v) for s, v in product(of_rash, of_camera)]
