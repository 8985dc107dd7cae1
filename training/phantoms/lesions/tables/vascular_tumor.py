"""Vascular tumours and malformations."""

from training.phantoms.lesions.morphology import (
    brown,
    crust,
    livid,
    macule,
    nodule,
    pale,
    papule,
    patch,
    plaque,
    red,
    shine,
    slate,
    telangiectasia,
    warty,
)
from training.phantoms.lesions.parts import Disease, Group, Layer
from training.phantoms.lesions.regions import FACE, HANDS, LIMBS, NECK, PALMS_SOLES, TRUNK

_CHERRY = (red(1.2, 1.8), livid(0.05, 0.25), shine(0.8, 1.5))

GROUP: Group = (
    Disease(
        "cherry angiomas",
        5,
        TRUNK | LIMBS | NECK | {"face", "forehead"},
        (
            papule(
                (0.25, 0.55),
                (8, 26),
                *_CHERRY,
                border=(0.12, 0.2),
                least=3.2,
                rise=(0.5, 0.75),
                apart=2.2,
                shape="round",
            ),
            macule((0.12, 0.2), (8, 22), red(1.0, 1.5), least=1.9, apart=2.0),
        ),
    ),
    Disease(
        "port-wine stain",
        4,
        FACE
        | TRUNK
        | LIMBS
        | NECK
        | HANDS
        | {"scalp", "ear", "foot", "palm", "sole", "beard", "groin", "armpit", "toe"},
        (
            patch(
                (1.2, 1.6),
                (1, 1),
                red(0.6, 0.9),
                red(0.7, 1.1, "mottle", 1.0),
                livid(0.4, 0.8),
                arrangement="base",
                shape="ragged",
                border=(0.10, 0.18),
            ),
            patch(
                (1.0, 2.5),
                (2, 5),
                red(0.7, 1.0, "mottle"),
                livid(0.4, 0.7),
                arrangement="satellite",
                shape="ragged",
                border=(0.1, 0.2),
                least=4.0,
            ),
        ),
        foci=(1, 1),
        spread=(6.0, 12.0),
    ),
    Disease(
        "infantile haemangioma",
        3,
        FACE | TRUNK | LIMBS | NECK | {"scalp", "ear", "hand", "buttock", "fingers"},
        (
            nodule(
                (1.6, 4.0),
                (1, 1),
                red(0.9, 1.3),
                red(0.9, 1.5, "mottle"),
                livid(0.1, 0.35),
                *warty(0.02, 0.045, 0.32)[:1],
                shine(0.5, 1.1),
                arrangement="focus",
                shape="lobed",
                border=(0.1, 0.16),
                rise=(0.22, 0.36),
                least=17.0,
            ),
        ),
        spread=(2.0, 3.0),
    ),
    Disease(
        "pyogenic granuloma",
        2,
        HANDS | FACE | PALMS_SOLES | {"toe", "arm", "neck", "scalp", "fingernails", "toenails", "foot"},
        (
            nodule(
                (0.7, 1.4),
                (1, 1),
                red(1.3, 1.8),
                shine(1.5, 2.4),
                Layer("wet", "fill", (0.5, 0.9)),
                pale(0.2, 0.4, "ring"),
                *crust(0.3, 0.7, "dust"),
                arrangement="focus",
                border=(0.10, 0.15),
                rise=(0.8, 1.1),
                least=11.0,
                shape="round",
            ),
        ),
        spread=(1.0, 1.5),
    ),
    Disease(
        "spider angioma",
        2,
        FACE | NECK | {"chest", "arm", "hand", "shoulder"},
        (
            telangiectasia(
                (1.2, 2.2),
                (2, 5),
                red(0.1, 0.25, "halo"),
                shape="spider",
                arrangement="focus",
                least=13.0,
                outlined=True,
            ),
            papule((0.15, 0.25), (2, 4), red(1.3, 1.7), arrangement="focus", least=2.6),
        ),
        foci=(2, 4),
        spread=(1.5, 2.0),
    ),
    Disease(
        "Kaposi sarcoma",
        1.5,
        frozenset(("leg", "foot", "sole", "ankle", "arm", "back", "chest", "nose", "face", "thigh", "toe")),
        (
            plaque(
                (0.9, 2.4),
                (6, 16),
                red(0.9, 1.3),
                livid(0.7, 1.0),
                brown(0.3, 0.6),
                slate(0.0, 0.3),
                border=(0.18, 0.3),
                least=6.0,
                aspect=(0.4, 0.75),
                apart=1.1,
            ),
        ),
    ),
)
