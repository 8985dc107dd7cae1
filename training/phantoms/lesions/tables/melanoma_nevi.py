"""Melanoma and naevi."""

from training.phantoms.lesions.morphology import (
    brown,
    macule,
    nodule,
    papule,
    plaque,
    red,
    relief,
    shine,
    slate,
    warty,
)
from training.phantoms.lesions.parts import Disease, Group
from training.phantoms.lesions.regions import EVERYWHERE, FACE, LIMBS, NECK, TRUNK

_MOLE = (brown(1.0, 1.9), slate(0.0, 0.15))

GROUP: Group = (
    Disease(
        "melanoma: asymmetric, notched, many colours",
        6,
        EVERYWHERE - {"between_toes"} | {"fingernails", "toenails"},
        (
            plaque(
                (1.4, 3.0),
                (1, 1),
                brown(1.0, 1.7),
                brown(0.6, 1.2, "patches", 0.5),
                slate(1.0, 2.0, "sector"),
                slate(0.3, 0.9, "dots", 0.25),
                red(0.2, 0.6, "slope"),
                brown(-0.5, 0.0, "dust", 0.6),
                shape="ragged",
                border=(0.10, 0.22),
                arrangement="focus",
                least=17.0,
                rise=(0.02, 0.05),
            ),
            nodule(
                (0.5, 1.0),
                (1, 1),
                slate(1.0, 2.0),
                shine(0.5, 1.0),
                arrangement="grouped",
                least=5.5,
                chance=0.45,
            ),
        ),
        spread=(1.2, 1.8),
    ),
    Disease(
        "acquired moles",
        5,
        EVERYWHERE - {"between_toes"},
        (
            macule((0.35, 0.7), (2, 8), *_MOLE, relief(0.0, 0.02), border=(0.2, 0.35), least=4.0, apart=2.0),
            papule(
                (0.4, 0.8),
                (1, 4),
                brown(0.6, 1.2),
                red(0.0, 0.1),
                border=(0.2, 0.3),
                least=5.5,
                rise=(0.4, 0.6),
                apart=2.0,
            ),
        ),
    ),
    Disease(
        "dysplastic naevus: fried egg",
        3,
        TRUNK | LIMBS | NECK | {"face", "scalp", "cheek", "hand", "foot"},
        (
            plaque(
                (0.8, 1.4),
                (1, 4),
                brown(0.7, 1.1, "mottle"),
                red(0.1, 0.3),
                brown(0.6, 1.1, "centre"),
                relief(0.03, 0.06, "centre"),
                shape="irregular",
                border=(0.5, 0.8),
                least=9.0,
                rise=(0.0, 0.01),
                apart=1.8,
            ),
            macule((0.3, 0.5), (2, 8), *_MOLE, least=3.0),
        ),
    ),
    Disease(
        "congenital and blue naevi",
        1.5,
        TRUNK | LIMBS | FACE | {"hand", "scalp", "foot", "nape", "neck", "beard", "ear"},
        (
            plaque(
                (3.0, 6.0),
                (1, 1),
                brown(1.0, 1.5),
                *warty(0.004, 0.010, 0.3)[:1],
                slate(0.1, 0.4, "mottle", 0.8),
                arrangement="focus",
                border=(0.15, 0.25),
                least=24.0,
                rise=(0.04, 0.08),
                chance=0.6,
            ),
            papule(
                (0.6, 1.0),
                (1, 1),
                slate(1.2, 1.9),
                shine(0.4, 0.9),
                arrangement="satellite",
                least=7.0,
                border=(0.2, 0.3),
            ),
        ),
        spread=(1.5, 2.0),
    ),
)
