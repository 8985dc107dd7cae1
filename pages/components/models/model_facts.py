"""What a model card says, as a person reads it."""

from pathlib import Path
from typing import Any

import streamlit as st

from core.language.vocabulary import load_vocabulary
from core.weights.model_cards import ModelCard
from pages.components.wording import plain, rash_label, severity_label, site_label, tone_label, view_label

CAN_NOT = (
    "It draws what it was taught and nothing else. A picture is not a finding: it shows no patient, supports "
    "no diagnosis, and must not train or test a diagnostic system without review by experts.",
    "It may draw a rash, a site or a tone other than the one asked for. The figures below say how often.",
    "Rare diseases, mixed findings, scars, tattoos, dressings and marks of treatment are not in it.",
    "It does not know how a disease develops: two pictures with one seed are not one patient over time.",
)


def show_overview(card: ModelCard) -> None:
    """What the model is, and the notice on its training."""
    st.markdown(f"### {plain(card.label)}")
    if card.description:
        st.markdown(plain(card.description))
    if card.notice:
        st.info(card.notice, icon=":material/info:")
    if known := known_words(card):
        st.table({kind: plain(text) for kind, text in known.items()}, border="horizontal", hide_header=True)


def known_words(card: ModelCard) -> dict[str, str]:
    """The card's words by kind; empty where the card can't say what its model knows."""
    if not (card.rashes or card.sites or card.tones):
        return {}
    words = load_vocabulary()
    known = {
        "Rashes": ", ".join(rash_label(key, words) for key in card.rashes),
        "Body sites": ", ".join(site_label(key, words) for key in card.sites),
        "Skin tones": ", ".join(tone_label(key, words) for key in card.tones),
        "Severities": ", ".join(severity_label(key, words) for key in card.severities),
        "Views": ", ".join(view_label(key, words) for key in card.views),
    }
    return {kind: text for kind, text in known.items() if text}


def show_limits() -> None:
    """What it can't do."""
    st.markdown("### What it can't do")
    st.markdown("\n".join(f"- {sentence}" for sentence in CAN_NOT))


def show_figures(card: ModelCard) -> None:
    """Measured figures with their intervals; a model without any says so."""
    st.markdown("### How well it draws what is asked")
    rows = figure_rows(card.figures)
    if not rows:
        st.caption(
            "Nothing has been measured for this model. "
            "`python -m training.evaluate --model DIR --output FILE.json` measures it."
        )
        return
    st.table(rows, border="horizontal", hide_index=True)
    st.caption(
        "Judged by a network of its own that the generator never saw in training. "
        "Intervals hold the true share with 95 % confidence. “At best” is what the same judge says of "
        "phantoms themselves, which the model can't beat."
    )


def figure_rows(figures: dict[str, Any]) -> list[dict[str, str]]:
    """Rows of measure, value, interval and what the best possible picture would reach, from flat ``NAME``,
    ``NAME_interval`` and ``NAME_ceiling`` entries."""
    names = [name for name, value in figures.items() if _is_figure(value) and not name.endswith(BESIDE)]
    return [
        {
            "Measure": plain(MEASURES.get(name) or _spoken(name)),
            "Value": _number(name, figures[name]),
            "95 % interval": _interval(name, figures.get(f"{name}_interval")),
            "At best": _best(name, figures),
        }
        for name in names
    ]


MEASURES = {
    "rash_all": "Rash as asked",
    "rash_original_three": "Rash as asked, of acne, eczema and tinea",
    "site": "Body site as asked",
    "tone_within_one": "Skin tone within one step of the asked",
    "tone_exact": "Skin tone as asked",
    "severity": "Severity as asked",
    "view": "View as asked",
    "rash_paraphrased": "Rash as asked, in other words than the caption's",
    "site_paraphrased": "Body site as asked, in other words than the caption's",
    "held_out_drop": "Loss on combinations never seen in training",
    "kid": "Distance to phantoms as a set (KID)",
    "too_near": "Suspiciously near to a training picture",
    "seconds_per_image": "Seconds a picture",
}
BESIDE = ("_interval", "_ceiling", "_floor")


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _best(name: str, figures: dict[str, Any]) -> str:
    """What real phantoms reach by the same judge: the ceiling of an accuracy, the floor of a distance."""
    for key in (f"{name}_ceiling", f"{name.removesuffix('_all')}_ceiling", f"{name}_floor"):
        if _is_figure(figures.get(key)):
            return _number(name, figures[key])
    return ""


def _spoken(name: str) -> str:
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def _is_share(name: str, value: float) -> bool:
    return -1 <= value <= 1 and isinstance(value, float) and not name.startswith(("seconds", "kid"))


def _number(name: str, value: float) -> str:
    if _is_share(name, value):
        return f"{value * 100:.1f}\u00a0%"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"


def _interval(name: str, interval: Any) -> str:
    if not isinstance(interval, list | tuple) or len(interval) != 2:
        return ""
    return f"{_number(name, float(interval[0]))} to {_number(name, float(interval[1]))}"


def show_samples(folder: Path) -> None:
    """The sample grid released with the model, if there is one."""
    path = folder / "samples.webp"
    if path.is_file():
        st.markdown("### Samples")
        st.image(
            path,
            alt="Grid of sample pictures drawn by this model",
            caption="Drawn by this model, not selected by hand.",
            width="stretch",
            output_format="PNG",
        )


def show_provenance(card: ModelCard) -> None:
    """Licence and origin."""
    st.markdown("### Licence and provenance")
    rows = {
        "Licence": card.licence or "Not stated",
        "Origin": card.origin or "Not stated",
        "Source": card.source,
    }
    st.table({name: plain(value) for name, value in rows.items()}, border="horizontal", hide_header=True)
    st.caption(
        "Every picture carries its whole recipe and the words “synthetic image” in its metadata: "
        "model and text encoder by content hash, seed, steps, guidance, scheduler and versions."
    )
