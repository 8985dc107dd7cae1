"""A captioned set as numbers: distinct captions tokenised once, pictures decoded once, batches by step."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPTokenizer

from core.errors import TrainingError
from training.clip_tuning.captioned import CaptionedSet, meaning_of
from training.embedded.clip_data import trim

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Captions:
    """Distinct captions. ``tokens`` is (captions, positions), padded to the full length; ``meanings`` numbers
    what each says: equal numbers are each other's positives. The empty prompt's tokens stand apart."""

    texts: tuple[str, ...]
    tokens: Rows
    meanings: Rows
    empty: Rows
    end_token: int

    def trimmed(self, rows: Rows) -> Tensor:
        """Tokens cut behind the longest of these captions: attention is causal, padding changes nothing."""
        return torch.from_numpy(trim(self.tokens[rows], self.end_token))

    def padded(self, rows: Rows) -> Tensor:
        """All positions, as a UNet reads them."""
        return torch.from_numpy(self.tokens[rows])


@dataclass(frozen=True, slots=True)
class PairedData:
    """Which picture carries which caption, and which pictures are learned from."""

    captions: Captions
    caption_of: Rows
    training: Rows
    held_out: Rows
    anchors: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    """Captions that no picture need carry, held to the original's states; none: the data's own are."""

    def __len__(self) -> int:
        return len(self.caption_of)

    def held_captions(self, captions: Rows, most: int | None = None, seed: Sequence[int] = ()) -> Rows:
        """What is held to the original beside these captions' pictures: they themselves or the anchors, of
        which at most ``most`` are drawn."""
        if not len(self.anchors):
            return captions
        if most is None or len(self.anchors) <= most:
            return self.anchors
        return np.sort(np.random.default_rng(seed).permutation(self.anchors)[:most])

    def steps_per_epoch(self, batch: int) -> int:
        """Whole batches only: a remainder would meet fewer others. Which pictures remain changes by epoch.

        Raises:
            TrainingError: a batch is larger than the training pictures.
        """
        if batch > len(self.training):
            raise TrainingError(
                f"batch is {batch} and there are only {len(self.training)} pictures to learn from: "
                "give a smaller --batch."
            )
        return len(self.training) // batch

    def batch(self, step: int, size: int, seed: int) -> Rows:
        """Pictures of one step, decided by its number alone."""
        epoch, place = divmod(step, self.steps_per_epoch(size))
        order = np.random.default_rng((seed, epoch)).permutation(self.training)
        rows: Rows = order[place * size : (place + 1) * size]
        return rows

    def distinct_captions(self, pictures: Rows) -> Rows:
        """Captions of these pictures, each once, in the order of their numbers."""
        return np.unique(self.caption_of[pictures])

    def positives(self, pictures: Rows, captions: Rows) -> NDArray[np.bool_]:
        """(pictures, captions): which captions mean what the picture's own one means."""
        meanings = self.captions.meanings
        return meanings[self.caption_of[pictures]][:, None] == meanings[captions][None]

    def measured(self, most: int) -> Rows:
        """Held-out pictures to measure on, spread over the set."""
        chosen = np.linspace(0, len(self.held_out) - 1, min(most, len(self.held_out))).astype(np.int64)
        return self.held_out[chosen]


def pair(data: CaptionedSet, tokenizer: CLIPTokenizer, anchors: Sequence[str] = ()) -> PairedData:
    """Tokenises every distinct caption, the anchors' too.

    Raises:
        TrainingError: a caption is longer than the text tower reads, or all mean the same.
    """
    texts = tuple(sorted({row.caption for row in data.rows} | set(anchors)))
    captions = tokenise_captions(texts, tokenizer)
    place = {text: i for i, text in enumerate(texts)}
    caption_of = np.array([place[row.caption] for row in data.rows], np.int64)
    if len(set(captions.meanings[caption_of[data.training]])) < 2:
        raise TrainingError(f"All captions of {data.source} mean the same: there is nothing to contrast.")
    held = np.array(sorted({place[text] for text in anchors}), np.int64)
    return PairedData(captions, caption_of, data.training, data.held_out, held)


def tokenise_captions(texts: Sequence[str], tokenizer: CLIPTokenizer) -> Captions:
    """Full-length token rows of the texts; nothing is ever cut off."""
    check_lengths(texts, tokenizer)
    limit = tokenizer.model_max_length
    coded = tokenizer([*texts, ""], padding="max_length", max_length=limit, truncation=True).input_ids
    tokens = np.asarray(coded, np.int64).reshape(len(texts) + 1, -1)
    meanings = [meaning_of(text) for text in texts]
    numbers = {meaning: i for i, meaning in enumerate(dict.fromkeys(meanings))}
    return Captions(
        tuple(texts),
        tokens[:-1],
        np.array([numbers[meaning] for meaning in meanings], np.int64),
        tokens[-1:],
        int(tokenizer.eos_token_id),
    )


def check_lengths(texts: Sequence[str], tokenizer: CLIPTokenizer) -> None:
    """Raises TrainingError, naming the first, if texts are longer than the text encoder reads."""
    limit = tokenizer.model_max_length
    lengths = [len(ids) for ids in tokenizer(list(texts)).input_ids]
    too_long = [(text, length) for text, length in zip(texts, lengths, strict=True) if length > limit]
    if too_long:
        text, length = too_long[0]
        raise TrainingError(
            f"{len(too_long)} captions are longer than the {limit} tokens that the text encoder reads; the "
            f"first has {length}: '{text[:80]}...'. Shorten them: the rest would be ignored."
        )
