"""Atopic dermatitis: ill-defined, symmetrical, in the flexures; lichenified and scratched."""

from training.phantoms.lesions.morphology import (
    brown,
    crust,
    erosion,
    excoriations,
    lichenification,
    macule,
    papule,
    patch,
    red,
    relief,
    scale,
)
from training.phantoms.lesions.parts import Disease, Group
from training.phantoms.lesions.regions import FACE, FEET, HANDS, LIMBS, NECK, PALMS_SOLES, TRUNK

_FLEXURES = frozenset(("elbow", "knee", "wrist", "ankle", "neck", "nape", "arm", "leg", "thigh"))

GROUP: Group = (
    Disease(
        "flexural lichenified eczema",
        5,
        _FLEXURES | HANDS | {"foot", "waist", "groin", "armpit", "stomach", "back"},
        (
            patch(
                (0.9, 1.25),
                (1, 1),
                red(0.35, 0.6, "mottle"),
                brown(0.2, 0.5, "mottle"),
                *lichenification(1.2, 2.0),
                *scale(0.25, 0.5, "dust", 0.1),
                arrangement="base",
                border=(0.8, 1.2),
            ),
            papule(
                (0.15, 0.25), (10, 26), red(0.35, 0.6), brown(0.15, 0.3), arrangement="satellite", least=2.2
            ),
            excoriations((0.8, 1.8), (8, 18)),
        ),
        foci=(1, 2),
        spread=(6.0, 10.0),
        layout="mirrored",
    ),
    Disease(
        "acute atopic eczema of the face",
        3,
        FACE | {"ear", "neck", "scalp", "beard"},
        (
            patch(
                (0.9, 1.2),
                (1, 1),
                red(0.5, 0.8, "mottle"),
                *scale(0.22, 0.42, "flakes", 0.12),
                arrangement="base",
                border=(0.9, 1.4),
            ),
            patch(
                (0.4, 0.8),
                (1, 3),
                *erosion(0.3, 0.5, "patches"),
                *crust(0.3, 0.7, "dust", 0.15),
                arrangement="grouped",
            ),
            excoriations((0.4, 0.9), (4, 10)),
        ),
        foci=(2, 3),
        spread=(3.5, 5.5),
        layout="mirrored",
    ),
    Disease(
        "prurigo and follicular papules on dry skin",
        2,
        TRUNK | LIMBS | NECK,
        (
            patch(
                (8, 16),
                (1, 2),
                *scale(0.3, 0.55, "dust", 0.12),
                red(0.08, 0.2, "patches"),
                brown(0.1, 0.25),
                border=(1.2, 1.6),
            ),
            papule(
                (0.2, 0.35), (30, 60), red(0.4, 0.65), brown(0.2, 0.4), arrangement="follicular", least=2.2
            ),
            papule((0.35, 0.6), (3, 9), red(0.7, 0.9), *crust(0.6, 0.9, "centre"), arrangement="grouped"),
            excoriations((0.8, 1.8), (6, 14)),
        ),
        foci=(1, 2),
        spread=(9.0, 14.0),
    ),
    Disease(
        "hand and foot eczema with fissures",
        1.5,
        HANDS | FEET | PALMS_SOLES | {"wrist"},
        (
            patch(
                (0.9, 1.2),
                (1, 1),
                red(0.4, 0.7, "mottle"),
                *lichenification(1.4, 2.2),
                *scale(0.4, 0.7, "flakes", 0.2),
                arrangement="base",
                border=(0.8, 1.2),
            ),
            macule(
                (0.5, 1.0),
                (4, 9),
                red(0.9, 1.3),
                relief(-0.04, -0.02),
                shape="streak",
                least=7.0,
                arrangement="grouped",
                apart=0.4,
            ),
        ),
        foci=(1, 2),
        spread=(5.0, 8.0),
    ),
)
