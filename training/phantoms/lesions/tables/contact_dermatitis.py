"""Contact dermatitis: what touched the skin drew the lines and edges; vesicles, then crusts."""

from training.phantoms.lesions.morphology import (
    brown,
    bulla,
    crust,
    erosion,
    macule,
    papule,
    patch,
    plaque,
    red,
    relief,
    scale,
    shine,
    vesicle,
)
from training.phantoms.lesions.parts import Disease, Group
from training.phantoms.lesions.regions import BODY, FACE, FEET, FOLDS, HANDS, LIMBS, NECK, PALMS_SOLES, TRUNK

_STREAK = {"shape": "streak", "aligned": True, "arrangement": "focus", "border": (0.5, 0.7)}

GROUP: Group = (
    Disease(
        "poison ivy: linear vesicles",
        6,
        BODY | HANDS | FACE | FEET | {"ear"},
        (
            patch((4.5, 8.0), (1, 1), red(0.55, 0.85), relief(0.03, 0.06), **_STREAK),
            vesicle((0.22, 0.4), (22, 60), red(0.5, 0.8, "halo"), arrangement="lined", apart=0.75, least=2.7),
            bulla((0.5, 0.9), (1, 4), red(0.4, 0.7, "halo"), arrangement="lined", least=4.5, chance=0.7),
            papule((0.2, 0.3), (6, 20), red(0.6, 0.8), arrangement="satellite", least=2.2),
            patch((0.3, 0.6), (1, 3), *crust(0.5, 0.85, "dust", 0.16), arrangement="lined", chance=0.5),
        ),
        foci=(2, 4),
        spread=(5.0, 8.0),
    ),
    Disease(
        "contact with a buckle, strap or plaster: sharp edges",
        3,
        TRUNK | LIMBS | NECK | {"hand", "foot", "groin"},
        (
            plaque(
                (0.9, 1.1),
                (1, 1),
                red(0.7, 1.0, "mottle"),
                brown(0.05, 0.2),
                *scale(0.2, 0.45, "dust"),
                arrangement="base",
                shape="box",
                border=(0.1, 0.16),
                aspect=(0.45, 0.9),
            ),
            vesicle((0.18, 0.3), (16, 40), red(0.3, 0.5, "halo"), arrangement="grouped", least=2.3),
            patch((0.5, 0.9), (1, 2), *crust(0.3, 0.6, "dust", 0.2), arrangement="grouped", chance=0.5),
        ),
        foci=(1, 1),
        spread=(4.0, 7.5),
    ),
    Disease(
        "irritant dermatitis: glazed and chapped",
        2,
        HANDS
        | PALMS_SOLES
        | FOLDS
        | {"lip", "chin", "eye", "buttock", "foot", "ear", "beard", "scalp", "toe"},
        (
            patch(
                (0.9, 1.2),
                (1, 1),
                red(0.6, 0.9, "mottle"),
                shine(0.5, 1.0),
                *scale(0.35, 0.6, "rim_flakes"),
                arrangement="base",
                border=(0.35, 0.6),
            ),
            macule(
                (0.5, 1.1),
                (4, 9),
                red(0.9, 1.2),
                relief(-0.03, -0.015),
                shape="streak",
                least=8.0,
                arrangement="grouped",
                apart=0.4,
            ),
            patch((0.5, 1.0), (1, 2), *erosion(0.3, 0.5), arrangement="grouped"),
        ),
        foci=(1, 2),
        spread=(4.0, 6.5),
    ),
)
