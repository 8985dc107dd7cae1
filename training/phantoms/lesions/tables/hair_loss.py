"""Hair loss: bare patches, smooth or scarred, and thinning."""

from training.phantoms.lesions.morphology import (
    black,
    brown,
    papule,
    patch,
    pustule,
    red,
    relief,
    scale,
    shine,
)
from training.phantoms.lesions.parts import Disease, Group, Layer

_HAIR_SITES = frozenset(("scalp", "beard", "nape"))

_BALD = Layer("bare", "fill", (0.97, 1.0))

GROUP: Group = (
    Disease(
        "alopecia areata: smooth round bare patches",
        6,
        _HAIR_SITES,
        (
            patch(
                (0.9, 1.2),
                (1, 1),
                _BALD,
                shine(0.1, 0.5),
                red(0.0, 0.08),
                black(0.3, 0.6, "sparse", 0.10),
                arrangement="base",
                shape="round",
                border=(0.2, 0.3),
            ),
        ),
        foci=(1, 4),
        spread=(2.4, 4.6),
    ),
    Disease(
        "pattern hair loss",
        3,
        frozenset(("scalp",)),
        (
            patch(
                (1.3, 1.7),
                (1, 1),
                Layer("bare", "fill", (0.7, 0.95)),
                shine(0.4, 0.9),
                arrangement="base",
                border=(1.3, 1.8),
            ),
        ),
        foci=(1, 1),
        spread=(6.5, 9.0),
    ),
    Disease(
        "scarring alopecia: shiny, red perifollicular scale, pustules",
        3,
        _HAIR_SITES,
        (
            patch(
                (0.9, 1.3),
                (1, 1),
                _BALD,
                shine(0.3, 0.7),
                red(0.1, 0.3, "mottle"),
                brown(-0.12, 0.0, "mottle"),
                relief(-0.05, -0.02),
                arrangement="base",
                shape="ragged",
                border=(0.25, 0.4),
            ),
            papule(
                (0.2, 0.3),
                (8, 20),
                red(0.7, 1.0, "halo"),
                *scale(0.5, 0.8, "ring"),
                arrangement="ringed",
                least=2.6,
            ),
            pustule((0.2, 0.3), (3, 9), arrangement="ringed", chance=0.5, least=2.6),
        ),
        foci=(1, 3),
        spread=(3.0, 5.5),
    ),
    Disease(
        "trichotillomania: angular patch of broken hairs",
        2,
        frozenset(("scalp",)),
        (
            patch(
                (0.9, 1.2),
                (1, 1),
                Layer("bare", "fill", (0.8, 0.93)),
                black(0.5, 0.8, "sparse", 0.09),
                arrangement="base",
                shape="lobed",
                border=(0.3, 0.45),
            ),
        ),
        foci=(1, 2),
        spread=(4.0, 6.5),
    ),
)
