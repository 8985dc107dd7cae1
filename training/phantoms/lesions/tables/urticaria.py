"""Urticaria: wheals, smooth and pale in the middle, without scale."""

from training.phantoms.lesions.morphology import wheal
from training.phantoms.lesions.parts import Disease, Group
from training.phantoms.lesions.regions import BODY, PALMS_SOLES, SKIN

GROUP: Group = (
    Disease(
        "wheals",
        6,
        (SKIN | PALMS_SOLES) - {"scalp"},
        (
            wheal((1.0, 2.6), (5, 13), apart=0.9, least=7.0),
            wheal((0.5, 1.0), (4, 14), least=4.5),
        ),
    ),
    Disease(
        "annular and giant urticaria",
        3,
        BODY | {"face", "cheek", "forehead", "hand"},
        (
            wheal((0.85, 1.2), (1, 1), arrangement="base", shape="irregular", border=(0.2, 0.3)),
            wheal((1.0, 2.0), (2, 7), least=6.0),
        ),
        foci=(2, 5),
        spread=(5.0, 9.0),
    ),
    Disease(
        "dermographism",
        1.5,
        frozenset(("back", "chest", "stomach", "arm", "thigh", "leg", "shoulder")),
        (
            wheal(
                (6.0, 11.0),
                (3, 7),
                shape="welt",
                aligned=True,
                arrangement="grouped",
                apart=0.14,
                least=24.0,
            ),
        ),
        foci=(1, 2),
        spread=(8.0, 12.0),
    ),
)
