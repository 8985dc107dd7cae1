"""Captions that a fine-tuning of CLIP holds to the original's states, instead of the data's own."""

from pathlib import Path

import numpy as np

from core.errors import TrainingError
from core.language.captions import compose_caption
from core.weights.model_cards import CARD_FILE, load_card
from training.words.triples import all_triples

KNOWN = "known"
"""Asks for the captions of the words that the model's card names."""

DATA = "data"
"""Asks for what the data's own captions say: all they can learn is then held back (docs/encoder-study.md)."""

MOST = 256
"""Captions of a card's words, at most, spread over all of them."""


def read_anchors(asked: str | None, clip: str) -> tuple[str, ...] | None:
    """The captions of a text file, one a line, or those that the model of ``clip`` knows; None stands for the
    data's own. Where nothing is asked for, the known ones are taken if the model has a card that names them.

    Raises:
        TrainingError: the file can't be read or holds none, or the model has no card.
    """
    if asked == DATA or (asked is None and not names_words(Path(clip).parent)):
        return None
    if asked in (None, KNOWN):
        return known_captions(Path(clip).parent)
    try:
        lines = Path(str(asked)).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise TrainingError(f"The anchors {asked} can't be read: {error}.") from error
    if not (found := tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))):
        raise TrainingError(f"{asked} holds no caption: write one a line.")
    return found


def names_words(model: Path) -> bool:
    """Whether a folder has a model card that names the model's rashes, sites and tones."""
    if not (model / CARD_FILE).is_file():
        return False
    card = load_card(model)
    return bool(card.rashes and card.sites and card.tones)


def known_captions(model: Path) -> tuple[str, ...]:
    """Template captions of a model's own words, spread over them.

    Raises:
        TrainingError: the model has no card that names its words.
    """
    if not names_words(model):
        raise TrainingError(
            f"{model} has no model card that names its words: give --anchors a file of captions instead, or "
            "a CLIP that lies in its model's folder."
        )
    card = load_card(model)
    every = all_triples(card.rashes, card.sites, card.tones, card.true_sites)
    spread = np.linspace(0, len(every) - 1, min(MOST, len(every))).astype(int)
    return tuple(compose_caption(every[place]) for place in spread)
