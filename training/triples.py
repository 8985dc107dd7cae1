"""Combinations of rash, site and tone: which ones there are, and which a training never sees.

Held-out combinations show whether a model composes: it has seen the rash, the site and the tone, each with
others, and is asked for them together. Which ones are held out follows from their names alone, so that every
command finds the same ones from the share.
"""

import hashlib
from collections.abc import Sequence
from itertools import product

from core.attributes import Attributes
from training.phantoms.lesions import RASHES

GRAIN = 2**32


def all_triples(rashes: Sequence[str], sites: Sequence[str], tones: Sequence[str]) -> list[Attributes]:
    """Every combination of the keys, rash by rash, but for sites where a rash does not occur."""
    everything = product(rashes, sites, tones)
    return [Attributes(rash, (site,), tone) for rash, site, tone in everything if occurs(rash, site)]


def occurs(rash: str, site: str) -> bool:
    """Whether phantoms show the rash there; rashes that phantoms do not know may be anywhere."""
    return rash not in RASHES or site in RASHES[rash]


def is_held_out(attributes: Attributes, share: float) -> bool:
    """Whether a combination belongs to the ``share`` (0 to 1) of all that no training sees."""
    name = f"{attributes.rash}|{'+'.join(attributes.sites)}|{attributes.tone}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) < share * GRAIN


def held_out_triples(
    rashes: Sequence[str], sites: Sequence[str], tones: Sequence[str], share: float
) -> list[Attributes]:
    """The held-out ones among all combinations of the keys."""
    return [attributes for attributes in all_triples(rashes, sites, tones) if is_held_out(attributes, share)]
