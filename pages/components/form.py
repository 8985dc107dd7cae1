"""What to draw: rash, body site and skin tone by choice, or a sentence; the caption is always seen first."""

from collections.abc import Iterable
from typing import Any

import streamlit as st

from core.attributes import Attributes
from core.captions import compose_caption
from core.model_cards import ModelCard
from core.reading import Reading, read_prompt
from core.vocabulary import load_vocabulary
from pages.components.wording import counted, plain, rash_label, short, site_label, tone_label

CHOICES, TEXT = "Choose", "Write"
MODE, RASH, SITE, TONE = "form_mode", "form_rash", "form_site", "form_tone"
PROMPT, WRITTEN = "form_prompt", "form_written"
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
    return _ask_by_choice(card) if st.session_state[MODE] != TEXT else (None, _ask_by_text())


def _ask_by_choice(card: ModelCard) -> tuple[Attributes, str]:
    words = load_vocabulary()
    columns = st.columns(3)
    with columns[0]:
        _ask_one("Rash", RASH, _offered(words.rashes, card.rashes), words.rashes)
    with columns[1]:
        _ask_one("Body site", SITE, _offered(words.sites, card.sites), words.sites)
    with columns[2]:
        _ask_one("Skin tone", TONE, _offered(words.tones, card.tones), words.tones)
    attributes = chosen_attributes()
    return attributes, _ask_caption(compose_caption(attributes, words))


def chosen_attributes() -> Attributes:
    """What the three dropdowns say now."""
    state = st.session_state
    return Attributes(state[RASH], (state[SITE],) if state[SITE] else (), state[TONE])


def _offered(entries: Iterable[str], known: tuple[str, ...]) -> list[str]:
    """Keys in the vocabulary's order that the model knows; a model without a card is offered all."""
    return [key for key in entries if not known or key in known]


def _ask_one(label: str, key: str, options: list[str], entries: dict[str, Any]) -> None:
    """One dropdown. A choice that this model does not offer gives way to the first that it does."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0] if options else None
    st.selectbox(
        label,
        options,
        key=key,
        format_func=lambda option: entries[option].label,
        on_change=_recompose,
        persist_state="session",
    )


def _recompose() -> None:
    """A new choice writes the caption anew: an edited sentence would no longer say what was chosen."""
    st.session_state[PROMPT] = compose_caption(chosen_attributes())


def _ask_caption(composed: str) -> str:
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
            _show_reading(read_prompt(st.session_state[PROMPT]))
            st.button(
                "Back to the composed caption",
                icon=":material/undo:",
                type="tertiary",
                on_click=_recompose,
                key="form_restore",
            )
    return str(st.session_state[PROMPT])


def _ask_by_text() -> str:
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
        _show_reading(read_prompt(text))
    return text


def _show_reading(reading: Reading) -> None:
    """What was understood, what was guessed, and which words nothing was made of."""
    found = reading.attributes
    parts = [
        rash_label(found.rash) if found.rash else "no rash",
        " and ".join(site_label(site) for site in found.sites) or "no body site",
        f"{tone_label(found.tone)} skin" if found.tone else "no skin tone",
    ]
    lines = [f"**Read as** {' · '.join(parts)}"]
    lines += [plain(note) for note in reading.notes]
    if reading.ignored:
        lines.append(f"Not understood, but passed on to the model: {plain(', '.join(reading.ignored))}")
    st.caption("  \n".join(lines))


def show_not_offered(card: ModelCard) -> None:
    """The vocabulary's further entries, folded: a dropdown can't show an option that is switched off."""
    words = load_vocabulary()
    missing = {
        "Rashes": _missing(words.rashes, card.rashes),
        "Body sites": _missing(words.sites, card.sites),
        "Skin tones": _missing(words.tones, card.tones),
    }
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


def _missing(entries: dict[str, Any], known: tuple[str, ...]) -> list[str]:
    return [short(entry.label) for key, entry in entries.items() if known and key not in known]


def prefill(attributes: Attributes, caption: str | None, prompt: str) -> None:
    """Puts a recipe's subject into the form: dropdowns where they composed it, the sentence elsewhere."""
    state = st.session_state
    if caption is None or attributes.rash is None or len(attributes.sites) != 1 or attributes.tone is None:
        state[MODE], state[WRITTEN] = TEXT, prompt
        return
    state[MODE], state[PROMPT] = CHOICES, prompt
    state[RASH], state[SITE], state[TONE] = attributes.rash, attributes.sites[0], attributes.tone
