"""Scabies, bites, Lyme disease, larva migrans."""

from training.phantoms.lesions.morphology import (
    black,
    brown,
    crust,
    excoriations,
    macule,
    pale,
    papule,
    patch,
    plaque,
    red,
    relief,
    scale,
    vesicle,
)
from training.phantoms.lesions.parts import Disease, Group
from training.phantoms.lesions.regions import FEET, FOLDS, HANDS, LIMBS, NECK, PALMS_SOLES, SKIN, TRUNK

GROUP: Group = (
    Disease(
        "scabies: burrows, papules and scratches",
        5,
        HANDS
        | FOLDS
        | PALMS_SOLES
        | {
            "wrist",
            "elbow",
            "ankle",
            "buttock",
            "waist",
            "foot",
            "toe",
            "between_toes",
            "stomach",
            "shoulder",
        },
        (
            macule(
                (0.5, 0.9),
                (5, 12),
                scale(0.45, 0.7, "fill")[0],
                red(0.15, 0.35, "halo"),
                brown(0.25, 0.5, "rim"),
                relief(0.02, 0.04),
                shape="burrow",
                least=8.5,
                border=(0.5, 0.7),
                arrangement="scattered",
                apart=0.6,
            ),
            papule((0.15, 0.3), (18, 44), red(0.7, 1.0), least=2.5),
            papule((0.2, 0.3), (4, 12), red(0.7, 1.0), *crust(0.7, 1.0, "centre"), least=2.6),
            excoriations((0.8, 1.6), (6, 14)),
        ),
        foci=(1, 3),
        spread=(4.0, 7.0),
    ),
    Disease(
        "insect bites: wheals with a punctum, in a row or group",
        5,
        SKIN | {"between_toes"},
        (
            papule(
                (0.7, 1.3),
                (4, 12),
                red(0.7, 1.0, "halo"),
                pale(0.1, 0.35),
                red(1.2, 1.6, "core"),
                black(0.2, 0.5, "core"),
                arrangement="grouped",
                apart=1.4,
                least=6.0,
                border=(0.4, 0.7),
            ),
            papule(
                (0.3, 0.5), (2, 7), red(0.8, 1.0), *crust(0.6, 0.95, "core"), arrangement="grouped", least=3.8
            ),
        ),
        foci=(2, 4),
        spread=(4.0, 6.5),
    ),
    Disease(
        "Lyme disease: erythema migrans",
        3,
        TRUNK | LIMBS | FOLDS | NECK | {"face", "cheek", "ear", "scalp"},
        (
            patch(
                (1.2, 1.6),
                (1, 1),
                red(0.55, 0.85, "border"),
                red(0.08, 0.2),
                arrangement="base",
                shape="round",
                border=(0.25, 0.4),
                aspect=(0.75, 1.0),
            ),
            papule(
                (0.5, 0.8),
                (1, 1),
                red(0.9, 1.2, "halo"),
                *crust(0.5, 0.9, "core"),
                arrangement="focus",
                least=4.5,
            ),
        ),
        foci=(1, 1),
        spread=(8.0, 14.0),
    ),
    Disease(
        "larva migrans: a winding track",
        1.5,
        FEET | {"sole", "buttock", "between_toes", "thigh", "back", "stomach", "ankle"},
        (
            plaque(
                (4.0, 7.0),
                (1, 3),
                red(0.9, 1.2),
                red(0.3, 0.5, "halo"),
                relief(0.06, 0.1),
                shape="burrow",
                border=(0.6, 0.9),
                arrangement="focus",
                least=30.0,
            ),
            vesicle((0.25, 0.4), (1, 4), red(0.5, 0.7, "halo"), arrangement="grouped", chance=0.5),
        ),
        foci=(1, 2),
        spread=(3.0, 5.0),
    ),
)
