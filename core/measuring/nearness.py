"""How near a drawn picture lies to what was learned from, by the indexes beside the weights that drew it.

Loads an index once and again when its file changes. Needs a judge, but no torch of its own.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from core.errors import ModelError
from core.measuring.training_index import INDEX_NAME, Nearest, TrainingIndex, read_index
from core.recipes import STOCK_ENCODER, Recipe
from core.weights.checkpoints import encoder_hash
from core.weights.loras import resolve_lora
from core.weights.model_folders import locate_source

if TYPE_CHECKING:
    from core.measuring.judge import Judge

logger = logging.getLogger(__name__)


class Nearness:
    """Finds the nearest training picture of what was drawn, with one judge of SHA-256 ``digest``."""

    def __init__(self, judge: "Judge", digest: str) -> None:
        self._judge, self._digest = judge, digest
        self._read: dict[Path, tuple[int, TrainingIndex | None]] = {}

    def of(self, image: Image.Image, recipe: Recipe) -> Nearest | None:
        """The nearest among all that model, LoRA and text encoder learned from; None where no index of theirs
        is there, or each is of other weights or another judge."""
        indexes = [index for path, weights in _places(recipe) if (index := self._index(path, weights))]
        if not indexes:
            return None
        picture = image.convert("RGB")
        views = self._judge.features_of([picture, ImageOps.mirror(picture)])
        return min((index.nearest(views) for index in indexes), key=lambda one: (one.share, one.distance))

    def _index(self, path: Path, weights: str) -> TrainingIndex | None:
        index = self._loaded(path)
        if index is None or (index.origin.weights, index.origin.judge) != (weights, self._digest):
            return None
        return index

    def _loaded(self, path: Path) -> TrainingIndex | None:
        if not path.is_file():
            return None
        stamp = path.stat().st_mtime_ns
        if self._read.get(path, (None,))[0] != stamp:
            self._read[path] = (stamp, _read(path))
        return self._read[path][1]


def _read(path: Path) -> TrainingIndex | None:
    """A broken index keeps nothing else from being measured."""
    try:
        return read_index(path)
    except ModelError as error:
        logger.warning("no nearest training pictures: %s", error)
        return None


def _places(recipe: Recipe) -> Iterator[tuple[Path, str]]:
    """Where indexes may be, with the hash of the weights that they must be of."""
    if (model := locate_source(recipe.model)) is not None:
        yield model / INDEX_NAME, recipe.model_hash
    try:
        if recipe.lora is not None:
            yield resolve_lora(recipe.lora) / INDEX_NAME, recipe.lora_hash or ""
        if recipe.text_encoder != STOCK_ENCODER and recipe.text_encoder_weight != 0:
            encoder = Path(recipe.text_encoder)
            yield encoder / INDEX_NAME, encoder_hash(encoder) if (encoder / INDEX_NAME).is_file() else ""
    except ModelError:
        return
