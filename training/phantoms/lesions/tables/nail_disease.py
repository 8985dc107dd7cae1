"""Nail disease: only where nail plates are in view."""

from training.phantoms.lesions.morphology import (
    brown,
    livid,
    pus,
    pustule,
    red,
    relief,
    scale,
    shine,
    slate,
    yellow,
)
from training.phantoms.lesions.parts import Disease, Group, Layer, Part, Range
from training.phantoms.lesions.regions import NAILS


def _plate(count: Range, *layers: Layer) -> Part:
    """A part on nail plates; ``count`` is the share of the nails in view."""
    sick = Layer("nail", "fill", (0.95, 1.0))
    return Part("nail", (1, 1), count, (sick, *layers), arrangement="nails", outlined=False)


def _fold(count: Range, *layers: Layer) -> Part:
    """A part on the skin around nails."""
    return Part(
        "nail fold",
        (1, 1),
        count,
        (*layers, Layer("mask", "fold", (0.9, 1.0))),
        arrangement="nails",
        outlined=False,
    )


GROUP: Group = (
    Disease(
        "onychomycosis: yellow-brown, thick, crumbling",
        6,
        NAILS | {"foot"},
        (
            _plate(
                (0.35, 1.0),
                yellow(0.8, 1.4, "distal", 0.3),
                brown(0.3, 0.7, "distal", 0.3),
                Layer("crust", "flakes", (0.3, 0.7), 0.16),
                Layer("scale", "dust", (0.5, 0.8), 0.1),
                relief(0.03, 0.08, "distal", 0.3),
                relief(0.01, 0.025, "wrinkles", 0.12),
                shine(-0.7, -0.5),
                slate(0.1, 0.5, "dots", 0.3),
            ),
        ),
    ),
    Disease(
        "nail psoriasis: pits, oil drops, onycholysis",
        4,
        NAILS,
        (
            _plate(
                (0.5, 1.0),
                relief(-0.06, -0.035, "dots", 0.09),
                slate(0.5, 0.9, "dots", 0.09),
                yellow(0.3, 0.6, "distal", 0.4),
                pus(0.35, 0.7, "distal"),
                red(0.5, 0.8, "onset", 0.4),
                brown(0.3, 0.5, "onset", 0.4),
            ),
            _fold((0.3, 0.6), red(0.3, 0.5, "fold"), *scale(0.2, 0.4, "fold")),
        ),
    ),
    Disease(
        "paronychia",
        4,
        NAILS,
        (
            _fold(
                (0.2, 0.55),
                red(0.9, 1.2, "fold"),
                livid(0.1, 0.3, "fold"),
                relief(0.06, 0.12, "fold"),
                shine(0.8, 1.6, "fold"),
            ),
            _plate(
                (0.2, 0.55),
                relief(0.004, 0.012, "wrinkles", 0.2),
                yellow(0.2, 0.5, "mottle", 0.3),
                slate(0.1, 0.3, "stripe"),
            ),
            pustule((0.25, 0.45), (1, 3), arrangement="periungual", least=3.2, chance=0.5),
        ),
    ),
    Disease(
        "splinter haemorrhages",
        2,
        NAILS,
        (_plate((0.5, 1.0), red(1.5, 2.2, "splinters", 0.25), brown(0.8, 1.2, "splinters", 0.25)),),
    ),
    Disease(
        "longitudinal melanonychia, subungual blood",
        2.5,
        NAILS,
        (
            _plate(
                (0.15, 0.5), brown(1.2, 1.9, "stripe"), slate(0.4, 0.9, "stripe"), slate(0.0, 0.3, "slope")
            ),
        ),
    ),
    Disease(
        "Beau lines, ridging, white spots",
        2,
        NAILS,
        (
            _plate(
                (0.7, 1.0),
                relief(-0.08, -0.05, "groove"),
                brown(0.15, 0.3, "groove"),
                pus(0.5, 0.8, "dust"),
                relief(0.006, 0.012, "wrinkles", 0.12),
            ),
        ),
    ),
)
