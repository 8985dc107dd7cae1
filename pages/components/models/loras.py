"""LoRAs on the page Models: each with its terms, its pictures without and with it, and how it is used."""

import streamlit as st

from core.errors import ModelError
from core.weights.lora_checks import ARMS, begin_lora_check
from core.weights.loras import list_loras
from core.weights.model_cards import ModelCard
from core.weights.picture_checks import CheckState
from pages.components.errors import errors_shown
from pages.components.models.candidate_card import show_hash
from pages.components.models.check_pictures import show_grid, show_judged
from pages.components.models.check_progress import ask_pictures, show_check_progress
from pages.components.models.lora_state import LoraStanding, lora_standings, origin_words
from pages.components.people import link_to
from pages.components.resources import Resources
from pages.components.wording import counted, moment_line, plain

ARM_WORDS = dict(zip(ARMS, ("Without", "With"), strict=True))


def show_loras(resources: Resources, person: str, card: ModelCard) -> None:
    """The LoRAs of one model, what is wrong with those that can't be used, and how they are used."""
    try:
        known = lora_standings(resources.settings, card)
    except ModelError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        known = []
    st.caption(
        "A LoRA is not activated: it is chosen for each picture on Generate and Compare, under Advanced "
        "settings, with a strength from 0 to 1.5, beside any text encoder. What fits the chosen model is on "
        "offer there."
        + (
            ""
            if known
            else f" There is none yet: train one, or put its folder into `{resources.settings.runs}`."
        )
    )
    for trouble in [lora.trouble for lora in list_loras(resources.settings) if lora.trouble]:
        st.warning(plain(trouble), icon=":material/warning:")
    for standing in known:
        with st.container(border=True, key=f"lora_{standing.check.place.name}"), errors_shown():
            _show(resources, person, card, standing)
    with st.container(horizontal=True):
        link_to("pages/training.py", "Train a LoRA")
        if known:
            link_to("pages/generate.py", "Draw with one")


def _show(resources: Resources, person: str, card: ModelCard, standing: LoraStanding) -> None:
    _show_head(card, standing)
    show_check_progress(standing.check, standing.state, standing.trouble, ARM_WORDS, person)
    _say_what_is_known(standing)
    with st.container(horizontal=True):
        count = ask_pictures(
            "Compare again" if standing.report else "Compare",
            "Pictures in each way",
            "Drawn without it and with it at strength 1, the same prompts and seeds.",
            standing.check,
            (resources, person, card),
        )
    if count is not None:
        begin_lora_check(resources.settings.library, standing.lora, card.source, count, person)
        st.rerun()
    if standing.report is not None:
        with st.expander("Without it and with it", icon=":material/compare:", type="compact"):
            pictures = standing.report.pictures
            show_judged(pictures, ARM_WORDS, "in each way", "small differences say nothing")
            name = standing.check.place.name
            show_grid(
                resources.repository, person, standing.check, "the model without and with the LoRA", name
            )


def _show_head(card: ModelCard, standing: LoraStanding) -> None:
    lora, origin = standing.lora, standing.lora.origin
    badge = ":blue-badge[On offer]" if standing.own else ":orange-badge[Of another model]"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{plain(lora.source)}** {badge}", width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            show_hash(lora.hash)
    st.caption(
        f"{plain(origin_words(lora) or 'Origin not recorded')}  \n"
        f"**Licence** {plain(origin.licence or 'not recorded')} · "
        f"**Consent** {plain(origin.consent or 'not recorded')}"
    )


def _say_what_is_known(standing: LoraStanding) -> None:
    """The comparison in a sentence or two; what is lost beyond chance is a warning."""
    report = standing.report
    if standing.state is CheckState.RUNNING:
        return
    if report is None:
        changed = "Its files or the model's have changed since its pictures were compared. Compare again."
        st.caption(
            changed if standing.changed else "Its pictures have not been compared with the model's own."
        )
        return
    lost = [check["message"] for check in report.checks if not check["passed"]]
    if lost:
        st.warning(plain(" ".join(lost)), icon=":material/warning:")
    said = "nothing is lost beyond chance" if not lost else "it does harm"
    st.caption(
        f":material/check: Compared {moment_line(report.at)} by {plain(report.by)} on "
        f"{counted(int(report.pictures['count']), 'picture')} in each way: {said}."
    )
