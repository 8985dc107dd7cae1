"""Start from a photograph: a clear-skin phantom or an upload that a drawing begins with instead of noise."""

from dataclasses import dataclass, replace

import streamlit as st

from core.drawing.phantom_starts import PhantomStart, find_phantom, load_phantoms, prepare_phantom
from core.drawing.starts import StartPicture
from core.errors import InputError
from core.language.attributes import Attributes
from core.language.reading import read_prompt
from core.language.vocabulary import load_vocabulary
from core.recipes import STRENGTH_DEFAULT
from core.weights.model_cards import ModelCard
from pages.components.generating.start_upload import KEEP, WANTED, ask_photograph, show_privacy
from pages.components.keeping import carry_over
from pages.components.wording import site_label, tone_label

NOISE, PHANTOM, UPLOAD = "Noise", "Clear-skin phantom", "Photograph"
MODE, SITE, TONE, STRENGTH = "start_mode", "start_site", "start_tone", "start_strength"
FOLLOWED = "start_followed"
THUMBNAIL_WIDTH = 168


@dataclass(frozen=True, slots=True)
class StartChoice:
    """What the form says; ``picture`` is None while the photograph is still to be uploaded."""

    picture: StartPicture | None
    strength: float

    def needed(self) -> StartPicture:
        """Raises InputError where the photograph is missing."""
        if self.picture is None:
            raise InputError(
                "There is no photograph to start from yet. Upload one under 'Start from a photograph', or "
                "choose 'Noise' there."
            )
        return self.picture


def ask_start(card: ModelCard, attributes: Attributes | None, prompt: str, steps: int) -> StartChoice | None:
    """Draws the section, folded while nothing else is chosen; returns None to start from noise."""
    state = st.session_state
    state.setdefault(MODE, NOISE)
    state.setdefault(STRENGTH, STRENGTH_DEFAULT)
    carry_over(MODE, STRENGTH, KEEP)
    title = "Start from a photograph"
    with st.expander(
        title, expanded=state[MODE] != NOISE, icon=":material/add_a_photo:", type="compact", key="start"
    ):
        st.segmented_control(
            "Start from", (NOISE, PHANTOM, UPLOAD), key=MODE, required=True, persist_state="session"
        )
        if state[MODE] != UPLOAD:
            state.pop(WANTED, None)
        if state[MODE] == NOISE:
            st.caption(
                "The picture is drawn from noise. From a clear-skin phantom or a photograph, body and light "
                "stay and the rash is drawn over them: hands, feet and faces come out whole."
            )
            return None
        return _ask_chosen(card, _subject(card, attributes, prompt), steps)


def _subject(card: ModelCard, attributes: Attributes | None, prompt: str) -> Attributes:
    """What the form asks for; phantoms are there of the named tones."""
    asked = attributes if attributes is not None else read_prompt(prompt, monk=card.knows_monk).attributes
    return replace(asked, tone=load_vocabulary().named_tone_key(asked.tone))


def _ask_chosen(card: ModelCard, subject: Attributes, steps: int) -> StartChoice:
    size = card.defaults.width, card.defaults.height
    left, right = st.columns([1, 4], gap="medium")
    with left:
        shown = st.container(width=THUMBNAIL_WIDTH)
    with right, st.container(gap="small"):
        if st.session_state[MODE] == PHANTOM:
            phantom = _ask_phantom(card, subject)
            picture = None if phantom is None else prepare_phantom(phantom, *size)
            words = "" if phantom is None else phantom_words(phantom)
        else:
            picture, words = ask_photograph(*size), "Your photograph, as it will be used"
        strength = _ask_strength(steps)
        if st.session_state[MODE] == UPLOAD:
            show_privacy()
    with shown:
        _show_thumbnail(picture, words)
    return StartChoice(picture, strength)


def phantom_words(phantom: PhantomStart) -> str:
    """What the phantom shows: "Clear-skin phantom: Foot, Brown skin"."""
    return f"Clear-skin phantom: {site_label(phantom.site)}, {tone_label(phantom.tone)} skin"


def _show_thumbnail(picture: StartPicture | None, words: str) -> None:
    if picture is not None:
        st.image(picture.png, alt=words, width="stretch", output_format="PNG")
        return
    with st.container(border=True, height=THUMBNAIL_WIDTH, vertical_alignment="center"):
        st.caption(":material/add_a_photo: What you start from will be shown here.", text_alignment="center")


def _ask_phantom(card: ModelCard, subject: Attributes) -> PhantomStart | None:
    """Site and tone of the phantom; they follow the form until they are chosen here."""
    words, phantoms = load_vocabulary(), load_phantoms()
    sites = [key for key in words.sites if any(p.site == key and card.knows("site", key) for p in phantoms)]
    tones = [key for key in words.tones if any(p.tone == key for p in phantoms)]
    if not sites:
        st.caption("There are no phantoms of the body sites that this model knows. Upload a photograph.")
        return None
    _follow(subject, sites, tones)
    with st.grid(2, min_column_width=140, gap="small") as grid:
        for key, label, options in ((SITE, "Body site", sites), (TONE, "Skin tone", tones)):
            name = site_label if key == SITE else tone_label
            with grid.cell():
                st.selectbox(
                    f"{label} of the phantom", options, key=key, format_func=name, persist_state="session"
                )
    st.caption("Drawn, not photographed: it shows nobody. It stays in the library beside its pictures.")
    return find_phantom(st.session_state[SITE], st.session_state[TONE])


def _follow(subject: Attributes, sites: list[str], tones: list[str]) -> None:
    """Takes over what the form newly says; what has no phantom gives way to the first that has one."""
    state, asked = st.session_state, (subject.site, subject.tone)
    wanted = asked if state.get(FOLLOWED) != asked else (None, None)
    state[FOLLOWED] = asked
    for key, value, options in ((SITE, wanted[0], sites), (TONE, wanted[1], tones)):
        chosen = value if value in options else state.get(key)
        state[key] = chosen if chosen in options else options[0]


def _ask_strength(steps: int) -> float:
    strength = st.slider(
        "Strength (strength)",
        0.05,
        1.0,
        step=0.05,
        format="%.2f",
        key=STRENGTH,
        help="How much is drawn anew. Low keeps the photograph and may show no rash; high draws the rash "
        "clearly and keeps little of the photograph; 1 draws all anew.",
        persist_state="session",
    )
    drawn = min(int(steps * strength), steps)
    if drawn:
        st.caption(f"Low keeps the photograph, high redraws it. Draws the last {drawn} of {steps} steps.")
    else:
        st.warning(f"Of {steps} steps none would be drawn: raise the strength or the steps.")
    return float(strength)
