"""Captions that a fine-tuning of CLIP holds to the original's states, instead of the data's own."""

from pathlib import Path

import numpy as np

from core.captions import compose_caption
from core.errors import TrainingError
from core.model_cards import load_card
from training.triples import all_triples

KNOWN = "known"
"""Asks for the captions of the words that the model's card names."""

MOST = 256
"""Captions of a card's words, at most, spread over all of them."""


def read_anchors(asked: str | None, clip: str) -> tuple[str, ...] | None:
    """The captions of a text file, one a line; those that the model of ``clip`` knows; or None if not asked.

    Raises:
        TrainingError: the file can't be read or holds none, or the model has no card.
    """
    if asked is None:
        return None
    if asked == KNOWN:
        return known_captions(Path(clip).parent)
    try:
        lines = Path(asked).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise TrainingError(f"The anchors {asked} can't be read: {error}.") from error
    if not (found := tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))):
        raise TrainingError(f"{asked} holds no caption: write one a line.")
    return found


def known_captions(model: Path) -> tuple[str, ...]:
    """Template captions of a model's own words, spread over them.

    Raises:
        TrainingError: the model has no card that names its words.
    """
    card = load_card(model)
    if not (card.rashes and card.sites and card.tones):
        raise TrainingError(
            f"{model} has no model card that names its words: give --anchors a file of captions instead, or "
            "a CLIP that lies in its model's folder."
        )
    every = all_triples(card.rashes, card.sites, card.tones, card.true_sites)
    spread = np.linspace(0, len(every) - 1, min(MOST, len(every))).astype(int)
    return tuple(compose_caption(every[place]) for place in spread)
