"""Exanthems and drug eruptions: morbilliform, fixed, targetoid, collarettes."""

from training.phantoms.lesions.morphology import (
    brown,
    bulla,
    livid,
    macule,
    pale,
    patch,
    plaque,
    red,
    relief,
    scale,
    slate,
)
from training.phantoms.lesions.parts import Disease, Group
from training.phantoms.lesions.regions import BODY, HANDS, LIMBS, NECK, PALMS_SOLES, SKIN, TRUNK

_PINK = (red(0.5, 0.85), livid(0.0, 0.15))

GROUP: Group = (
    Disease(
        "morbilliform eruption",
        6,
        (SKIN | PALMS_SOLES) - {"scalp"},
        (
            macule(
                (0.35, 0.9),
                (90, 170),
                *_PINK,
                relief(0.004, 0.012),
                arrangement="generalised",
                shape="irregular",
                border=(0.5, 0.8),
                apart=0.72,
                least=2.8,
            ),
            patch((3, 7), (2, 4), red(0.35, 0.6, "patches", 0.8), border=(1.0, 1.5)),
        ),
    ),
    Disease(
        "fixed drug eruption",
        2,
        BODY | HANDS | {"lip", "face", "cheek", "foot", "chin"},
        (
            plaque(
                (0.9, 1.1),
                (1, 1),
                red(0.7, 1.0),
                livid(0.5, 0.9),
                slate(0.3, 0.7, "centre"),
                brown(0.6, 1.0),
                red(0.4, 0.7, "ring"),
                arrangement="base",
                shape="round",
                border=(0.12, 0.2),
                rise=(0.02, 0.05),
            ),
            bulla((0.8, 1.4), (1, 1), arrangement="focus", chance=0.3),
        ),
        foci=(1, 3),
        spread=(2.5, 4.5),
    ),
    Disease(
        "pityriasis rosea",
        2,
        TRUNK | NECK | {"arm", "thigh", "armpit", "groin"},
        (
            plaque(
                (2.5, 4.5),
                (1, 1),
                red(0.4, 0.65),
                *scale(0.55, 0.85, "collarette"),
                aspect=(0.6, 0.75),
                rise=(0.01, 0.03),
                least=11.0,
            ),
            plaque(
                (0.8, 1.8),
                (14, 30),
                red(0.4, 0.65),
                *scale(0.5, 0.8, "collarette"),
                aspect=(0.42, 0.6),
                aligned=True,
                shape="round",
                arrangement="generalised",
                rise=(0.01, 0.03),
                least=5.0,
                apart=1.2,
            ),
        ),
    ),
    Disease(
        "erythema multiforme: targets",
        2,
        LIMBS | HANDS | PALMS_SOLES | {"foot", "chest", "back", "face"},
        (
            plaque(
                (1.2, 2.4),
                (7, 20),
                red(0.7, 0.95, "border"),
                pale(0.5, 0.8, "border"),
                red(0.7, 1.0, "ring"),
                red(1.0, 1.4, "centre"),
                livid(0.5, 0.8, "centre"),
                shape="round",
                border=(0.15, 0.25),
                least=7.5,
                arrangement="generalised",
                apart=1.35,
            ),
        ),
    ),
)
