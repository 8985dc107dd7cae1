"""The training index: where a model's training pictures lie, so that a drawn one too near to them is noticed.

``training_index.safetensors`` stands beside the weights that learned from the pictures: in the folder of a
model, of a LoRA, or of a text encoder. It holds their features (``FEATURES``) along the main components, in
half precision, and how near the pictures lie to one another. ``training.index_training`` writes it. Nothing
here needs torch.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from scipy.spatial.distance import cdist

from core.errors import ModelError

INDEX_NAME = "training_index.safetensors"
FEATURES = "the judge's pooled features"
NEAR_PERCENTILE = 1
"""A picture is too near to training if it lies nearer than this percentile of training pictures to each
other."""

STEPS = 200
"""Parts that the distances among training pictures are kept in."""

CHUNK = 512
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class IndexOrigin:
    """What an index was made of: ``label`` says which pictures, ``weights`` is the hash of what learned from
    them (as recipes know it), ``judge`` the SHA-256 of the weights whose features these are."""

    label: str
    weights: str
    judge: str


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest training picture. ``share`` of the training pictures (0 to 1) lie nearer than ``distance``
    to another of their own; ``too_near`` if fewer than NEAR_PERCENTILE in 100 do."""

    name: str
    label: str
    distance: float
    share: float
    too_near: bool


@dataclass(frozen=True, slots=True, eq=False)
class TrainingIndex:
    """Training pictures by ``names``, as ``points`` (pictures, components + 1).

    A point is a picture's coordinates along the ``components`` (components, features) from the ``mean``, and
    last the length of what they leave out. Distances between points are never above those between features,
    and 0 between equal pictures. ``spacing`` are STEPS + 1 quantiles of the distances from each picture to
    its nearest neighbour, itself and its mirror image left out.
    """

    origin: IndexOrigin
    names: tuple[str, ...]
    mean: Floats
    components: Floats
    points: Floats
    spacing: Floats

    @property
    def threshold(self) -> float:
        """Distance below which a picture is too near."""
        return float(self.spacing[STEPS * NEAR_PERCENTILE // 100])

    def nearest(self, views: Floats) -> Nearest:
        """The training picture nearest to one picture, given the features of its ``views`` (views, features):
        the picture itself and its mirror image, since training saw its pictures both ways."""
        distances = cdist(projected(views, self.mean, self.components), self.points).min(axis=0)
        place = int(distances.argmin())
        distance = float(distances[place])
        share = float(np.interp(distance, self.spacing, np.linspace(0, 1, STEPS + 1)))
        return Nearest(
            self.names[place],
            self.origin.label,
            round(distance, 4),
            round(share, 4),
            distance < self.threshold,
        )


def build_index(
    origin: IndexOrigin, names: Sequence[str], features: Floats, mirrored: Floats, components: int
) -> TrainingIndex:
    """An index over ``features`` (pictures, features); ``mirrored`` are those of the mirror images."""
    mean = features.mean(axis=0)
    axes = np.linalg.svd(features - mean, full_matrices=False)[2][:components]
    mean, axes = _halved(mean), _halved(axes)
    points = _halved(projected(features, mean, axes))
    spacing = np.quantile(
        among(points, projected(mirrored, mean, axes)), np.linspace(0, 1, STEPS + 1)
    ).astype(np.float32)
    return TrainingIndex(origin, tuple(names), mean, axes, points, spacing)


def projected(features: Floats, mean: Floats, components: Floats) -> Floats:
    """(pictures, features) to points (pictures, components + 1)."""
    centred = features - mean
    inside = centred @ components.T
    outside = np.linalg.norm(centred - inside @ components, axis=1)
    return np.column_stack([inside, outside]).astype(np.float32)


def among(points: Floats, mirrored: Floats) -> NDArray[np.float64]:
    """(pictures,) distance of each, either way round, to the nearest of the others."""
    found = []
    for start in range(0, len(points), CHUNK):
        rows = slice(start, start + CHUNK)
        distances = np.minimum(cdist(points[rows], points), cdist(mirrored[rows], points))
        here = np.arange(len(distances))
        distances[here, start + here] = np.inf
        found.append(distances.min(axis=1))
    return np.concatenate(found)


def write_index(folder: Path, index: TrainingIndex) -> Path:
    """Writes the index beside the weights, whole or not at all."""
    path = folder / INDEX_NAME
    origin = index.origin
    notes = {"label": origin.label, "weights": origin.weights, "judge": origin.judge, "features": FEATURES}
    tensors = {name: getattr(index, name).astype(np.float16) for name in ("mean", "components", "points")}
    waiting = path.with_suffix(".tmp")
    save_file(
        {**tensors, "spacing": index.spacing}, waiting, {**notes, "names": json.dumps(list(index.names))}
    )
    waiting.replace(path)
    return path


def read_index(path: Path) -> TrainingIndex:
    """Reads an index.

    Raises:
        ModelError: it is damaged or holds something else.
    """
    try:
        with safe_open(path, framework="np") as file:
            notes = dict(file.metadata() or {})
            parts = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
        origin = IndexOrigin(notes["label"], notes["weights"], notes["judge"])
        index = TrainingIndex(origin, tuple(json.loads(notes["names"])), **parts)
        if index.points.shape != (len(index.names), len(index.components) + 1) or not len(index.names):
            raise ValueError("its parts do not fit each other")
        return index
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
        raise ModelError(
            f"{path} can't be read as a training index ({error!r}). Remove it, or make it again by "
            "'python -m training.index_training'."
        ) from error


def _halved(values: Floats) -> Floats:
    """The values as they are kept, so that an index says the same before and after it was written."""
    return values.astype(np.float16).astype(np.float32)
