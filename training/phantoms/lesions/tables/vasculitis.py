"""Vasculitis: purpura that is palpable, retiform or ulcerates; livedo; nodules of the shins."""

from training.phantoms.lesions.morphology import (
    black,
    brown,
    livid,
    nodule,
    patch,
    plaque,
    purpura,
    red,
    relief,
    ulcer,
    yellow,
)
from training.phantoms.lesions.parts import Disease, Group, Layer
from training.phantoms.lesions.regions import FEET, LEGS, LIMBS

GROUP: Group = (
    Disease(
        "leukocytoclastic vasculitis: palpable purpura",
        6,
        LEGS
        | FEET
        | frozenset(("buttock", "arm", "hand", "waist", "stomach", "elbow", "sole", "wrist", "palm")),
        (
            purpura(
                (0.3, 0.8),
                (40, 100),
                relief(0.15, 0.3, "dome"),
                arrangement="generalised",
                apart=0.85,
                least=3.0,
                shape="irregular",
            ),
            purpura((0.12, 0.2), (30, 70), least=1.6, apart=0.7),
            purpura((0.7, 1.3), (1, 5), black(0.5, 0.8, "centre"), least=5.0, chance=0.5),
        ),
    ),
    Disease(
        "retiform purpura with necrosis",
        2,
        LIMBS | {"foot", "buttock", "stomach", "hand", "toe", "ear", "cheek", "nose", "thigh", "fingers"},
        (
            purpura(
                (1.1, 1.6), (1, 1), livid(0.5, 0.8), arrangement="base", shape="ragged", border=(0.15, 0.25)
            ),
            patch(
                (0.45, 0.8),
                (1, 1),
                black(0.7, 0.95, "fill"),
                relief(-0.04, -0.02),
                arrangement="base",
                shape="ragged",
                border=(0.2, 0.35),
            ),
        ),
        foci=(2, 4),
        spread=(3.0, 6.0),
    ),
    Disease(
        "livedo",
        2,
        LIMBS | {"back", "stomach", "foot", "thigh", "waist"},
        (
            patch(
                (12, 22),
                (1, 2),
                red(0.4, 0.65, "mesh", 1.5),
                livid(0.7, 1.0, "mesh", 1.5),
                brown(0.05, 0.2, "mesh", 1.5),
                border=(0.9, 1.3),
            ),
        ),
    ),
    Disease(
        "erythema nodosum",
        2,
        frozenset(("leg", "ankle", "knee", "thigh", "arm", "elbow")),
        (
            nodule(
                (2.0, 4.0),
                (4, 9),
                red(0.6, 0.9),
                livid(0.2, 0.5),
                yellow(0.0, 0.2, "ring"),
                relief(0.12, 0.22, "halo"),
                rise=(0.0, 0.02),
                border=(0.8, 1.2),
                least=10.0,
                apart=0.9,
            ),
        ),
    ),
    Disease(
        "pyoderma gangrenosum, leg ulcer: undermined violet edge",
        2,
        LEGS | {"arm", "back", "stomach", "foot", "chest", "shoulder", "neck", "face"},
        (
            plaque(
                (0.9, 1.2),
                (1, 1),
                *ulcer("fill"),
                livid(0.8, 1.0, "ring"),
                red(0.5, 0.7, "ring"),
                Layer("pus", "mottle", (0.15, 0.35), 0.5),
                black(0.4, 0.8, "dust", 0.5),
                relief(0.06, 0.12, "ring"),
                arrangement="base",
                shape="lobed",
                border=(0.10, 0.16),
                rise=(0.0, 0.01),
            ),
        ),
        foci=(1, 2),
        spread=(3.0, 6.0),
    ),
)
