"""Psoriasis, lichen planus, seborrhoeic dermatitis: sharp scaly plaques, flat violet papules."""

from training.phantoms.lesions.morphology import (
    brown,
    livid,
    macule,
    pale,
    papule,
    patch,
    plaque,
    pustule,
    red,
    relief,
    scale,
    shine,
    slate,
    yellow,
)
from training.phantoms.lesions.parts import Disease, Group
from training.phantoms.lesions.regions import FACE, FOLDS, HANDS, LIMBS, NECK, PALMS_SOLES, TRUNK

_SILVER = (red(0.7, 1.0), livid(0.1, 0.25), *scale(0.75, 1.0, "sheet", 0.22))

GROUP: Group = (
    Disease(
        "plaque psoriasis",
        6,
        TRUNK | LIMBS | {"scalp", "nape", "hand", "foot", "ear", "forehead"},
        (
            plaque(
                (0.85, 1.15),
                (1, 1),
                *_SILVER,
                red(0.8, 1.1, "rim"),
                arrangement="base",
                border=(0.08, 0.14),
                rise=(0.08, 0.14),
            ),
            plaque((0.4, 1.0), (2, 8), *_SILVER, border=(0.1, 0.16), least=4.0, apart=1.3),
        ),
        foci=(1, 3),
        spread=(4.0, 8.0),
    ),
    Disease(
        "guttate psoriasis",
        2,
        TRUNK | LIMBS | NECK,
        (
            plaque(
                (0.5, 1.1),
                (18, 45),
                red(0.65, 0.95),
                livid(0.05, 0.2),
                *scale(0.6, 0.95, "central_sheet", 0.2),
                arrangement="generalised",
                border=(0.12, 0.2),
                least=4.2,
                apart=1.35,
            ),
        ),
    ),
    Disease(
        "inverse psoriasis",
        1,
        FOLDS,
        (
            plaque(
                (0.9, 1.1), (1, 1), red(0.85, 1.1), shine(0.8, 1.4), shape="region:folds", border=(0.12, 0.2)
            ),
        ),
    ),
    Disease(
        "palmoplantar pustular psoriasis",
        2,
        PALMS_SOLES,
        (
            plaque(
                (0.9, 1.2),
                (1, 1),
                red(0.6, 0.9),
                *scale(0.5, 0.8, "flakes", 0.25),
                arrangement="base",
                border=(0.14, 0.22),
            ),
            pustule((0.2, 0.35), (14, 34), arrangement="grouped", least=2.8),
            macule(
                (0.2, 0.35), (10, 22), brown(0.6, 0.9), yellow(0.3, 0.5), arrangement="grouped", least=2.6
            ),
        ),
        foci=(1, 2),
        spread=(5.0, 8.0),
    ),
    Disease(
        "lichen planus",
        4,
        LIMBS | TRUNK | HANDS | {"foot", "nape", "neck"},
        (
            papule(
                (0.35, 0.75),
                (16, 38),
                red(0.45, 0.7),
                livid(0.8, 1.0),
                brown(0.15, 0.4),
                relief(0.04, 0.07),
                pale(0.35, 0.7, "net", 0.14),
                shine(1.0, 1.8),
                shape="polygon",
                arrangement="grouped",
                rise=(0.05, 0.1),
                border=(0.1, 0.16),
                least=4.8,
                apart=0.95,
            ),
            papule(
                (0.3, 0.5),
                (2, 8),
                red(0.45, 0.7),
                livid(0.8, 1.0),
                shine(1.0, 1.8),
                shape="polygon",
                rise=(0.05, 0.1),
                border=(0.1, 0.16),
                least=4.0,
            ),
            macule((0.5, 0.9), (2, 8), slate(0.2, 0.45), brown(0.1, 0.3), arrangement="grouped", chance=0.5),
        ),
        foci=(1, 2),
        spread=(5.0, 9.0),
    ),
    Disease(
        "seborrhoeic dermatitis",
        2,
        FACE - {"chin", "jaw"} | {"scalp", "chest", "ear", "beard"},
        (
            patch(
                (0.9, 1.15),
                (1, 1),
                red(0.4, 0.65, "mottle"),
                yellow(0.15, 0.35, "mottle"),
                *scale(0.3, 0.5, "flakes", 0.12),
                yellow(0.2, 0.4, "flakes", 0.16),
                shape="region:seborrhoeic",
                border=(0.4, 0.7),
            ),
        ),
    ),
)
