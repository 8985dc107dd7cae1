"""What follows a judge's training: the tone table measured with its masks, and its own accuracy."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from core.measuring.judge import Judge
from core.measuring.tone import ToneReference, build_reference, save_reference, skin_colour
from training.embedded.datasets import PhantomSet
from training.evaluation.judged_figures import Scale, accuracies, flat, tables
from training.evaluation.judging import AT_ONCE, Judged, judge_pictures

REPORT_NAME = "report.json"
PER_CELL = 40
"""Phantoms of each tone and site that the table is measured on, at most."""


def tone_reference(
    judge: Judge, phantoms: PhantomSet, rows: NDArray[np.int64], folder: Path
) -> ToneReference:
    """Measures skin colour by site and tone with the judge's own masks, and saves the table."""
    chosen = _spread(phantoms, rows)
    sites, tones, colours = [], [], []
    for start in range(0, len(chosen), AT_ONCE):
        group = chosen[start : start + AT_ONCE]
        images = [Image.fromarray(phantoms.images[row]) for row in group]
        for row, image, reading in zip(group, images, judge.read_many(images), strict=True):
            colour, attributes = skin_colour(image, reading.skin), phantoms.phantoms[row].attributes
            if colour is not None and attributes.site and attributes.tone:
                sites.append(attributes.site)
                tones.append(attributes.tone)
                colours.append(colour)
    reference = build_reference(sites, tones, colours)
    save_reference(reference, folder)
    return reference


def _spread(phantoms: PhantomSet, rows: NDArray[np.int64]) -> list[int]:
    """At most PER_CELL rows of each site and tone, in order."""
    counts: dict[tuple[str | None, str | None], int] = {}
    chosen = []
    for row in rows.tolist():
        attributes = phantoms.phantoms[row].attributes
        cell = (attributes.site, attributes.tone)
        counts[cell] = counts.get(cell, 0) + 1
        if counts[cell] <= PER_CELL:
            chosen.append(row)
    return chosen


def judge_report(
    judge: Judge, reference: ToneReference, phantoms: PhantomSet, rows: NDArray[np.int64], folder: Path
) -> dict[str, object]:
    """Judges phantoms whose attributes are known, writes report.json and returns its figures."""
    judged = list(judge_pictures(judge, reference, phantom_pictures(phantoms, rows)))
    found = ceiling_report(judge, judged)
    found["pictures"], found["phantoms"] = len(judged), phantoms.digest
    (folder / REPORT_NAME).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    figures: dict[str, object] = found["figures"]
    return figures


def ceiling_report(judge: Judge, judged: list[Judged]) -> dict[str, Any]:
    """Figures and tables of phantoms: the best that any generator can be measured at."""
    scale = scale_of(judge, (one.asked for one in judged))
    return {"figures": flat(accuracies(judged, scale)), "tables": tables(judged, scale)}


def scale_of(judge: Judge, asked: Iterable[Attributes]) -> Scale:
    """The judge's keys, and all tones of the scale that was asked, from light to dark."""
    words, known = load_vocabulary(), judge.config
    monk = any(attributes.tone in words.monk_tones for attributes in asked)
    tones = tuple(words.monk_tones if monk else words.tones)
    return Scale(known.rashes, known.sites, tones, known.severities, known.views)


def phantom_pictures(
    phantoms: PhantomSet, rows: NDArray[np.int64]
) -> Iterator[tuple[Image.Image, Attributes]]:
    """Pictures with what is true of them."""
    for row in rows:
        yield Image.fromarray(phantoms.images[row]), phantoms.phantoms[row].attributes
