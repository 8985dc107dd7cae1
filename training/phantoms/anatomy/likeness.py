"""Who the face belongs to: proportions within the ordinary spread of adults, drawn once per picture."""

from dataclasses import dataclass

import numpy as np

from training.phantoms.anatomy.hairs import DARKEST_HAIR

RGB3 = tuple[float, float, float]

HAIR_COLOURS: tuple[RGB3, ...] = (DARKEST_HAIR, DARKEST_HAIR, (0.026, 0.017, 0.011), (0.038, 0.023, 0.014))
IRIS_COLOURS: tuple[RGB3, ...] = ((0.030, 0.014, 0.007), (0.055, 0.026, 0.012), (0.075, 0.045, 0.020))


@dataclass(frozen=True)
class Likeness:
    """Multipliers are about 1; lengths in centimetres; ``age``, ``parted`` and ``lids`` from 0 to 1."""

    jaw: float
    """Width of the lower face."""
    cheekbones: float
    nose_width: float
    bridge: float
    lips: float
    mouth: float
    """Half the width of the mouth, cm."""
    parted: float
    """How far the lips stand apart, cm."""
    lids: float
    """How far the eyes are open; 0 is closed."""
    brows: float
    """Density and thickness of the eyebrows."""
    age: float
    hair: RGB3
    iris: RGB3
    hairline: float
    """How far the hairline has receded, cm."""
    hair_style: str
    """short, long or shaved."""


def sample_likeness(rng: np.random.Generator) -> Likeness:
    """Draws an anonymous adult."""
    return Likeness(
        jaw=rng.uniform(0.90, 1.10),
        cheekbones=rng.uniform(0.6, 1.2),
        nose_width=rng.uniform(0.85, 1.25),
        bridge=rng.uniform(0.75, 1.15),
        lips=rng.uniform(0.75, 1.25),
        mouth=rng.uniform(2.3, 2.7),
        parted=rng.uniform(0.12, 0.4) if rng.random() < 0.22 else 0.0,
        lids=0.0 if rng.random() < 0.35 else rng.uniform(0.75, 1.1),
        brows=rng.uniform(0.6, 1.2),
        age=float(rng.random() ** 1.5),
        hair=sample_hair(rng),
        iris=IRIS_COLOURS[rng.integers(len(IRIS_COLOURS))],
        hairline=float(rng.normal(0, 0.35)),
        hair_style=str(rng.choice(["short", "long", "shaved"], p=[0.5, 0.35, 0.15])),
    )


def sample_hair(rng: np.random.Generator) -> RGB3:
    """A dark hair colour."""
    return HAIR_COLOURS[rng.integers(len(HAIR_COLOURS))]
