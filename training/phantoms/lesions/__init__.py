"""What each rash adds to a body: ``draw_rash`` draws it, ``sites_of_rash`` says where it occurs.

A disease is composed of primary lesions (papule, pustule, wheal, plaque …) put where an arrangement says,
with secondary change (scale, crust, scratches, lichenification). Those of acne, eczema and tinea are
functions in ``diseases``; those of all other groups are data in ``tables``, drawn by ``composing``.
"""

import numpy as np

from training.phantoms.anatomy.sites import SITES
from training.phantoms.body import Body, Frame, Marks
from training.phantoms.lesions import diseases
from training.phantoms.lesions.composing import draw_group
from training.phantoms.lesions.parts import sites_of
from training.phantoms.lesions.tables import GROUPS

RASHES: dict[str, frozenset[str]] = {rash: frozenset(SITES) for rash in diseases.RASHES} | {
    rash: sites_of(group) & frozenset(SITES) for rash, group in GROUPS.items()
}
"""Every rash that can be drawn, by its vocabulary key, and the sites where it occurs."""


def sites_of_rash(rash: str) -> list[str]:
    """The sites of a rash in the order of ``SITES``."""
    return [site for site in SITES if site in RASHES[rash]]


def draw_rash(rash: str, site: str, frame: Frame, body: Body, rng: np.random.Generator) -> Marks:
    """Draws a rash on a body; hair and nails that it takes off are taken off the body."""
    if rash in GROUPS:
        return draw_group(GROUPS[rash], site, frame, body, rng)
    return diseases.RASHES[rash](frame, body, rng)


__all__ = ["RASHES", "draw_rash", "sites_of_rash"]
