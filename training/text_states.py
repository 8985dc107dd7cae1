"""Hidden states of every sentence that a UNet's training uses, computed once by the frozen text encoder.

All 77 positions are kept, padding included: that is what StableDiffusionPipeline feeds a UNet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from core.attributes import Attributes
from core.vocabulary import load_vocabulary
from training.datasets import Phantom
from training.paraphrases import split_paraphrases


@dataclass(frozen=True, slots=True)
class PromptShares:
    """How often a picture is asked for in which way; what is left is the template caption."""

    empty: float = 0.1
    paraphrase: float = 0.25
    partial: float = 0.1
    """Prompts that leave out the site or the tone, as users' do."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """Rows of ``states`` (sentences, positions, width) by way of asking; row 0 is the empty prompt."""

    sentences: tuple[str, ...]
    template: NDArray[np.int64]
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
        return int(self.template[picture])


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
    template = _rows_of([p.caption for p in phantoms], rows)
    pairs = [known[p.attributes] for p in phantoms]
    return Prompts(tuple(rows), template, tuple(p[0] for p in pairs), tuple(p[1] for p in pairs))


def _sentences(attributes: Attributes, left_out: Sequence[str]) -> list[str]:
    return split_paraphrases(attributes, load_vocabulary(), left_out)[0]


def _partial_sentences(attributes: Attributes, left_out: Sequence[str]) -> list[str]:
    without = (replace(attributes, tone=None), replace(attributes, sites=()))
    return [sentence for known in without for sentence in _sentences(known, left_out)]


def _some(sentences: list[str], count: int, rng: np.random.Generator) -> list[str]:
    chosen = rng.permutation(len(sentences))[:count]
    return [sentences[i] for i in sorted(chosen)]


def _rows_of(sentences: Sequence[str], rows: dict[str, int]) -> NDArray[np.int64]:
    return np.array([rows.setdefault(sentence, len(rows)) for sentence in sentences], np.int64)


@torch.inference_mode()
def hidden_states(sentences: Sequence[str], folder: Path, device: torch.device, batch: int = 64) -> Tensor:
    """(sentences, positions, width) in float16 on the CPU, from the CLIP or text encoder in ``folder``."""
    tokenizer, encoder = load_text_encoder(folder)
    tokens = tokenizer(
        list(sentences),
        padding="max_length",
        max_length=tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    )
    return states_of(encoder.to(device), tokens.input_ids, device, batch)


@torch.inference_mode()
def states_of(encoder: CLIPTextModel, tokens: Tensor, device: torch.device, batch: int = 64) -> Tensor:
    """(texts, positions, width) in float16 on the CPU, from (texts, positions) tokens."""
    return torch.cat([encoder(part.to(device))[0].half().cpu() for part in tokens.split(batch)])


def load_text_encoder(folder: Path) -> tuple[CLIPTokenizer, CLIPTextModel]:
    """Reads a whole CLIP's text tower or a text encoder, frozen, in float32, with the tokenizer beside it."""
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    encoder = CLIPTextModel.from_pretrained(folder, torch_dtype=torch.float32)
    return tokenizer, encoder.eval().requires_grad_(False)
