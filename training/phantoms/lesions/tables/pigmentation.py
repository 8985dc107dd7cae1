"""Disorders of pigmentation and light: vitiligo, melasma, freckles, sunburn."""

from training.phantoms.lesions.morphology import brown, macule, papule, patch, red, scale, shine, slate
from training.phantoms.lesions.parts import Disease, Group
from training.phantoms.lesions.regions import FACE, LIMBS, SKIN, SUN

GROUP: Group = (
    Disease(
        "vitiligo: chalk-white, sharp scalloped border",
        6,
        SKIN | {"palm", "fingernails"},
        (
            patch(
                (0.9, 1.3),
                (1, 1),
                brown(-1.2, -1.1),
                brown(0.05, 0.2, "ring"),
                arrangement="base",
                shape="lobed",
                border=(0.07, 0.12),
            ),
            patch((0.8, 2.2), (3, 12), brown(-1.2, -1.1), shape="lobed", border=(0.08, 0.14), least=4.0),
            macule(
                (0.2, 0.35),
                (4, 14),
                brown(0.8, 1.1),
                arrangement="grouped",
                least=1.8,
                outlined=False,
                chance=0.5,
            ),
        ),
        foci=(2, 5),
        spread=(4.0, 8.0),
        layout="mirrored",
    ),
    Disease(
        "melasma",
        4,
        frozenset(("face", "cheek", "forehead", "lip", "chin", "nose", "jaw")),
        (
            patch(
                (0.95, 1.15),
                (1, 1),
                brown(0.55, 0.95, "mottle", 0.5),
                shape="region:melasma",
                border=(0.35, 0.6),
            ),
        ),
    ),
    Disease(
        "lentigines and freckles",
        2,
        SUN | {"back", "lip", "scalp", "leg"},
        (
            macule(
                (0.2, 0.5),
                (40, 90),
                brown(0.5, 0.9),
                arrangement="generalised",
                shape="irregular",
                least=1.9,
                apart=0.9,
            ),
            macule((0.6, 1.3), (3, 12), brown(0.55, 0.9), shape="irregular", border=(0.15, 0.25), least=5.0),
        ),
    ),
    Disease(
        "post-inflammatory hyperpigmentation",
        2,
        SKIN | {"palm", "sole", "between_toes"},
        (patch((0.6, 1.8), (7, 20), brown(0.5, 0.9), slate(0.0, 0.3), border=(0.6, 1.0), least=5.0),),
    ),
    Disease(
        "pityriasis alba, idiopathic guttate hypomelanosis",
        2,
        FACE | LIMBS | {"shoulder", "back", "chest", "stomach", "nape", "neck", "waist"},
        (
            patch(
                (0.6, 1.8),
                (6, 18),
                brown(-0.55, -0.35),
                *scale(0.1, 0.25, "dust", 0.1),
                border=(0.3, 0.5),
                least=5.0,
            ),
        ),
    ),
    Disease(
        "sunburn and polymorphic light eruption",
        2,
        SUN | {"back", "leg", "thigh", "foot"},
        (
            patch(
                (1.0, 1.3),
                (1, 1),
                red(0.6, 0.9),
                *scale(0.06, 0.16, "dust", 0.2),
                shine(0.1, 0.5),
                shape="region:sunlit",
                border=(0.2, 0.35),
            ),
            papule((0.2, 0.35), (20, 50), red(0.7, 0.95), arrangement="sunlit", least=2.4, chance=0.6),
        ),
    ),
)
