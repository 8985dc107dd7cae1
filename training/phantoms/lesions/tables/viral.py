"""Warts, molluscum and chickenpox."""

from training.phantoms.lesions.morphology import (
    black,
    brown,
    crust,
    pale,
    papule,
    plaque,
    pus,
    red,
    relief,
    scale,
    shine,
    vesicle,
    warty,
    yellow,
)
from training.phantoms.lesions.parts import Disease, Group
from training.phantoms.lesions.regions import FACE, FEET, FOLDS, HANDS, LIMBS, NECK, PALMS_SOLES, TRUNK

_WARTY_SITES = (
    HANDS | PALMS_SOLES | FEET | {"knee", "elbow", "arm", "wrist", "leg", "fingernails", "between_toes"}
)

GROUP: Group = (
    Disease(
        "common warts",
        6,
        _WARTY_SITES
        | {"face", "chin", "lip", "nose", "beard", "scalp", "neck", "eye", "ankle", "ear", "jaw"},
        (
            papule(
                (0.5, 1.1),
                (2, 8),
                brown(-0.05, 0.25),
                *warty(0.02, 0.04, 0.17),
                black(0.45, 0.75, "dots", 0.14),
                arrangement="grouped",
                shape="lobed",
                border=(0.1, 0.18),
                least=8.5,
                rise=(0.35, 0.55),
            ),
            papule(
                (0.25, 0.5),
                (2, 8),
                brown(0.0, 0.25),
                *warty(0.02, 0.04, 0.13),
                shape="lobed",
                least=4.5,
                rise=(0.4, 0.6),
            ),
        ),
        foci=(1, 2),
        spread=(3.0, 7.0),
    ),
    Disease(
        "plantar warts",
        4,
        PALMS_SOLES,
        (
            plaque(
                (0.8, 1.6),
                (2, 7),
                yellow(0.1, 0.25),
                *warty(0.02, 0.04, 0.14),
                black(0.5, 0.8, "dots", 0.16),
                scale(0.3, 0.5, "rim")[0],
                relief(-0.05, -0.03, "ring"),
                shape="round",
                border=(0.12, 0.18),
                least=7.0,
                arrangement="grouped",
            ),
        ),
        foci=(1, 2),
        spread=(4.0, 7.0),
    ),
    Disease(
        "flat warts",
        1.5,
        FACE | {"hand", "leg", "arm", "beard", "knee"},
        (
            papule(
                (0.2, 0.4),
                (16, 36),
                brown(0.15, 0.4),
                red(0.05, 0.2),
                rise=(0.1, 0.18),
                arrangement="grouped",
                border=(0.12, 0.2),
                least=3.2,
                shape="polygon",
            ),
            papule((0.2, 0.35), (5, 9), brown(0.2, 0.4), arrangement="lined", rise=(0.1, 0.18), least=3.0),
        ),
        foci=(1, 2),
        spread=(4.0, 7.0),
    ),
    Disease(
        "molluscum contagiosum: umbilicated pearly papules",
        6,
        TRUNK | LIMBS | FOLDS | FACE | NECK | {"beard", "scalp", "ear"},
        (
            papule(
                (0.35, 0.65),
                (8, 24),
                pale(0.5, 0.9, "fill"),
                red(0.1, 0.3, "ring"),
                brown(0.1, 0.25, "rim"),
                shine(1.0, 1.8),
                relief(-0.10, -0.06, "dimple"),
                pus(0.5, 0.8, "core"),
                arrangement="grouped",
                border=(0.15, 0.22),
                least=5.6,
                rise=(0.7, 0.95),
                apart=1.15,
            ),
            papule((0.25, 0.4), (2, 8), pale(0.4, 0.8, "fill"), shine(0.8, 1.4), rise=(0.6, 0.9), least=3.4),
        ),
        foci=(1, 3),
        spread=(4.0, 8.0),
    ),
    Disease(
        "chickenpox: lesions of all ages",
        2,
        TRUNK | FACE | LIMBS | NECK | {"beard", "ear"},
        (
            vesicle(
                (0.3, 0.5),
                (8, 22),
                red(0.6, 0.9, "halo"),
                red(0.3, 0.6, "ring"),
                least=3.4,
                arrangement="generalised",
                apart=1.8,
            ),
            papule((0.25, 0.4), (8, 18), red(0.7, 1.0), least=2.9, arrangement="generalised", apart=1.6),
            papule(
                (0.3, 0.5),
                (6, 14),
                red(0.5, 0.7, "halo"),
                *crust(0.8, 1.0, "centre"),
                black(0.2, 0.4, "core"),
                least=3.4,
                arrangement="generalised",
                apart=1.6,
            ),
        ),
    ),
)
