"""Hidden states of the sentences that a UNet's training uses, by the frozen text encoder.

All 77 positions are kept, padding included: that is what StableDiffusionPipeline feeds a UNet. States of a
few thousand sentences are computed once; where severities, views and tones make hundreds of thousands, they
are computed as they are asked for, which costs a few hundredths of a step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from training.embedded.datasets import Phantom
from training.words.further_words import coarser
from training.words.paraphrases import split_paraphrases, templates


@dataclass(frozen=True, slots=True)
class PromptShares:
    """How often a picture is asked for in which way; what is left is the template caption."""

    empty: float = 0.1
    paraphrase: float = 0.25
    partial: float = 0.1
    """Prompts that leave out the site or the tone, as users' do."""


KEPT_MOST = 24_000
"""Sentences whose states are kept: about a gigabyte at the width of the embedded model."""

WHOLE_CAPTION = 0.5
"""How often a template says all of a picture, where there are some that say less."""

LESS_EVERY = 3
"""Each third of the ways to say less is paraphrased, beginning with the one that says all."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """Rows of ``sentences`` by way of asking; row 0 is the empty prompt. Of a picture's templates the first
    says all of it, the others less."""

    sentences: tuple[str, ...]
    template: tuple[NDArray[np.int64], ...]
    paraphrase: tuple[NDArray[np.int64], ...]
    partial: tuple[NDArray[np.int64], ...]

    def draw(self, pictures: NDArray[np.int64], shares: PromptShares, rng: np.random.Generator) -> list[int]:
        """One sentence's row for each picture."""
        return [self._draw_one(int(picture), shares, rng) for picture in pictures]

    def _draw_one(self, picture: int, shares: PromptShares, rng: np.random.Generator) -> int:
        chance = rng.random()
        if chance < shares.empty:
            return 0
        if chance < shares.empty + shares.paraphrase:
            return int(rng.choice(self.paraphrase[picture]))
        if chance < shares.empty + shares.paraphrase + shares.partial:
            return int(rng.choice(self.partial[picture]))
        captions = self.template[picture]
        whole = len(captions) == 1 or rng.random() < WHOLE_CAPTION
        return int(captions[0] if whole else rng.choice(captions))


def collect_prompts(
    phantoms: Sequence[Phantom], each: int, seed: int, left_out: Sequence[str] = ()
) -> Prompts:
    """Chooses, for every distinct triple of attributes, ``each`` paraphrases and as many partial prompts;
    none holds a name in ``left_out``."""
    rng = np.random.default_rng(seed)
    rows: dict[str, int] = {"": 0}
    known: dict[Attributes, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
    for attributes in dict.fromkeys(p.attributes for p in phantoms):
        known[attributes] = (
            _rows_of(_some(_sentences(attributes, left_out), each, rng), rows),
            _rows_of(_some(_partial_sentences(attributes, left_out), each, rng), rows),
        )
    captions = [p.caption for p in phantoms]
    pairs = [known[p.attributes] for p in phantoms]
    less = {attributes: templates(attributes)[1:] for attributes in known}
    template = [_rows_of([c, *less[p.attributes]], rows) for c, p in zip(captions, phantoms, strict=True)]
    return Prompts(tuple(rows), tuple(template), tuple(p[0] for p in pairs), tuple(p[1] for p in pairs))


def _sentences(attributes: Attributes, left_out: Sequence[str]) -> list[str]:
    """To train on; with severity, view or Monk step also some that say less."""
    words = load_vocabulary()
    return [
        sentence
        for known in coarser(attributes, words)[::LESS_EVERY]
        for sentence in split_paraphrases(known, words, left_out)[0]
    ]


def _partial_sentences(attributes: Attributes, left_out: Sequence[str]) -> list[str]:
    """Without tone or site, and without severity and view, as most people ask."""
    said = replace(attributes, severity=None, view=None)
    without = (replace(said, tone=None), replace(said, sites=()))
    return [s for known in without for s in split_paraphrases(known, load_vocabulary(), left_out)[0]]


def _some(sentences: list[str], count: int, rng: np.random.Generator) -> list[str]:
    chosen = rng.permutation(len(sentences))[:count]
    return [sentences[i] for i in sorted(chosen)]


def _rows_of(sentences: Sequence[str], rows: dict[str, int]) -> NDArray[np.int64]:
    return np.array([rows.setdefault(sentence, len(rows)) for sentence in sentences], np.int64)


@dataclass(frozen=True, slots=True)
class TextStates:
    """Hidden states of sentences by their row: ``kept`` (sentences, positions, width), or made when asked."""

    sentences: tuple[str, ...]
    tokenizer: CLIPTokenizer
    encoder: CLIPTextModel
    kept: Tensor | None

    @property
    def width(self) -> int:
        """Of one position."""
        return int(self.encoder.config.hidden_size)

    def of(self, rows: Sequence[int]) -> Tensor:
        """(rows, positions, width) in float32 on the CPU."""
        if self.kept is not None:
            return self.kept[list(rows)].float()
        asked = [self.sentences[row] for row in rows]
        return hidden_states(asked, self.tokenizer, self.encoder).float()


def text_states(sentences: Sequence[str], folder: Path, device: torch.device) -> TextStates:
    """States of the CLIP or text encoder in ``folder``, kept if there are no more than KEPT_MOST."""
    tokenizer, encoder = load_text_encoder(folder)
    encoder = encoder.to(device)
    kept = hidden_states(sentences, tokenizer, encoder) if len(sentences) <= KEPT_MOST else None
    return TextStates(tuple(sentences), tokenizer, encoder, kept)


def hidden_states(sentences: Sequence[str], tokenizer: CLIPTokenizer, encoder: CLIPTextModel) -> Tensor:
    """(sentences, positions, width) in float16 on the CPU."""
    return states_of(encoder, tokens_of(tokenizer, sentences))


def tokens_of(tokenizer: CLIPTokenizer, sentences: Sequence[str]) -> Tensor:
    """(sentences, positions), padded as StableDiffusionPipeline pads them."""
    tokens = tokenizer(
        list(sentences),
        padding="max_length",
        max_length=tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    )
    found: Tensor = tokens.input_ids
    return found


@torch.inference_mode()
def states_of(encoder: CLIPTextModel, tokens: Tensor, batch: int = 64) -> Tensor:
    """(texts, positions, width) in float16 on the CPU, from (texts, positions) tokens."""
    parts = tokens.to(encoder.device).split(batch)
    return torch.cat([encoder(part)[0].half().cpu() for part in parts])


def load_text_encoder(folder: Path) -> tuple[CLIPTokenizer, CLIPTextModel]:
    """Reads a whole CLIP's text tower or a text encoder, frozen, in float32, with the tokenizer beside it."""
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    encoder = CLIPTextModel.from_pretrained(folder, torch_dtype=torch.float32)
    return tokenizer, encoder.eval().requires_grad_(False)
