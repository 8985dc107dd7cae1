"""Bullous disease: tense or flaccid blisters, erosions."""

from training.phantoms.lesions.morphology import (
    bulla,
    crust,
    erosion,
    livid,
    papule,
    patch,
    red,
    relief,
    scale,
    vesicle,
)
from training.phantoms.lesions.parts import Disease, Group
from training.phantoms.lesions.regions import BODY, FACE, FEET, FOLDS, HANDS, NECK, PALMS_SOLES, TRUNK

GROUP: Group = (
    Disease(
        "bullous pemphigoid: tense blisters on urticarial skin",
        5,
        BODY | HANDS | FEET | PALMS_SOLES | {"toe"},
        (
            patch((0.9, 1.3), (1, 1), red(0.45, 0.75, "mottle"), relief(0.03, 0.06), arrangement="base"),
            bulla((1.2, 2.8), (4, 12), red(0.3, 0.6, "halo"), arrangement="grouped", apart=0.95, least=8.0),
            bulla((0.6, 1.2), (2, 8), arrangement="scattered", least=5.0),
            bulla(
                (0.9, 1.6),
                (1, 3),
                red(0.9, 1.4),
                livid(0.2, 0.5),
                arrangement="grouped",
                chance=0.35,
                least=6.0,
            ),
            patch(
                (1.0, 2.0),
                (1, 3),
                *erosion(0.8, 1.2, "fill"),
                *crust(0.3, 0.7, "rim_flakes"),
                chance=0.6,
                arrangement="satellite",
                border=(0.12, 0.2),
            ),
        ),
        foci=(1, 3),
        spread=(6.0, 10.0),
    ),
    Disease(
        "pemphigus: flaccid blisters and erosions",
        3,
        TRUNK | FACE | NECK | FOLDS | {"scalp", "arm", "thigh", "ear", "beard"},
        (
            patch(
                (0.9, 2.4),
                (5, 13),
                *erosion(0.8, 1.2, "fill"),
                *crust(0.5, 0.9, "flakes", 0.3),
                *scale(0.6, 0.9, "rim_flakes", 0.3),
                border=(0.12, 0.2),
                apart=1.1,
                least=6.5,
            ),
            bulla((0.8, 1.8), (1, 4), shape="irregular", least=6.0),
        ),
    ),
    Disease(
        "linear IgA disease: string of pearls",
        1.5,
        BODY | {"face", "cheek", "hand", "foot", "chin", "lip", "forehead", "jaw"},
        (
            patch((0.8, 0.9), (1, 1), red(0.35, 0.6), arrangement="base"),
            bulla((0.5, 0.9), (10, 20), red(0.3, 0.5, "halo"), arrangement="ringed", apart=0.95, least=4.6),
            patch((0.5, 0.8), (1, 1), *crust(0.4, 0.8, "flakes"), arrangement="focus"),
        ),
        foci=(1, 3),
        spread=(4.0, 7.0),
    ),
    Disease(
        "dermatitis herpetiformis",
        1,
        frozenset(("elbow", "knee", "buttock", "nape", "shoulder", "back")),
        (
            vesicle((0.25, 0.4), (10, 26), red(0.7, 1.0, "halo"), arrangement="grouped", least=3.2),
            papule(
                (0.25, 0.4),
                (8, 20),
                red(0.7, 0.9),
                *crust(0.6, 0.9, "centre"),
                arrangement="grouped",
                least=3.0,
            ),
        ),
        foci=(2, 4),
        spread=(3.5, 6.0),
    ),
)
