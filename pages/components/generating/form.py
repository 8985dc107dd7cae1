"""What to draw: by choice, or a sentence; the caption is always seen first.

Severity and view are asked only of a model that knows them, and need not be chosen.
"""

from collections.abc import Mapping

import streamlit as st

from core.language.attributes import KINDS, Attributes
from core.language.captions import compose_caption
from core.language.occurrence import occurrence_notes
from core.language.reading import Reading, read_prompt
from core.language.vocabulary import Entry, load_vocabulary
from core.weights.model_cards import OPTIONAL, ModelCard
from pages.components.generating.reliability import show_reliability
from pages.components.wording import (
    KIND_LABELS,
    counted,
    plain,
    rash_label,
    severity_label,
    short,
    site_label,
    tone_label,
    view_label,
)

CHOICES, TEXT = "Choose", "Write"
MODE, RASH, SITE, TONE = "form_mode", "form_rash", "form_site", "form_tone"
SEVERITY, VIEW = "form_severity", "form_view"
PROMPT, WRITTEN = "form_prompt", "form_written"
KEYS = {"rash": RASH, "site": SITE, "tone": TONE, "severity": SEVERITY, "view": VIEW}
NOT_SAID = ""
"""Value of a dropdown that need not be chosen."""

PLURALS = {
    "rash": "Rashes",
    "site": "Body sites",
    "tone": "Skin tones",
    "severity": "Severities",
    "view": "Views",
}
EXAMPLE = "eczema type of rash on the neck area on a black skin"


def ask_mode() -> None:
    """Draws the choice between dropdowns and a sentence."""
    st.session_state.setdefault(MODE, CHOICES)
    st.segmented_control(
        "How to say what to draw",
        (CHOICES, TEXT),
        key=MODE,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )


def ask_subject(card: ModelCard) -> tuple[Attributes | None, str]:
    """Draws the questions for one model; returns the chosen attributes (None when written) and the prompt."""
    return _ask_by_choice(card) if st.session_state[MODE] != TEXT else (None, _ask_by_text(card))


def _ask_by_choice(card: ModelCard) -> tuple[Attributes, str]:
    for column, kind in zip(st.columns(3), ("rash", "site", "tone"), strict=True):
        with column:
            _ask_one(kind, card.offered(kind))
    _ask_optional(card)
    attributes = chosen_attributes()
    _show_occurrence(attributes, card)
    show_reliability(card, attributes)
    return attributes, _ask_caption(compose_caption(attributes), card)


def chosen_attributes() -> Attributes:
    """What the dropdowns say now; clear skin has no severity."""
    state = st.session_state
    severity = None if _is_control(state[RASH]) else state.get(SEVERITY)
    sites = (state[SITE],) if state[SITE] else ()
    return Attributes(state[RASH], sites, state[TONE], severity or None, state.get(VIEW) or None)


def _is_control(rash: str | None) -> bool:
    rashes = load_vocabulary().rashes
    return rash in rashes and rashes[rash].control


def _ask_optional(card: ModelCard) -> None:
    """Severity and view, as far as the model knows them; what it does not know is not asked for."""
    known = [kind for kind in OPTIONAL if card.offered(kind)]
    for kind in OPTIONAL:
        if kind not in known:
            st.session_state[KEYS[kind]] = NOT_SAID
    for column, kind in zip(st.columns(3) if known else (), known, strict=False):
        with column:
            off = kind == "severity" and _is_control(st.session_state[RASH])
            _ask_one(kind, card.offered(kind), "Clear skin has no severity." if off else "")


def _ask_one(kind: str, entries: Mapping[str, Entry], why_off: str = "") -> None:
    """One dropdown. A choice that this model does not offer gives way to the first that it does."""
    key, options = KEYS[kind], [*([NOT_SAID] if kind in OPTIONAL else []), *entries]
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0] if options else None
    st.selectbox(
        KIND_LABELS[kind],
        options,
        key=key,
        format_func=lambda option: entries[option].label if option in entries else "Not stated",
        on_change=_recompose,
        disabled=bool(why_off),
        help=why_off or None,
        persist_state="session",
    )


