"""Sets of pictures compared by features: KID, pictures too near to a training phantom, diversity.

Features are the judge's pooled ones (``core.measuring.training_index.FEATURES``). KID is unbiased and
comparable only between figures taken on the same features.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial.distance import cdist, pdist
from torchmetrics.image.kid import KernelInceptionDistance

from core.measuring.judge import Judge
from core.measuring.training_index import FEATURES as FEATURES
from core.measuring.training_index import NEAR_PERCENTILE

Features = NDArray[np.float32]

AT_ONCE = 16
SUBSETS = 100
SUBSET_SIZE = 100
CHUNK = 512


def features_of(judge: Judge, images: Iterable[Image.Image]) -> Features:
    """(pictures, features), a few at a time."""
    waiting, found = iter(images), []
    while group := list(islice(waiting, AT_ONCE)):
        found.append(judge.features_of(group))
    return np.concatenate(found)


def kernel_distance(first: Features, second: Features, seed: int = 0) -> dict[str, float]:
    """Kernel inception distance (Binkowski et al. 2018) with its standard error over random subsets."""
    size = min(SUBSET_SIZE, len(first), len(second))
    metric = KernelInceptionDistance(torch.nn.Identity(), subsets=SUBSETS, subset_size=size)
    metric.update(torch.from_numpy(first).double(), real=True)
    metric.update(torch.from_numpy(second).double(), real=False)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        mean, deviation = metric.compute()
    return {"value": float(mean), "standard_error": float(deviation) / SUBSETS**0.5}


def nearest_distances(pictures: Features, others: Features, own: bool = False) -> NDArray[np.float64]:
    """(pictures,) Euclidean distance of each to its nearest neighbour among ``others``.

    ``own`` leaves out the picture itself, where both sets are the same.
    """
    found = []
    for start in range(0, len(pictures), CHUNK):
        distances = cdist(pictures[start : start + CHUNK], others)
        if own:
            rows = np.arange(len(distances))
            distances[rows, start + rows] = np.inf
        found.append(distances.min(axis=1))
    return np.concatenate(found)


def too_near(pictures: Features, training: Features) -> tuple[NDArray[np.bool_], dict[str, Any]]:
    """Which pictures lie nearer to a training phantom than nearly all phantoms lie to each other."""
    among = nearest_distances(training, training, own=True)
    threshold = float(np.percentile(among, NEAR_PERCENTILE))
    distances = nearest_distances(pictures, training)
    table = {
        "features": FEATURES,
        "threshold": threshold,
        "phantoms_median": float(np.median(among)),
        "pictures_median": float(np.median(distances)),
        "pictures_nearest": float(distances.min()),
    }
    return distances < threshold, table


def diversity(groups: Sequence[Features]) -> float:
    """Mean distance between two pictures of one group, over groups of at least two."""
    means = [float(pdist(group).mean()) for group in groups if len(group) > 1]
    return float(np.mean(means)) if means else float("nan")
