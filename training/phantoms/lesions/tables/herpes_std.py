"""Herpes and sexually transmitted diseases: grouped vesicles, warts of folds, syphilis."""

from training.phantoms.lesions.morphology import (
    brown,
    crust,
    erosion,
    livid,
    papule,
    patch,
    plaque,
    red,
    relief,
    scale,
    ulcer,
    vesicle,
    warty,
)
from training.phantoms.lesions.parts import Disease, Group
from training.phantoms.lesions.regions import FACE, FOLDS, LIMBS, NECK, PALMS_SOLES, TRUNK

_HERPES = vesicle((0.25, 0.4), (12, 26), red(0.5, 0.8, "halo"), arrangement="grouped", least=3.3, apart=0.86)

GROUP: Group = (
    Disease(
        "herpes simplex: grouped vesicles on a red base",
        6,
        FACE
        | {"buttock", "fingers", "groin", "thigh", "neck", "beard", "nape", "hand", "palm", "toe", "ear"},
        (
            patch(
                (1.0, 1.3), (1, 1), red(0.75, 1.05), relief(0.02, 0.05), arrangement="base", border=(0.4, 0.7)
            ),
            _HERPES,
            patch((0.5, 0.9), (1, 2), *crust(0.6, 0.95, "sheet", 0.2), arrangement="grouped", chance=0.45),
            papule((0.2, 0.4), (1, 3), *erosion(0.9, 1.2), arrangement="grouped", least=2.8),
        ),
        foci=(1, 2),
        spread=(1.8, 3.4),
        layout="mouth",
    ),
    Disease(
        "herpes zoster: one dermatome",
        6,
        TRUNK
        | LIMBS
        | NECK
        | {"forehead", "face", "scalp", "hand", "groin", "armpit", "foot", "jaw", "sole"},
        (
            patch(
                (0.9, 1.2),
                (1, 1),
                red(0.7, 1.0, "mottle"),
                relief(0.02, 0.05),
                arrangement="base",
                border=(0.5, 0.8),
            ),
            vesicle(
                (0.25, 0.45), (40, 90), red(0.4, 0.7, "halo"), arrangement="grouped", least=2.9, apart=0.85
            ),
            vesicle(
                (0.3, 0.5),
                (6, 18),
                red(0.9, 1.3),
                livid(0.3, 0.6),
                *crust(0.5, 0.9, "centre"),
                arrangement="grouped",
                least=2.9,
                chance=0.7,
            ),
        ),
        foci=(5, 9),
        spread=(2.5, 5.0),
        layout="dermatome",
    ),
    Disease(
        "genital warts",
        3,
        FOLDS | {"buttock", "thigh", "lip"},
        (
            papule(
                (0.35, 0.8),
                (8, 22),
                brown(0.1, 0.4),
                red(0.1, 0.35),
                *warty(0.02, 0.05, 0.14),
                arrangement="grouped",
                least=4.5,
                apart=0.8,
                rise=(0.5, 0.8),
                shape="lobed",
            ),
        ),
        foci=(1, 3),
        spread=(2.5, 4.5),
    ),
    Disease(
        "secondary syphilis: copper papules with a collarette",
        2,
        PALMS_SOLES | TRUNK | {"arm", "hand", "foot", "leg", "forehead"},
        (
            papule(
                (0.5, 1.0),
                (14, 36),
                red(0.5, 0.75),
                brown(0.4, 0.7),
                *scale(0.5, 0.85, "collarette", 0.16),
                arrangement="generalised",
                rise=(0.08, 0.15),
                least=4.4,
                apart=1.4,
            ),
        ),
    ),
    Disease(
        "chancre",
        1.5,
        FOLDS | {"lip", "fingers", "chin"},
        (
            plaque(
                (0.9, 1.1),
                (1, 1),
                red(0.5, 0.8),
                relief(0.08, 0.14, "border"),
                *ulcer(),
                arrangement="base",
                shape="round",
                border=(0.12, 0.2),
            ),
        ),
        foci=(1, 1),
        spread=(1.0, 1.8),
    ),
)
