"""Figures of a measurement's pictures as a set, against phantoms: KID and its floor, nearness, diversity."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from core.language.attributes import Attributes
from core.measuring.judge import Judge
from core.weights.autoencoders import autoencoder_class
from training.clip_tuning.metrics import proportion
from training.embedded.datasets import PhantomSet
from training.embedded.previews import to_pictures
from training.evaluation.distribution import (
    FEATURES,
    Features,
    diversity,
    features_of,
    kernel_distance,
    too_near,
)
from training.evaluation.drawing import Drawn
from training.train_autoencoder import reconstruct


@dataclass(frozen=True, slots=True)
class SetFigures:
    """Flat figures, and the tables behind them."""

    figures: dict[str, Any]
    tables: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Compared:
    """What a set of drawn pictures is compared with."""

    judge: Judge
    vae: Path
    held_out: PhantomSet
    training: PhantomSet | None


def set_figures(drawn: Sequence[Drawn], repeated: Sequence[Drawn], compared: Compared) -> SetFigures:
    """Compares ``drawn`` with phantoms; ``repeated`` holds several seeds of a few prompts."""
    pictures = features_of(compared.judge, _opened(drawn))
    phantoms = features_of(compared.judge, _pictures(compared.held_out, np.arange(len(compared.held_out))))
    distance, floor = kernel_distance(pictures, phantoms), _floor(compared, phantoms)
    figures: dict[str, Any] = {"kid": distance["value"], "kid_floor": floor["value"]}
    tables: dict[str, Any] = {"kid": {"features": FEATURES, "drawn": distance, "reconstructions": floor}}
    if compared.training is not None:
        near, table = too_near(pictures, _with_mirrors(compared.judge, compared.training))
        share = proportion(near)
        figures |= {"too_near": share.value, "too_near_interval": list(share.interval or ())}
        tables["nearest_training_phantom"] = table
    tables["diversity"] = _diversity(repeated, compared)
    return SetFigures(figures, tables)


def _floor(compared: Compared, phantoms: Features) -> dict[str, float]:
    """KID of one half of the held-out phantoms, through the autoencoder, against the other half."""
    rows = np.arange(len(compared.held_out))
    kept, coded = rows[::2], rows[1::2]
    vae = autoencoder_class(compared.vae).from_pretrained(compared.vae, torch_dtype=torch.float32).eval()
    images = (
        Image.fromarray(picture)
        for part in np.array_split(coded, -(-len(coded) // 8))
        for picture in to_pictures(reconstruct(vae, compared.held_out.images[part]))
    )
    return kernel_distance(features_of(compared.judge, images), phantoms[kept])


def _with_mirrors(judge: Judge, phantoms: PhantomSet) -> Features:
    """Training sees each phantom both ways; so a mirrored copy counts as a copy."""
    rows = np.arange(len(phantoms))
    mirrored = (Image.fromarray(phantoms.images[row][:, ::-1].copy()) for row in rows)
    return np.concatenate([features_of(judge, _pictures(phantoms, rows)), features_of(judge, mirrored)])


def _diversity(repeated: Sequence[Drawn], compared: Compared) -> dict[str, Any]:
    """Mean distance between pictures of one prompt, beside that between phantoms of the same attributes."""
    drawn: dict[Attributes, list[Drawn]] = defaultdict(list)
    for one in repeated:
        drawn[one.request.attributes].append(one)
    phantoms = compared.training or compared.held_out
    alike = [_alike(phantoms, attributes) for attributes in drawn]
    return {
        "features": FEATURES,
        "prompts": len(drawn),
        "pictures": diversity([features_of(compared.judge, _opened(group)) for group in drawn.values()]),
        "phantoms": diversity(
            [features_of(compared.judge, _pictures(phantoms, rows)) for rows in alike if len(rows) > 1]
        ),
    }


def _alike(phantoms: PhantomSet, attributes: Attributes) -> NDArray[np.int64]:
    return np.flatnonzero([phantom.attributes == attributes for phantom in phantoms.phantoms])


def _opened(drawn: Sequence[Drawn]) -> Iterator[Image.Image]:
    for one in drawn:
        with Image.open(one.path) as image:
            yield image.convert("RGB")


def _pictures(phantoms: PhantomSet, rows: NDArray[np.int64]) -> Iterator[Image.Image]:
    return (Image.fromarray(phantoms.images[row]) for row in rows)
