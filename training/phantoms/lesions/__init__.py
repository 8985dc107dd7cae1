"""What each rash adds to a body: ``draw_rash`` draws it, ``sites_of_rash`` says where it occurs.

A disease is composed of primary lesions (papule, pustule, wheal, plaque …) put where an arrangement says,
with secondary change (scale, crust, scratches, lichenification). Those of acne, eczema and tinea are
functions in ``diseases``; those of all other groups are data in ``tables``, drawn by ``composing``.
"""

import numpy as np

from core.language.vocabulary import load_vocabulary
from training.phantoms.anatomy.sites import SITES
from training.phantoms.body import Body, Frame, Marks
from training.phantoms.lesions import diseases
from training.phantoms.lesions.composing import draw_group
from training.phantoms.lesions.degrees import BY_CHANCE, Degree
from training.phantoms.lesions.tables import GROUPS

TRUE_SITES: dict[str, frozenset[str]] = {
    key: frozenset(site for site in SITES if rash.is_drawn_at(site))
    for key, rash in load_vocabulary().rashes.items()
}
"""Every rash by its vocabulary key, and the sites where the vocabulary says that it is shown."""

RASHES: dict[str, frozenset[str]] = {rash: frozenset(SITES) for rash in diseases.RASHES} | {
    rash: TRUE_SITES[rash] for rash in GROUPS
}
"""Every rash and the sites where it can be drawn: acne, eczema and tinea anywhere, as the first released
models learned them."""


def sites_of_rash(rash: str) -> list[str]:
    """The sites of a rash in the order of ``SITES``."""
    return [site for site in SITES if site in RASHES[rash]]


def draw_rash(
    rash: str, site: str, frame: Frame, body: Body, rng: np.random.Generator, degree: Degree = BY_CHANCE
) -> Marks:
    """Draws a rash on a body; hair and nails that it takes off are taken off the body."""
    if rash in GROUPS:
        return draw_group(GROUPS[rash], site, frame, body, rng, degree)
    return diseases.RASHES[rash](frame, body, rng, degree)


__all__ = ["RASHES", "TRUE_SITES", "draw_rash", "sites_of_rash"]
