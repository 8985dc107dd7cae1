"""One function a body site: ``draw(frame, rng) -> Body``; ``SITES`` names them all.

A site says how wide its picture is in centimetres (``width_cm``); the scene turns, shifts and zooms it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.phantoms.body import Body, Frame


@dataclass(frozen=True)
class SiteView:
    """How one site is photographed: its drawing, field of view in cm, and how far it may be turned (degrees)
    and shifted (share of the width). Farther out than ``reach`` such widths
    the drawing ends, so that no camera takes in more."""

    draw: Callable[[Frame, np.random.Generator], Body]
    width_cm: float
    turn: float = 15.0
    shift: float = 0.06
    reach: float = 2.2
