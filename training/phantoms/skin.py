"""The colour of skin: melanin and haemoglobin as separate absorbers, in linear light.

Light passes the melanin of the epidermis twice and meets haemoglobin beneath it, so both act as factors on
what comes back (Beer-Lambert): the same inflammation is pink on pale skin and brown or violaceous on dark
skin without a special case. Absorption per channel follows the shape of the published spectra: melanin falls
with about the third power of the wavelength, oxygenated blood absorbs green and blue and lets red pass.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.measuring.colour import MONK_SWATCHES, srgb_to_linear
from training.phantoms.body import Body, Field, Frame, Marks
from training.phantoms.noise import octaves, smooth_noise

RGB = NDArray[np.float32]
"""(size, size, 3) or (3,), linear light."""

MELANIN = np.array([0.55, 0.95, 1.35], np.float32)
BLOOD = np.array([0.10, 1.05, 0.82], np.float32)
BLOODLESS = np.array([0.93, 0.83, 0.75], np.float32)
"""Skin without pigment, about the colour of a palm's thick epidermis."""
WARM = np.array([0.30, 0.05, -0.10], np.float32)
SCALE = np.array([0.66, 0.64, 0.60], np.float32)
CRUST = np.array([0.40, 0.22, 0.06], np.float32)
PUS = np.array([0.86, 0.78, 0.50], np.float32)
PLUG = np.array([0.022, 0.016, 0.012], np.float32)
YELLOW = np.array([0.02, 0.16, 1.0], np.float32)
"""Absorption of fat and carotene."""
SLATE = np.array([1.75, 1.35, 0.95], np.float32)
"""Absorption of melanin in the dermis: what red light reaches it is lost, blue is scattered back above it."""
NAIL = np.array([0.80, 0.60, 0.52], np.float32)


@dataclass(frozen=True)
class Complexion:
    """One person's skin: a place between the Monk swatches and how ruddy and mottled it is."""

    monk: float
    """Continuous Monk step, 1 to 10; 6.5 lies between the swatches 6 and 7."""
    warmth: float
    """Relative shift between red and blue, about -0.04 to 0.04."""
    ruddiness: float
    """Haemoglobin everywhere, 0 to 0.12."""
    mottle: float
    """Relative unevenness of pigment, about 0.03."""
    freckles: float
    """0 none to 1 many."""


def monk_colour(monk: float) -> RGB:
    """Linear RGB (3,) of a continuous Monk step, interpolated in log light between the swatches."""
    swatches = np.log(srgb_to_linear(np.asarray(MONK_SWATCHES, np.float64) / 255))
    position = np.arange(1, 11)
    return np.exp([np.interp(monk, position, swatches[:, c]) for c in range(3)]).astype(np.float32)


def albedo(frame: Frame, body: Body, marks: Marks, complexion: Complexion, rng: np.random.Generator) -> RGB:
    """Reflectance (size, size, 3) of the skin, its lesions, nails and whatever lies on it."""
    base = monk_colour(complexion.monk) * np.array(
        [1 + complexion.warmth, 1, 1 - complexion.warmth], np.float32
    )
    darkness = float(1 - base.mean())
    pigment = body.melanin * (1 + complexion.mottle * octaves(rng, frame.size, frame.cells(3.0), 4, 0.6))
    density = -np.log(np.minimum(base / BLOODLESS, 0.995))
    thin = np.clip(1 - body.melanin, 0, 1)[..., None]  # few melanosomes absorb less evenly: palms look warm
    colour = BLOODLESS * np.exp(-pigment[..., None] * density * (1 - thin * WARM))
    added = np.where(marks.melanin < 0, 0.25 * marks.melanin, marks.melanin)  # loss is `_depigmented`'s
    colour = colour * np.exp(
        -np.maximum(added + _freckles(frame, complexion, rng), -0.9)[..., None] * MELANIN
    )
    colour = _depigmented(colour, marks)
    colour = _in_dermis(colour, marks, darkness)
    blood = complexion.ruddiness * (1 + 0.5 * smooth_noise(rng, frame.size, frame.cells(2.5))) + body.blood
    colour = _with_blood(colour, np.maximum(blood, 0), marks, darkness)
    return _covered(colour, body, marks, darkness)


def _freckles(frame: Frame, complexion: Complexion, rng: np.random.Generator) -> Field:
    """Sparse soft brown spots (relative melanin)."""
    spots = smooth_noise(rng, frame.size, frame.cells(max(0.4, 6 / frame.px_per_cm)))
    return np.asarray(0.5 * np.clip(spots - (3.3 - 1.1 * complexion.freckles), 0, 0.8), np.float32)


def _depigmented(colour: RGB, marks: Marks) -> RGB:
    """Negative melanin beyond what thinning can do: towards the bloodless white of vitiligo."""
    loss = np.clip(-marks.melanin, 0, 1)[..., None]
    white = np.maximum(BLOODLESS * 0.95, colour)  # the palest skin does not darken by losing pigment
    return np.asarray(colour * (1 - loss) + white * loss, np.float32)


def _in_dermis(colour: RGB, marks: Marks, darkness: float) -> RGB:
    """Fat and deep pigment absorb; oedema and sclerosis scatter more light back."""
    colour = colour * np.exp(-marks.yellow[..., None] * YELLOW - marks.slate[..., None] * SLATE)
    return np.asarray(colour * (1 + (0.12 + 0.30 * darkness) * marks.pale[..., None]), np.float32)


def _with_blood(colour: RGB, ordinary: Field, marks: Marks, darkness: float) -> RGB:
    """Erythema; deep or melanin-covered blood looks violet because the red light is lost on the way."""
    total = ordinary + marks.blood * (1 - 0.8 * marks.pale)
    violet = np.clip(marks.deep + 0.45 * darkness * np.clip(marks.blood, 0, 1), 0, 1)[..., None]
    cast = 1 + violet * np.array([-0.22, 0.02, 0.16], np.float32)
    return np.asarray(colour * np.exp(-total[..., None] * BLOOD) * cast, np.float32)


def _covered(colour: RGB, body: Body, marks: Marks, darkness: float) -> RGB:
    """Scale, crust, pus, plugs, nails and hair, in the order in which they lie on each other."""
    nail = NAIL * (0.45 + 0.55 * colour.mean(axis=(0, 1)) / NAIL.mean())
    colour = colour + (body.nail * 0.75)[..., None] * (nail.astype(np.float32) - colour)
    colour = colour * _nail_tint(marks)
    layers = (
        (marks.pus, PUS * (1 - 0.35 * darkness)),
        (marks.crust * (1 - 0.35 * darkness), CRUST * (1 - 0.45 * darkness)),
        (marks.scale * (0.80 - 0.32 * darkness), SCALE * (1 - 0.25 * darkness)),
        (marks.plug, PLUG),
    )
    for alpha, paint in layers:
        colour = colour + alpha[..., None] * (paint.astype(np.float32) - colour)
    alpha = body.paint_alpha[..., None]
    return np.asarray(colour * (1 - alpha) + body.paint, np.float32)


def _nail_tint(marks: Marks) -> RGB:
    """What blood, pigment and decay take from the light that a diseased nail plate returns."""
    taken = marks.blood[..., None] * BLOOD + np.maximum(marks.melanin, 0)[..., None] * MELANIN
    taken = taken + marks.yellow[..., None] * YELLOW + marks.slate[..., None] * SLATE
    return np.asarray(np.exp(-0.75 * taken * marks.nail[..., None]), np.float32)
