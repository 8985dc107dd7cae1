"""Phantoms as CLIP learns from them: small pictures, attribute numbers and tokenised sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPTokenizer

from core.attributes import Attributes
from training.areas import area_classes, shrink
from training.datasets import PhantomSet
from training.paraphrases import split_paraphrases

CAPTION_SHARE = 0.25
"""How often a picture is shown with the template caption rather than one of its paraphrases."""

LARGEST_SHIFT = 6
"""Pixels that a training picture is moved, at most."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Attributes as numbers. Sites count as one value, so "hand and leg" is neither hand nor leg."""

    rashes: tuple[str, ...]
    sites: tuple[tuple[str, ...], ...]
    tones: tuple[str, ...]

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Number of values of each attribute."""
        return len(self.rashes), len(self.sites), len(self.tones)

    def number(self, attributes: Attributes) -> tuple[int, int, int]:
        """Rash, sites and tone as places in the lists."""
        return (
            self.rashes.index(attributes.rash or ""),
            self.sites.index(attributes.sites),
            self.tones.index(attributes.tone or ""),
        )


def labels_of(phantoms: PhantomSet) -> Labels:
    """All values that occur, sorted."""
    seen = [phantom.attributes for phantom in phantoms.phantoms]
    return Labels(
        tuple(sorted({a.rash or "" for a in seen})),
        tuple(sorted({a.sites for a in seen})),
        tuple(sorted({a.tone or "" for a in seen})),
    )


@dataclass(frozen=True, slots=True)
class Sentences:
    """Tokenised sentences by attributes: to train on (the template caption first) and held out."""

    train: dict[Attributes, NDArray[np.int64]]
    held_out: dict[Attributes, NDArray[np.int64]]


def tokenise_sentences(
    phantoms: PhantomSet, tokenizer: CLIPTokenizer, left_out: Sequence[str] = ()
) -> Sentences:
    """Rows of 77 tokens for every paraphrase of every combination that occurs."""
    train, held_out = {}, {}
    for attributes in dict.fromkeys(phantom.attributes for phantom in phantoms.phantoms):
        kept, spared = split_paraphrases(attributes, left_out=left_out)
        train[attributes], held_out[attributes] = tokenise(kept, tokenizer), tokenise(spared, tokenizer)
    return Sentences(train, held_out)


def tokenise(texts: list[str], tokenizer: CLIPTokenizer) -> NDArray[np.int64]:
    """(texts, 77) token numbers."""
    rows = tokenizer(texts, padding="max_length", truncation=True).input_ids
    return np.asarray(rows, dtype=np.int64).reshape(len(texts), -1)


@dataclass(frozen=True, slots=True)
class ClipBatch:
    """One step: pictures (uint8), labels (batch, 3), tokens cut behind the longest, area numbers by patch."""

    images: Tensor
    labels: Tensor
    tokens: Tensor
    areas: Tensor


@dataclass(frozen=True, slots=True)
class ClipData:
    """A phantom set, shrunk once and kept in memory."""

    images: NDArray[np.uint8]
    areas: NDArray[np.int64]
    numbers: NDArray[np.int64]
    attributes: tuple[Attributes, ...]
    labels: Labels
    sentences: Sentences
    end_token: int

    def batch(self, rows: NDArray[np.int64], rng: np.random.Generator) -> ClipBatch:
        """Pictures of these rows, mirrored and moved at random, each with one of its sentences."""
        texts = np.stack([self._sentence(row, rng) for row in rows])
        images, areas = zip(*(self._view(row, rng) for row in rows), strict=True)
        return ClipBatch(
            torch.from_numpy(np.stack(images)),
            torch.from_numpy(self.numbers[rows]),
            torch.from_numpy(trim(texts, self.end_token)),
            torch.from_numpy(np.stack(areas)),
        )

    def _sentence(self, row: int, rng: np.random.Generator) -> NDArray[np.int64]:
        rows = self.sentences.train[self.attributes[row]]
        return rows[0] if rng.random() < CAPTION_SHARE else rows[rng.integers(len(rows))]

    def _view(self, row: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """The mirrored and moved picture; the area map is coarse enough to stay."""
        image, areas = self.images[row], self.areas[row]
        if rng.random() < 0.5:
            image, areas = image[:, ::-1], areas[:, ::-1]
        top, left = rng.integers(0, 2 * LARGEST_SHIFT + 1, 2)
        room = ((LARGEST_SHIFT, LARGEST_SHIFT), (LARGEST_SHIFT, LARGEST_SHIFT), (0, 0))
        padded = np.pad(image, room, mode="edge")
        return padded[top : top + image.shape[0], left : left + image.shape[1]], areas


def load_clip_data(
    phantoms: PhantomSet, tokenizer: CLIPTokenizer, size: int, patch: int, left_out: Sequence[str] = ()
) -> ClipData:
    """Shrinks the pictures to ``size`` and the masks to one area number a patch; no sentence holds a name in
    ``left_out``."""
    labels = labels_of(phantoms)
    attributes = tuple(phantom.attributes for phantom in phantoms.phantoms)
    return ClipData(
        np.stack([shrink(image, size) for image in phantoms.images]),
        area_classes(np.asarray(phantoms.masks), size // patch),
        np.asarray([labels.number(a) for a in attributes], dtype=np.int64),
        attributes,
        labels,
        tokenise_sentences(phantoms, tokenizer, left_out),
        int(tokenizer.eos_token_id),
    )


def trim(tokens: NDArray[np.int64], end_token: int) -> NDArray[np.int64]:
    """Cuts the padding behind the longest text; every row keeps its end token."""
    longest = int((tokens == end_token).argmax(axis=1).max()) + 1
    return tokens[:, :longest]
