"""What a model says about itself: the words it knows, its default settings, its measured figures.

A card is ``model_card.json`` in the model's folder. A folder without one (an ordinary Stable Diffusion 1.x)
gets a bare card: nothing is known about its words, so every entry of the vocabulary is offered. Cards of
before severities and views name none, and their models know none.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from core.errors import ModelError
from core.language.attributes import Attributes
from core.language.vocabulary import Entry, load_vocabulary
from core.settings import EMBEDDED_MODEL, Settings
from core.weights.model_folders import MODEL_INDEX, locate_source

CARD_FILE = "model_card.json"
WORD_LISTS = ("rashes", "sites", "tones", "severities", "views")
OPTIONAL = ("severity", "view")
"""Attributes that a model may not know at all; a picture need not be asked for them."""


@dataclass(frozen=True, slots=True)
class DrawingDefaults:
    """Settings used where the user chose none; those of Stable Diffusion 1.x unless a card says otherwise."""

    num_inference_steps: int = 25
    guidance_scale: float = 7.5
    scheduler: str = "unipc"
    height: int = 512
    width: int = 512


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model. ``source`` is what a recipe stores in ``model``. Without rashes, sites or tones it is not
    known which of them it knows; without severities or views it knows none."""

    source: str
    label: str
    description: str = ""
    notice: str = ""
    rashes: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    tones: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    defaults: DrawingDefaults = DrawingDefaults()
    figures: dict[str, Any] = field(default_factory=dict, hash=False)
    licence: str = ""
    origin: str = ""
    held_out: float = 0.0
    """Share of the combinations of its words that the model never saw (``training.words.triples``)."""
    judge: bool = False
    """Whether the released judge knows this model's words, so that it may read rash and site."""
    true_sites: bool = False
    """Whether its training left out the sites where a rash does not occur (``core.language.occurrence``)."""

    @property
    def knows_monk(self) -> bool:
        """Whether steps of the Monk scale are words of its own to this model."""
        return any(self.knows("tone", key) for key in load_vocabulary().monk_tones)

    def unknown(self, attributes: Attributes) -> tuple[tuple[str, str], ...]:
        """Pairs (kind, key) among ``attributes`` that this model was not trained on."""
        return tuple((kind, key) for kind, key in attributes.named() if not self.knows(kind, key))

    def knows(self, kind: str, key: str) -> bool:
        """True if the entry is in the card, or the card can't say (``ModelCard``)."""
        words = self.words(kind)
        return key in words or (not words and kind not in OPTIONAL)

    def words(self, kind: str) -> tuple[str, ...]:
        """Keys of one kind of attribute."""
        return {
            "rash": self.rashes,
            "site": self.sites,
            "tone": self.tones,
            "severity": self.severities,
            "view": self.views,
        }[kind]

    def offered(self, kind: str) -> dict[str, Entry]:
        """Entries of one kind that the model knows, in the vocabulary's order."""
        entries = load_vocabulary().entries(kind)
        return {key: entry for key, entry in entries.items() if self.knows(kind, key)}


def load_card(source: str | Path) -> ModelCard:
    """Reads the card of a released model's name, a folder, or a hub id (bare when not downloaded yet).

    Raises:
        ModelError: the card is there but can't be read.
    """
    folder = locate_source(source)
    path = None if folder is None else folder / CARD_FILE
    if path is None or not path.is_file():
        return _bare_card(str(source))
    try:
        return _parse(str(source), json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"The model card {path} can't be read: {error}. Correct or remove it.") from error


def write_card(folder: Path, card: ModelCard) -> Path:
    """Writes ``model_card.json``; ``source`` is left out, since a folder may be renamed."""
    values = {name: value for name, value in asdict(card).items() if name != "source"}
    path = folder / CARD_FILE
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def list_models(settings: Settings) -> list[ModelCard]:
    """Cards of the folders under ``settings.models`` that hold a model, the embedded one first."""
    folders = settings.models.iterdir() if settings.models.is_dir() else iter(())
    found = (f for f in folders if (f / MODEL_INDEX).is_file())
    return [_card_for_list(f) for f in sorted(found, key=lambda f: (f.name != EMBEDDED_MODEL, f.name))]


def _card_for_list(folder: Path) -> ModelCard:
    """A folder with a broken card is listed with the reason: one bad folder must not close the page."""
    try:
        path = folder / CARD_FILE
        if not path.is_file():
            return _bare_card(folder.name)
        return _parse(folder.name, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        return ModelCard(folder.name, folder.name, notice=f"Its model card can't be read: {error}.")


def _bare_card(source: str) -> ModelCard:
    words = load_vocabulary()
    return ModelCard(
        source=source,
        label=Path(source).name,
        severities=tuple(words.severities),
        views=tuple(words.views),
        description="A Stable Diffusion model without a card: what it was trained on is not recorded here.",
        notice="Not for diagnosis. How well it draws what is asked has not been measured.",
    )


def _parse(source: str, values: Any) -> ModelCard:
    if not isinstance(values, dict):
        raise ValueError("a JSON object was expected")
    known = {f.name: values[f.name] for f in fields(ModelCard) if f.name in values}
    words = {kind: _keys(known.get(kind, ())) for kind in WORD_LISTS}
    defaults = DrawingDefaults(**known.get("defaults", {}))
    plain = {"label": Path(source).name, **known}
    return ModelCard(**{**plain, **words, "defaults": defaults, "source": source})


def _keys(values: Iterable[str]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise ValueError(f"a list of keys was expected, not {values!r}")
    return tuple(values)
