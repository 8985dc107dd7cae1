"""Skin tone as measured in a picture: the colour of unaffected skin, and the step it is nearest to.

A photograph's skin is not the Monk swatch of its step: light, shading and the site change it (palms and soles
are paler). So a measured colour is compared with the colours that phantoms of each step show at that site,
measured in the same way with the same masks (``training.train_judge`` writes that table).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from core.errors import ModelMissingError
from core.language.vocabulary import Tone, load_vocabulary
from core.measuring.colour import MONK_LAB, delta_e, ita_degrees, nearest_monk, srgb_to_lab

REFERENCE_NAME = "tone_reference.json"
ANY_SITE = "any"
"""The table's row for pictures whose site is not known or was not measured."""

EDGE = 7
"""Pixels of a 256-pixel picture that are dropped around lesions and along outlines, where shading darkens."""

FEWEST = 64
"""Skin pixels below which no tone is said."""

MIDDLE = (25, 75)
"""Percentiles of lightness between which skin is measured: without shadows and highlights."""

Lab = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ToneReading:
    """Measured tone. ``step`` is a vocabulary key, ``monk`` the nearest Monk swatch (1 to 10), ``ita`` the
    individual typology angle in degrees, ``lab`` CIE Lab of the skin, ``distance`` CIEDE2000 to the step."""

    step: str
    monk: int
    ita: float
    lab: Lab
    distance: float


@dataclass(frozen=True, slots=True)
class ToneReference:
    """CIE Lab of skin by site and tone key; the row ANY_SITE covers all sites. Every row holds the named
    tones, and the steps of the Monk scale if phantoms of them were measured."""

    colours: dict[str, dict[str, Lab]]

    def scale(self, tones: Sequence[str]) -> tuple[str, ...]:
        """Those tones if the table holds them all, else the named ones."""
        there = self.colours[ANY_SITE]
        whole = bool(tones) and all(tone in there for tone in tones)
        return tuple(tones) if whole else tuple(key for key in there if key in load_vocabulary().tones)

    def at(self, site: str | None) -> dict[str, Lab]:
        """Colours of the steps at a site."""
        return self.colours.get(site or ANY_SITE, self.colours[ANY_SITE])


def measure_tone(
    image: Image.Image,
    skin: NDArray[np.bool_],
    site: str | None,
    reference: ToneReference,
    tones: Sequence[str] = (),
) -> ToneReading | None:
    """Measures the skin's colour and names the nearest step by CIEDE2000; None where no skin is seen.

    Args:
        image: any size.
        skin: mask of unaffected skin, of the picture's height and width.
        site: vocabulary key, or None if it is not known.
        reference: colours to compare with.
        tones: the scale to tell a step of; the named tones where it is empty or not in the table.
    """
    lab = skin_colour(image, skin)
    if lab is None:
        return None
    colours = reference.at(site)
    steps = {tone: colours[tone] for tone in reference.scale(tones)}
    distances = delta_e(lab, np.asarray(list(steps.values())))
    nearest = int(np.argmin(distances))
    return ToneReading(
        list(steps)[nearest],
        nearest_monk(lab),
        float(ita_degrees(lab)),
        _triple(lab),
        float(distances[nearest]),
    )


def skin_colour(image: Image.Image, skin: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Median CIE Lab, shape (3,), of the skin in middle light; None if there are fewer than FEWEST pixels."""
    pixels = np.asarray(image.convert("RGB"))
    chosen = pixels[_inner(skin)]
    if len(chosen) < FEWEST:
        chosen = pixels[skin]
    if len(chosen) < FEWEST:
        return None
    lab = srgb_to_lab(chosen)
    low, high = np.percentile(lab[:, 0], MIDDLE)
    middle = lab[(lab[:, 0] >= low) & (lab[:, 0] <= high)]
    return np.asarray(np.median(middle, axis=0))


def _inner(skin: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask without its rim; what lies beyond the picture's frame counts as skin."""
    width = max(1, round(EDGE * max(skin.shape) / 256))
    kernel = np.ones((width, width), np.uint8)
    return cv2.erode(skin.astype(np.uint8), kernel, borderValue=1).astype(bool)


def build_reference(sites: Sequence[str], tones: Sequence[str], colours: ArrayLike) -> ToneReference:
    """The median colour of each tone at each site, from pictures whose attributes are known.

    Pictures of a Monk step count for the named tone that holds it, too. A tone that was not measured at a
    site takes its colour over all sites; one that was measured nowhere takes the mean of its Monk swatches.

    Args:
        sites, tones: of each picture.
        colours: (pictures, 3) CIE Lab from ``skin_colour``.
    """
    words = load_vocabulary()
    lab = np.asarray(colours, dtype=np.float64).reshape(-1, 3)
    known = words.all_tones if any(tone in words.monk_tones for tone in tones) else words.tones
    shown = [{tone, words.named_tone(words.tone(tone)).key} for tone in tones]
    place = np.asarray(sites)
    everywhere = _row(lab, shown, swatch_colours(known))
    rows = {
        site: _row(
            lab[place == site], [s for s, at in zip(shown, sites, strict=True) if at == site], everywhere
        )
        for site in sorted(set(sites))
    }
    return ToneReference({ANY_SITE: everywhere, **rows})


def swatch_colours(tones: Mapping[str, Tone] | None = None) -> dict[str, Lab]:
    """Mean colour of each tone's Monk swatches, from light to dark; of the named tones unless told others."""
    known = (load_vocabulary().tones if tones is None else tones).values()
    return {tone.key: _triple(MONK_LAB[tone.monk[0] - 1 : tone.monk[1]].mean(axis=0)) for tone in known}


def _row(lab: NDArray[np.float64], shown: list[set[str]], otherwise: dict[str, Lab]) -> dict[str, Lab]:
    """``shown`` holds the tones that each picture counts for."""
    row = {}
    for key, colour in otherwise.items():
        own = lab[[key in tones for tones in shown]]
        row[key] = _triple(np.median(own, axis=0)) if len(own) else colour
    return row


def save_reference(reference: ToneReference, folder: Path) -> None:
    """Writes the table beside a judge."""
    rounded = {
        site: {tone: [round(value, 3) for value in lab] for tone, lab in steps.items()}
        for site, steps in reference.colours.items()
    }
    (folder / REFERENCE_NAME).write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")


def load_reference(folder: Path | str) -> ToneReference:
    """Reads the table of a judge's folder.

    Raises:
        ModelMissingError: it is missing or unreadable.
    """
    path = Path(folder) / REFERENCE_NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        table = {site: {tone: _triple(lab) for tone, lab in steps.items()} for site, steps in found.items()}
        return ToneReference({ANY_SITE: table[ANY_SITE], **table})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelMissingError(
            f"No usable tone reference in {path}: {error}. python -m training.train_judge makes one."
        ) from error


def _triple(lab: Iterable[float]) -> Lab:
    lightness, a, b = lab
    return float(lightness), float(a), float(b)
