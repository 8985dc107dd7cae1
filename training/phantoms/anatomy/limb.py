"""Forearm and lower leg: a tapered cylinder across the picture."""

import numpy as np

from training.phantoms.body import Body, Frame
from training.phantoms.noise import octaves
from training.phantoms.shapes import dome, inside


def draw_arm(frame: Frame, rng: np.random.Generator) -> Body:
    """A forearm from elbow (top) to wrist (bottom)."""
    half = 4.2 - 0.11 * frame.y + 0.25 * np.sin(frame.y / 5 + rng.uniform(0, 6))
    distance = np.abs(frame.x) - half
    body = Body.bare(frame, inside(distance, frame.px_per_cm), dome(distance, 4.0))
    body.height += 0.15 * octaves(rng, frame.size, frame.cells(8), 2)
    return body
