"""Phantoms as CLIP learns from them: small pictures, attribute numbers and tokenised sentences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPTokenizer

from core.language.attributes import KINDS, Attributes
from core.language.vocabulary import load_vocabulary
from training.embedded.areas import area_classes, shrink
from training.embedded.datasets import PhantomSet
from training.words.further_words import coarser
from training.words.paraphrases import split_paraphrases, templates

CAPTION_SHARE = 0.25
"""How often a picture is shown with the template caption rather than one of its paraphrases."""

MOST_SENTENCES = 200_000
"""Sentences kept in memory, at most: phantoms of many combinations are each asked for in fewer ways."""

LARGEST_SHIFT = 6
"""Pixels that a training picture is moved, at most."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Attributes as numbers. Sites count as one value, so "hand and leg" is neither hand nor leg.

    Severities and views are empty where no phantom has any; that of clear skin is "", a value like others.
    """

    rashes: tuple[str, ...]
    sites: tuple[tuple[str, ...], ...]
    tones: tuple[str, ...]
    severities: tuple[str, ...] = ()
    views: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The attributes that have values, in order."""
        return tuple(kind for kind, values in zip(KINDS, self._values(), strict=True) if values)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of values of each attribute that has any."""
        return tuple(len(values) for values in self._values() if values)

    def number(self, attributes: Attributes) -> tuple[int, ...]:
        """Rash, sites, tone and what else there is, as places in the lists."""
        asked = (attributes.rash or "", attributes.sites, attributes.tone or "")
        further = (attributes.severity or "", attributes.view or "")
        pairs = zip(self._values(), (*asked, *further), strict=True)
        return tuple(values.index(value) for values, value in pairs if values)

    def _values(self) -> tuple[tuple[Any, ...], ...]:
        return self.rashes, self.sites, self.tones, self.severities, self.views


def labels_of(phantoms: PhantomSet) -> Labels:
    """All values that occur, sorted."""
    seen = [phantom.attributes for phantom in phantoms.phantoms]
    return Labels(
        tuple(sorted({a.rash or "" for a in seen})),
        tuple(sorted({a.sites for a in seen})),
        tuple(sorted({a.tone or "" for a in seen})),
        _values_if_any(a.severity for a in seen),
        _values_if_any(a.view for a in seen),
    )


def _values_if_any(seen: Iterable[str | None]) -> tuple[str, ...]:
    found = {key or "" for key in seen}
    return tuple(sorted(found)) if found != {""} else ()


@dataclass(frozen=True, slots=True)
class Sentences:
    """Tokenised sentences by attributes: to train on and held out. The first ``templates`` ones to train on
    are captions."""

    train: dict[Attributes, NDArray[np.int64]]
    held_out: dict[Attributes, NDArray[np.int64]]
    templates: dict[Attributes, int]


def tokenise_sentences(
    phantoms: PhantomSet, tokenizer: CLIPTokenizer, left_out: Sequence[str] = ()
) -> Sentences:
    """Rows of 77 tokens for the paraphrases of every combination that occurs, all or evenly chosen ones; none
    holds a name in ``left_out``."""
    distinct = list(dict.fromkeys(phantom.attributes for phantom in phantoms.phantoms))
    most = max(8, MOST_SENTENCES // len(distinct))
    train, held_out, counts = {}, {}, {}
    for attributes in distinct:
        captions, (kept, spared) = templates(attributes), split_paraphrases(attributes, left_out=left_out)
        others = [s for s in (*kept, *_with_less_said(attributes, left_out)) if s not in captions]
        train[attributes] = tokenise([*captions, *_evenly(others, most)], tokenizer)
        held_out[attributes] = tokenise(_evenly(spared, max(4, most // 5)), tokenizer)
        counts[attributes] = len(captions)
    return Sentences(train, held_out, counts)


def _with_less_said(attributes: Attributes, left_out: Sequence[str]) -> list[str]:
    """Sentences that leave out severity or view, or name a coarser tone; few, since others share them."""
    _, *less = coarser(attributes, load_vocabulary())
    split = (split_paraphrases(known, left_out=left_out)[0] for known in less)
    return [sentence for sentences in split for sentence in _evenly(sentences, 6)]


def _evenly(sentences: list[str], count: int) -> list[str]:
    """All, or ``count`` of them spread over the list."""
    if len(sentences) <= count:
        return sentences
    return [sentences[i] for i in np.linspace(0, len(sentences) - 1, count).astype(int)]


def tokenise(texts: list[str], tokenizer: CLIPTokenizer) -> NDArray[np.int64]:
    """(texts, 77) token numbers."""
    rows = tokenizer(texts, padding="max_length", truncation=True).input_ids
    return np.asarray(rows, dtype=np.int64).reshape(len(texts), -1)


@dataclass(frozen=True, slots=True)
class ClipBatch:
    """One step: pictures (uint8), labels (batch, attributes), tokens cut behind the longest, area numbers by
    patch."""

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

    def further(self, count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Sentences without their pictures: tokens (count, length) and what they say, (count, attributes)."""
        rows = rng.integers(len(self.attributes), size=count)
        texts = np.stack([self._sentence(row, rng) for row in rows])
        return torch.from_numpy(trim(texts, self.end_token)), torch.from_numpy(self.numbers[rows])

    def _sentence(self, row: int, rng: np.random.Generator) -> NDArray[np.int64]:
        asked = self.attributes[row]
        rows, captions = self.sentences.train[asked], self.sentences.templates[asked]
        if rng.random() >= CAPTION_SHARE:
            return rows[rng.integers(len(rows))]
        return rows[0] if captions == 1 else rows[rng.integers(captions)]

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
