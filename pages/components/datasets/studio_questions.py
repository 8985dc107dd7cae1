"""The questions of the caption studio: rash, body site in two steps, skin tone, caption; by mouse or key.

Number keys answer the tone. Letters choose the region, then a site in it; each button shows its own. Buttons
act by callbacks: these come before the page is drawn, so that a key pressed while it is drawn loses nothing.
"""

from collections.abc import Iterable, Mapping

import streamlit as st

from core.language.vocabulary import load_vocabulary
from core.photographs.photographs import Photograph
from core.photographs.suggestions import Suggestion
from pages.components.datasets.studio_state import StudioState
from pages.components.wording import COMMENT_MAX, short, site_label, tone_label, tone_word

RASH, SITES, CAPTION = "studio_rash", "studio_sites", "studio_caption"
RESERVED = frozenset("sxncr")
"""Letters of Skip, Not usable and of what can't be told, and two that Streamlit keeps for itself."""

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
SITES_MAX = 3
SURE = 0.5
"""A site of lower probability is not suggested."""

ORIGINS = {
    "folder": "from the folder",
    "file name": "from the file name",
    "caption": "from the caption it came with",
    "column": "from the table it came with",
    "source": "as it came",
}


def ask_rash(state: StudioState, photograph: Photograph) -> None:
    """Known from the folder as a rule; a dropdown to correct it."""
    rashes = load_vocabulary().rashes
    st.session_state[RASH] = state.answer.attributes.rash
    st.selectbox(
        f"Rash{_origin(photograph, 'rash')}",
        list(rashes),
        index=None,
        key=RASH,
        format_func=lambda key: rashes[key].label,
        on_change=lambda: state.say(rash=st.session_state[RASH]),
        placeholder="Choose a rash",
    )


def ask_site(state: StudioState, photograph: Photograph, suggestion: Suggestion | None) -> None:
    """A dropdown for one to three sites, and buttons: first the region, then the site."""
    words = load_vocabulary()
    sites = state.answer.attributes.sites
    st.session_state[SITES] = list(sites)
    with st.container(gap="xsmall", key="studio_site"):
        st.multiselect(
            f"Body site{_origin(photograph, 'sites')}",
            list(words.sites),
            key=SITES,
            format_func=lambda key: words.sites[key].label,
            on_change=lambda: state.say(sites=tuple(st.session_state[SITES])),
            placeholder="Choose one, or press the letter of a region",
            max_selections=SITES_MAX,
        )
        if suggestion and suggestion.site and (suggestion.site_probability or 0) >= SURE:
            share = f"{suggestion.site_probability:.0%}"
            st.caption(f":material/colorize: suggested: **{site_label(suggestion.site)}** (CLIP, {share})")
        if state.region is None:
            _show_regions(state)
        else:
            _show_sites(state, state.region)


def _show_regions(state: StudioState) -> None:
    regions: dict[str, list[str]] = {}
    for site in load_vocabulary().sites.values():
        regions.setdefault(site.group, []).append(site.key)
    letters = letters_for(regions)
    chosen = {load_vocabulary().sites[key].group for key in state.answer.attributes.sites}
    with st.container(horizontal=True, gap="xsmall", key="studio_regions"):
        for number, (region, keys) in enumerate(regions.items()):
            st.button(
                region.capitalize() if len(keys) > 1 else site_label(keys[0]),
                type="primary" if region in chosen else "secondary",
                shortcut=letters[region],
                key=state.key(f"region_{number}"),
                on_click=state.open_region if len(keys) > 1 else state.say,
                kwargs={"region": region} if len(keys) > 1 else {"sites": (keys[0],)},
            )


def _show_sites(state: StudioState, region: str) -> None:
    labels = {
        site.key: short(site.label) for site in load_vocabulary().sites.values() if site.group == region
    }
    letters = letters_for(labels.values())
    with st.container(horizontal=True, gap="xsmall", key="studio_sites_of_region"):
        for key, label in labels.items():
            st.button(
                label,
                type="primary" if key in state.answer.attributes.sites else "secondary",
                shortcut=letters[label],
                key=state.key(f"site_{key}"),
                on_click=state.say,
                kwargs={"sites": (key,)},
            )
    st.button(
        "Other region",
        icon=":material/arrow_back:",
        type="tertiary",
        key="studio_other_region",
        on_click=state.open_region,
        args=(None,),
    )


def letters_for(labels: Iterable[str] | Mapping[str, object]) -> dict[str, str]:
    """A letter for each label: the first of its own that is free, else the first free of the alphabet."""
    letters: dict[str, str] = {}
    for label in labels:
        wishes = [*label.lower(), *ALPHABET]
        free = (c for c in wishes if c in ALPHABET and c not in RESERVED and c not in letters.values())
        letters[label] = next(free)
    return letters


def ask_tone(state: StudioState, photograph: Photograph, suggestion: Suggestion | None) -> None:
    """Six buttons with number keys; what was measured is said beside, never chosen by itself."""
    with st.container(gap="xsmall", key="studio_tone"):
        st.markdown(f":small[Skin tone{_origin(photograph, 'tone')}]")
        with st.container(horizontal=True, gap="xsmall"):
            for number, tone in enumerate(load_vocabulary().tones.values(), 1):
                st.button(
                    tone_label(tone.key),
                    type="primary" if state.answer.attributes.tone == tone.key else "secondary",
                    shortcut=str(number),
                    key=state.key(f"tone_{tone.key}"),
                    help=tone.label,
                    on_click=state.say,
                    kwargs={"tone": tone.key},
                )
        st.caption(measured_line(suggestion))


def measured_line(suggestion: Suggestion | None) -> str:
    """What the measurement says of the tone, or that there is none."""
    if suggestion is None:
        return "The tone of this photograph has not been measured."
    if suggestion.tone is None:
        return f":material/colorize: no suggestion: {suggestion.note}"
    return (
        f":material/colorize: suggested: **{tone_word(suggestion.tone)}** (measured: nearest Monk "
        f"{suggestion.monk}, ITA {round(suggestion.ita or 0)}°)"
    )


def ask_caption(state: StudioState) -> None:
    """The sentence that training will read; a change of the choices above writes it anew."""
    st.session_state[CAPTION] = state.answer.words
    st.text_area(
        "Caption",
        key=CAPTION,
        height=72,
        max_chars=COMMENT_MAX,
        on_change=_take_caption,
        args=(state,),
        help="Composed of the choices above. You may write it in your own words.",
    )


def _take_caption(state: StudioState) -> None:
    state.write(str(st.session_state[CAPTION]))


def _origin(photograph: Photograph, name: str) -> str:
    origin = photograph.origins.get(name)
    if origin is None:
        return ""
    return f" · {ORIGINS.get(origin, f'by {origin}')}"
