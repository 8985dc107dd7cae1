"""What each rash adds to a body. ``RASHES`` maps a rash key to ``draw(frame, body, rng) -> Marks``.

A disease (``diseases``) is composed of primary lesions (``primary``: papule, pustule, comedo, patch, annular
plaque …) put where an arrangement says (``placement``), with secondary change (``secondary``: scale, crust,
scratches, lichenification).
"""

from training.phantoms.lesions.diseases import RASHES

__all__ = ["RASHES"]
