"""How attributes, numbers and times read on screen, so that every page says them alike."""

import re
from datetime import UTC, datetime
from pathlib import PurePath

from core.language.vocabulary import Vocabulary, load_vocabulary
from core.recipes import STOCK_ENCODER, Recipe

CRITERION_LABELS = {
    "site": "Body site",
    "lesion_type": "Lesion type",
    "shape_size": "Shape and size",
    "colour": "Colour",
    "texture": "Texture",
}
CRITERION_QUESTIONS = {
    "site": "Is it the body site asked for?",
    "lesion_type": "Are these the lesions of this rash?",
    "shape_size": "Do shape and size of the lesions fit?",
    "colour": "Does their colour fit this skin tone?",
    "texture": "Do surface and scale fit?",
}
COMMENT_MAX = 1000
VERDICT_LABELS = {"yes": "Yes", "partly": "Partly", "no": "No"}
KIND_LABELS = {
    "rash": "Rash",
    "site": "Body site",
    "tone": "Skin tone",
    "severity": "Severity",
    "view": "View",
}
STATE_LABELS = {
    "queued": "Waiting",
    "running": "Drawing",
    "done": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
}


def short(label: str) -> str:
    """A label without what stands in brackets: "Brown (Monk 7-8, ...)" gives "Brown"."""
    return label.split(" (")[0]


def rash_label(key: str | None, vocabulary: Vocabulary | None = None) -> str:
    """The rash's label; keys a vocabulary no longer holds are shown as they are."""
    rashes = (vocabulary or load_vocabulary()).rashes
    return short(rashes[key].label) if key in rashes else (key or "Rash not named")


def rash_word(key: str | None, vocabulary: Vocabulary | None = None) -> str:
    """The rash's caption word, for places where the label of a whole group is too long: "Tinea"."""
    rashes = (vocabulary or load_vocabulary()).rashes
    if key not in rashes:
        return key or "Rash not named"
    return rashes[key].caption[:1].upper() + rashes[key].caption[1:]


def site_label(key: str, vocabulary: Vocabulary | None = None) -> str:
    """The site's label without its explanation."""
    sites = (vocabulary or load_vocabulary()).sites
    return short(sites[key].label) if key in sites else key


def tone_label(key: str | None, vocabulary: Vocabulary | None = None) -> str:
    """The tone's word alone."""
    tones = (vocabulary or load_vocabulary()).all_tones
    return short(tones[key].label) if key in tones else (key or "Tone not named")


def tone_word(key: str | None, vocabulary: Vocabulary | None = None) -> str:
    """The tone within a sentence: "brown", but "Monk 4", which is a name."""
    label = tone_label(key, vocabulary)
    return label if key in (vocabulary or load_vocabulary()).monk_tones else label.lower()


def severity_label(key: str | None, vocabulary: Vocabulary | None = None) -> str:
    """The severity's word."""
    severities = (vocabulary or load_vocabulary()).severities
    return severities[key].label if key in severities else (key or "Severity not named")


def view_label(key: str | None, vocabulary: Vocabulary | None = None) -> str:
    """The view's words."""
    views = (vocabulary or load_vocabulary()).views
    return views[key].label if key in views else (key or "View not named")


def value_label(kind: str, key: str | None) -> str:
    """A value of any attribute as a heading: "Tinea", "Foot", "Brown skin", "Severe", "Close-up"."""
    if kind == "tone" and key is not None:
        return f"{tone_label(key)} skin"
    spoken = {"rash": rash_word, "site": site_label, "severity": severity_label, "view": view_label}
    return spoken.get(kind, str)(key or "")


def attributes_line(recipe: Recipe) -> str:
    """Severity, rash, sites, tone and view in one line; what the prompt did not name is left out."""
    parts = [_severe_rash(recipe)] if recipe.rash or recipe.severity else []
    parts += [" and ".join(site_label(site) for site in recipe.sites)] if recipe.sites else []
    parts += [f"{tone_label(recipe.tone)} skin"] if recipe.tone else []
    parts += [view_label(recipe.view)] if recipe.view else []
    return " · ".join(parts) or "Free text"


def encoder_name(source: str) -> str:
    """A recipe's text encoder by name: "stock", a run's name, or the last part of its folder."""
    path = PurePath(source)
    return path.parent.name if path.name == "text_encoder" and path.parent.name else path.name


def model_name(source: str) -> str:
    """A model's name as a recipe has it, without the folders above it."""
    return PurePath(source).name or source


def encoder_line(recipe: Recipe) -> str:
    """The text encoder and how much of it: "first, weight 0.7"; empty for the model's own."""
    if recipe.text_encoder == STOCK_ENCODER:
        return ""
    weight = recipe.text_encoder_weight
    return encoder_name(recipe.text_encoder) + ("" if weight is None else f", weight {weight:g}")


def _severe_rash(recipe: Recipe) -> str:
    """ "Severe tinea", or what of it was named."""
    if recipe.severity is None:
        return rash_word(recipe.rash)
    rash = rash_word(recipe.rash) if recipe.rash else "Rash"
    return f"{severity_label(recipe.severity)} {rash[:1].lower()}{rash[1:]}"


def alt_text(recipe: Recipe) -> str:
    """What a screen reader says of a picture whose recipe may be known."""
    return f"Synthetic image, asked for as: {recipe.prompt}"


def day(moment: datetime) -> str:
    """The date in the reader's time zone, as 7 Mar 2026."""
    local = moment.astimezone()
    return f"{local.day} {local:%b %Y}"


def moment_line(moment: datetime) -> str:
    """Date and time in the reader's time zone, as 7 Mar 2026, 14:05."""
    return f"{day(moment)}, {moment.astimezone():%H:%M}"


def duration(seconds: float) -> str:
    """Seconds as people say them: "4 s", "2 min"."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def size(count: float) -> str:
    """Bytes in the unit that keeps the number short (decimal units)."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit in ("B", "kB") else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 picture", "3 pictures"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def plain(text: str) -> str:
    """A person's own words, escaped so that Markdown shows them letter by letter."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])", r"\\\1", text)


def now() -> datetime:
    """The present as an aware UTC datetime."""
    return datetime.now(UTC)