def _show_occurrence(attributes: Attributes, card: ModelCard) -> None:
    """Says where the rash does not occur; a warning where the model was taught nothing of the kind."""
    for note in occurrence_notes(attributes, card):
        if card.true_sites:
            st.warning(note, icon=":material/info:")
        else:
            st.caption(f":material/info: {plain(note)}")


def _recompose() -> None:
    """A new choice writes the caption anew: an edited sentence would no longer say what was chosen."""
    st.session_state[PROMPT] = compose_caption(chosen_attributes())


def _ask_caption(composed: str, card: ModelCard) -> str:
    """The caption, free to be edited; says what an edited one is read as."""
    if not st.session_state.get(PROMPT):
        st.session_state[PROMPT] = composed
    edited = st.session_state[PROMPT] != composed
    with st.container(gap="xsmall"):
        st.text_area(
            "Caption",
            key=PROMPT,
            height=72,
            help="This sentence is what the model reads. You may change it; the choices above write it anew.",
            persist_state="session",
        )
        if edited:
            _show_reading(st.session_state[PROMPT], card)
            st.button(
                "Back to the composed caption",
                icon=":material/undo:",
                type="tertiary",
                on_click=_recompose,
                key="form_restore",
            )
    return str(st.session_state[PROMPT])


def _ask_by_text(card: ModelCard) -> str:
    st.text_area(
        "Describe the picture",
        key=WRITTEN,
        height=96,
        placeholder=f"For example: {EXAMPLE}",
        help="Name a rash, a body site and a skin tone; spelling slips are read as what they mean.",
        persist_state="session",
    )
    text = str(st.session_state[WRITTEN] or "")
    if text.strip():
        _show_reading(text, card)
    return text


def _show_reading(text: str, card: ModelCard) -> None:
    """What was understood, what was guessed, and which words nothing was made of."""
    reading = read_prompt(text, monk=card.knows_monk)
    notes = (*reading.notes, *occurrence_notes(reading.attributes, card))
    lines = [f"**Read as** {' · '.join(_read_words(reading))}", *map(plain, notes)]
    if reading.ignored:
        lines.append(f"Not understood, but passed on to the model: {plain(', '.join(reading.ignored))}")
    st.caption("  \n".join(lines))


def _read_words(reading: Reading) -> list[str]:
    found = reading.attributes
    words = [
        rash_label(found.rash) if found.rash else "no rash",
        " and ".join(site_label(site) for site in found.sites) or "no body site",
        f"{tone_label(found.tone)} skin" if found.tone else "no skin tone",
    ]
    further = (
        severity_label(found.severity) if found.severity else "",
        view_label(found.view) if found.view else "",
    )
    return [*words, *filter(None, further)]


def show_not_offered(card: ModelCard) -> None:
    """The vocabulary's further entries, folded: a dropdown can't show an option that is switched off."""
    missing = {PLURALS[kind]: _missing(kind, card) for kind in KINDS}
    count = sum(len(labels) for labels in missing.values())
    if not count:
        return
    label = f"{counted(count, 'word')} of the vocabulary not offered"
    with st.expander(label, icon=":material/block:", type="compact"):
        st.caption(
            f"{plain(card.label)} was not taught these words, so it could not draw them reliably. "
            "A model that knows them can be added under Advanced settings."
        )
        for kind, labels in missing.items():
            if labels:
                st.caption(f"**{kind}** ({len(labels)}): {plain(', '.join(labels))}")


def _missing(kind: str, card: ModelCard) -> list[str]:
    known = card.offered(kind)
    return [short(entry.label) for key, entry in load_vocabulary().entries(kind).items() if key not in known]


def prefill(attributes: Attributes, caption: str | None, prompt: str) -> None:
    """Puts a recipe's subject into the form: dropdowns where they composed it, the sentence elsewhere."""
    state = st.session_state
    if caption is None or attributes.rash is None or len(attributes.sites) != 1 or attributes.tone is None:
        state[MODE], state[WRITTEN] = TEXT, prompt
        return
    state[MODE], state[PROMPT] = CHOICES, prompt
    state[RASH], state[SITE], state[TONE] = attributes.rash, attributes.sites[0], attributes.tone
    state[SEVERITY], state[VIEW] = attributes.severity or NOT_SAID, attributes.view or NOT_SAID
