"""A new training: what is taught, on which photographs, for how long; started as a process of its own."""

from pathlib import Path

import streamlit as st

from core.photographs.datasets import list_datasets
from core.settings import Settings
from core.trainings.runs import TrainingRun
from core.trainings.starts import begin, second_words
from core.weights.candidates import Kind
from core.weights.model_cards import ModelCard
from pages.components.datasets.view import View, view_dataset
from pages.components.errors import errors_shown
from pages.components.generating.model_picker import NO_MODEL, distinct_labels
from pages.components.resources import Resources, models_on_offer
from pages.components.trainings.settings import Pictures, ask_encoder_settings, ask_lora_settings, steps_words
from pages.components.wording import counted, plain

KIND, DATASET, BASE, NAME = "training_kind", "training_data", "training_base", "training_name"
BEGUN = "training_begun"
"""How often one was begun in this tab: the form folds and its name is empty again."""

CHOICES = {Kind.ENCODER: "Text encoder", Kind.LORA: "LoRA of the UNet"}
MEANINGS = {
    Kind.ENCODER: "Teaches the model's CLIP which words go with which photographs. Its text encoder is then "
    "checked on the page Models before it may be put into use.",
    Kind.LORA: "Teaches the part that draws how your photographs look, by small layers of its own. Model and "
    "text encoder stay as they are; it is chosen for each picture on Generate.",
}
ENDINGS = {Kind.ENCODER: "encoder", Kind.LORA: "lora"}


def ask_training(resources: Resources, person: str, running: TrainingRun | None, unfolded: bool) -> None:
    """The form; while a training is under way it can be filled but not started."""
    begun = st.session_state.setdefault(BEGUN, 0)
    with st.expander(
        "New training",
        icon=":material/model_training:",
        expanded=unfolded,
        key=f"training_form_{unfolded}_{begun}",
    ):
        cards, _ = models_on_offer(resources)
        found = [folder for folder, _ in list_datasets(resources.settings.datasets)]
        if not cards:
            st.info(NO_MODEL, icon=":material/info:")
        elif not found:
            st.info("There is no dataset to learn from yet.", icon=":material/info:")
            st.page_link("pages/datasets.py", label="Import photographs", icon=":material/folder_open:")
        else:
            _ask(resources, person, running, cards, found)


def _ask(
    resources: Resources, person: str, running: TrainingRun | None, cards: list[ModelCard], found: list[Path]
) -> None:
    kind = st.segmented_control(
        "What is trained",
        list(CHOICES),
        default=Kind.ENCODER,
        format_func=CHOICES.__getitem__,
        required=True,
        key=KIND,
    )
    kind = Kind(str(kind))
    st.caption(MEANINGS[kind])
    left, right = st.columns(2)
    with left:
        folder = _ask_dataset(found)
    with right:
        card = _ask_base(cards)
    view = view_dataset(folder)
    pictures = pictures_of(view)
    st.caption(pictures_words(view, pictures))
    if trouble := trouble_of(pictures):
        st.warning(trouble, icon=":material/warning:")
        return
    ask = ask_encoder_settings if kind is Kind.ENCODER else ask_lora_settings
    wish = ask(resources, card, folder, pictures)
    proposed = free_name(resources.settings, f"{folder.name}-{ENDINGS[kind]}")
    name = st.text_input(
        "Name of the run", key=f"{NAME}_{st.session_state[BEGUN]}", placeholder=proposed, width=400
    )
    st.caption(steps_words(wish, pictures))
    if st.button(
        "Start training",
        type="primary",
        icon=":material/play_arrow:",
        key="training_start",
        disabled=running is not None,
    ):
        with errors_shown():
            begin(resources.settings.runs, name.strip() or proposed, wish, person)
            st.session_state[BEGUN] += 1
            st.rerun()
    if running is not None:
        st.caption(plain(second_words(running)))


def _ask_dataset(found: list[Path]) -> Path:
    folders = {folder.name: folder for folder in found}
    name = st.selectbox("Dataset", list(folders), key=DATASET, persist_state="session")
    return folders.get(str(name), found[0])


def _ask_base(cards: list[ModelCard]) -> ModelCard:
    labels = distinct_labels(cards)
    chosen = st.selectbox("Model", list(labels), format_func=lambda key: labels[key], key=BASE)
    return next((card for card in cards if card.source == chosen), cards[0])


def pictures_of(view: View) -> Pictures:
    """Captioned photographs to learn from and held out, as the commands read them."""
    known = [one for one in view.dataset.photographs if one.usable and one.words]
    training = sum(one.split == "train" for one in known)
    return Pictures(training, len(known) - training, len({one.words for one in known}))


def pictures_words(view: View, pictures: Pictures) -> str:
    """How many it learns from, and what stays out."""
    left_out = len(view.dataset) - pictures.training - pictures.held_out
    words = (
        f"{counted(pictures.training, 'captioned photograph')} to learn from, {pictures.held_out:,} held out "
        f"to measure on, {counted(pictures.captions, 'distinct caption')}."
    )
    if left_out:
        words += f" {counted(left_out, 'photograph')} without a caption, or not usable, stay out."
    return f"{words} Licence: {plain(view.dataset.manifest.licence)}"


def trouble_of(pictures: Pictures) -> str:
    """Why these photographs can't be learned from; empty if they can."""
    if pictures.training < 2 or not pictures.held_out:
        return (
            "A training needs at least two captioned photographs to learn from and one held out. Caption "
            "some in the Caption studio."
        )
    if pictures.captions < 2:
        return "All captions are the same: there is nothing to tell apart. Write some in the Caption studio."
    return ""


def free_name(settings: Settings, wanted: str) -> str:
    """The name, or with the first number that is free."""
    names = (wanted, *(f"{wanted}-{number}" for number in range(2, 10_000)))
    return next(name for name in names if not (settings.runs / name).exists())
