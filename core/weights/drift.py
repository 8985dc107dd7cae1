"""Drift: how far a text encoder's hidden states lie from the stock encoder's, on prompts that matter.

A UNet reads all 77 hidden states, the padding's included, so all of them are compared, on sets of prompts:
"derm" (captions of the vocabulary), "generic" (everyday things), "empty" (what guidance subtracts), and, for
a model whose card names its words, "known" (captions of these).

The scale is the model's own. ``attribute_step`` is the relative distance that the stock encoder puts between
two captions that differ in one attribute. An encoder that moves a prompt by a whole step tells the UNet
something as different as another rash, site or tone would be, whatever the states' width or norm.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.language.vocabulary import load_vocabulary
from core.weights.model_cards import ModelCard

SETS = ("derm", "generic", "empty")
KNOWN = "known"
DERM_PROMPTS = 24
BATCH = 16

GENERIC_PROMPTS = (
    "a photo of a cat",
    "a dog running on the beach",
    "a red car parked in front of a house",
    "a bowl of fruit on a wooden table",
    "portrait of an old man, oil painting",
    "a mountain lake at sunrise",
    "a city street at night in the rain",
    "two children playing football in a park",
    "a close-up of a flower with water drops",
    "a glass of water on a white background",
    "an astronaut riding a horse",
    "a black and white photograph of a bridge",
    "a bookshelf full of old books",
    "a plate of pasta with tomato sauce",
    "a small wooden boat on a calm river",
    "a doctor in a white coat in a hospital room",
)


@dataclass(frozen=True, slots=True)
class Drift:
    """Distance of one set of prompts.

    ``cosine`` is the mean over all positions, ``lowest_cosine`` that of the worst prompt;
    ``relative_distance`` is |tuned - stock| / |stock|, the mean over prompts.
    """

    cosine: float
    lowest_cosine: float
    relative_distance: float

    def to_dict(self) -> dict[str, float]:
        """Plain numbers."""
        return asdict(self)


def prompt_sets() -> dict[str, tuple[str, ...]]:
    """The prompts of each set, always the same for one vocabulary."""
    return {
        "derm": tuple(compose_caption(attributes) for attributes in _derm_attributes()),
        "generic": GENERIC_PROMPTS,
        "empty": ("",),
    }


def known_prompts(card: ModelCard) -> tuple[str, ...]:
    """Captions of the words that a card names, spread over all of them; none where it does not say."""
    words = load_vocabulary().rashes
    places = {
        rash: [site for site in card.sites if not card.true_sites or words[rash].is_drawn_at(site)]
        for rash in card.rashes
    }
    shown = [rash for rash, sites in places.items() if sites]
    asked: dict[str, None] = {}
    for turn in range(len(shown) * len(card.sites) * len(card.tones)):
        # each rash in turn, each time at another site and in another tone than the one before
        rash, again = shown[turn % len(shown)], turn // len(shown)
        site = places[rash][(turn + again) % len(places[rash])]
        tone = card.tones[(turn + again // len(card.sites)) % len(card.tones)]
        asked[compose_caption(Attributes(rash, (site,), tone))] = None
    return tuple(islice(asked, DERM_PROMPTS))


def measure_drift(stock: Any, tuned: Any, tokenizer: Any, known: Sequence[str] = ()) -> dict[str, Drift]:
    """Compares two CLIPTextModels that read the same tokenizer; all three sets, and ``known`` where given.

    Both compute in their own precision; compare in float32 to see differences below 0.001.
    """
    return {
        name: drift_between(
            hidden_states(stock, tokenizer, prompts), hidden_states(tuned, tokenizer, prompts)
        )
        for name, prompts in (({KNOWN: tuple(known)} if known else {}) | prompt_sets()).items()
    }


def drift_between(stock: Tensor, tuned: Tensor) -> Drift:
    """Drift from states of (prompts, positions, width) to others of the same shape."""
    cosines = functional.cosine_similarity(stock, tuned, dim=-1).mean(dim=1)
    return Drift(float(cosines.mean()), float(cosines.min()), float(_relative(stock, tuned).mean()))


def attribute_step(stock: Any, tokenizer: Any) -> float:
    """Relative distance between captions that differ in one attribute, the mean over pairs; see above."""
    asked = _derm_attributes()
    captions = [compose_caption(attributes) for attributes in asked]
    others = [compose_caption(_with_one_changed(a, i)) for i, a in enumerate(asked)]
    pairs = hidden_states(stock, tokenizer, captions), hidden_states(stock, tokenizer, others)
    return float(_relative(*pairs).mean())


@torch.inference_mode()
def hidden_states(encoder: Any, tokenizer: Any, prompts: Sequence[str]) -> Tensor:
    """(prompts, positions, width) in float32 on the CPU, padded as StableDiffusionPipeline pads."""
    device = next(encoder.parameters()).device
    tokens = tokenizer(
        list(prompts),
        padding="max_length",
        max_length=tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    ).input_ids
    parts = [encoder(part.to(device)).last_hidden_state.float().cpu() for part in tokens.split(BATCH)]
    return torch.cat(parts)


def _relative(stock: Tensor, other: Tensor) -> Tensor:
    """(prompts,): distance over all positions as a share of the first's length."""
    return (other - stock).flatten(1).norm(dim=1) / stock.flatten(1).norm(dim=1)


def _derm_attributes() -> list[Attributes]:
    """Triples that go through rashes, sites and tones at different paces, so that all are met."""
    rashes, sites, tones = _keys()
    return [
        Attributes(rashes[i % len(rashes)], (sites[5 * i % len(sites)],), tones[i % len(tones)])
        for i in range(DERM_PROMPTS)
    ]


def _with_one_changed(attributes: Attributes, number: int) -> Attributes:
    """The next rash, site or tone of the vocabulary, in turn."""
    rashes, sites, tones = _keys()
    rash, site, tone = attributes.rash or "", attributes.site or "", attributes.tone or ""
    if number % 3 == 0:
        return Attributes(_next(rashes, rash), (site,), tone)
    if number % 3 == 1:
        return Attributes(rash, (_next(sites, site),), tone)
    return Attributes(rash, (site,), _next(tones, tone))


def _next(keys: Sequence[str], key: str) -> str:
    return keys[(keys.index(key) + 1) % len(keys)]


def _keys() -> tuple[list[str], list[str], list[str]]:
    words = load_vocabulary()
    return list(words.rashes), list(words.sites), list(words.tones)
