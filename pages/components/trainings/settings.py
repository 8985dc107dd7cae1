"""How long and how a training learns: settings of a text encoder and of a LoRA, the expert ones folded."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.errors import InputError, ModelError
from core.recipes import SEED_MAX, STOCK_ENCODER
from core.trainings.wishes import (
    ANCHORS,
    METHODS,
    EncoderTraining,
    LoraTraining,
    TrainingWish,
    clip_of,
)
from core.weights.model_cards import ModelCard
from pages.components.generating.encoder_choice import offered_encoders
from pages.components.models.candidate_state import standings
from pages.components.resources import Resources
from pages.components.wording import counted

EPOCHS_MAX, BATCH_MAX, RANK_MAX, PRIOR_MAX = 1000, 4096, 256, 2000
METHOD_WORDS = {
    "lora": "Small added layers (LoRA), merged at the end",
    "last-layers": "The last layers",
    "full": "All layers",
}
ANCHOR_WORDS = {
    "known": "Captions of the words that the model knows",
    "data": "The photographs' own captions",
}
BY_COMMAND = "Chosen by the method"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Captioned photographs to learn from and held out, and their distinct captions."""

    training: int
    held_out: int
    captions: int


def ask_encoder_settings(
    resources: Resources, card: ModelCard, data: Path, pictures: Pictures
) -> EncoderTraining:
    """Which CLIP, what of it moves, how long."""
    clip, download = _ask_clip(card)
    method = st.selectbox(
        "Layers that change",
        METHODS,
        format_func=METHOD_WORDS.__getitem__,
        key="training_method",
        help="The fewer change, the safer is what it knew. All layers want thousands of photographs.",
    )
    key = f"encoder_{data.name}"
    epochs, batch = _ask_sizes(key, encoder_batch(pictures.training), (2, pictures.training), _BATCH_ENCODER)
    with st.expander("Expert settings", icon=":material/tune:", type="compact"):
        left, right = st.columns(2)
        with left:
            rate = _ask_rate("encoder")
            anchors = _ask_anchors(card)
            distillation = st.number_input(
                "Distillation",
                0.0,
                1000.0,
                10.0,
                key="training_distillation",
                help="How strongly it is held to what the original says of those captions; 0 lets it drift.",
            )
        with right:
            seed = _ask_seed()
            vision = st.toggle(
                "Train the picture side as well",
                key="training_vision",
                help="Slower, and rarely needed: only the text encoder is used for drawing.",
            )
    return EncoderTraining(
        data,
        clip,
        str(method),
        epochs,
        batch,
        rate,
        float(distillation),
        bool(vision),
        seed,
        download,
        anchors,
    )


_BATCH_ENCODER = "Photographs that are contrasted with each other at once. More tell finer differences apart."
_BATCH_LORA = "Photographs a step."


def encoder_batch(training: int) -> int:
    """128, or for few photographs a power of two that leaves at least four steps an epoch."""
    return min(128, max(2, 1 << max(0, (training // 4).bit_length() - 1)), training)


def ask_lora_settings(resources: Resources, card: ModelCard, data: Path, pictures: Pictures) -> LoraTraining:
    """Beside which text encoder, how long, how large."""
    labels = offered_encoders(standings(resources, card.source))
    encoder = st.selectbox(
        "Text encoder",
        list(labels),
        format_func=lambda source: labels[source],
        key=f"training_encoder_{card.source}",
        help="Stays as it is. Those that passed the check on the page Models are on offer.",
    )
    epochs, batch = _ask_sizes(
        f"lora_{data.name}", min(4, pictures.training), (1, pictures.training), _BATCH_LORA
    )
    prior = st.number_input(
        "Pictures by the model as it is",
        0,
        PRIOR_MAX,
        0,
        step=8,
        key="training_prior",
        width=300,
        help="Drawn first and learned beside yours (prior preservation), so that the model keeps what your "
        "photographs do not show. 64 is a good number; each takes as long as a picture on Generate.",
    )
    with st.expander("Expert settings", icon=":material/tune:", type="compact"):
        left, right = st.columns(2)
        with left:
            rate = _ask_rate("lora")
            rank = st.number_input(
                "Rank",
                1,
                RANK_MAX,
                8,
                key="training_rank",
                help="Width of the added layers. More can hold more.",
            )
            weight = st.number_input(
                "Weight of the model's own pictures", 0.0, 100.0, 1.0, key="training_prior_weight"
            )
        with right:
            seed = _ask_seed()
            gamma = st.number_input(
                "Min-SNR gamma",
                0.0,
                100.0,
                5.0,
                key="training_gamma",
                help="Keeps nearly clean pictures from ruling the loss; 0 weighs all noise levels alike.",
            )
    return LoraTraining(
        data,
        card.source,
        str(encoder or STOCK_ENCODER),
        int(rank),
        epochs,
        batch,
        rate,
        float(gamma),
        int(prior),
        float(weight),
        seed,
    )


def steps_words(wish: TrainingWish, pictures: Pictures) -> str:
    """ "5 steps an epoch, 50 in all." """
    whole = pictures.training // wish.batch
    steps = whole if isinstance(wish, EncoderTraining) else -(-pictures.training // wish.batch)
    return f"{counted(steps, 'step')} an epoch, {steps * wish.epochs:,} in all."


def _ask_clip(card: ModelCard) -> tuple[str, bool]:
    """The CLIP that the model's text encoder is part of; asked for where the model does not bring it."""
    try:
        found = clip_of(card.source)
    except ModelError as error:
        raise InputError(f"{card.label} can't be trained from: {error}") from error
    if found.comes_along:
        return found.source, False
    typed = st.text_input(
        "CLIP that the model's text encoder came from: folder or hub id",
        found.source,
        key=f"training_clip_{card.source}",
        help="An encoder tuned from another CLIP has the same shapes and means something else; the check on "
        "the page Models refuses it. Stable Diffusion 1.x uses openai/clip-vit-large-patch14.",
    )
    download = st.toggle("Fetch it from the hub if it is not on this machine", key="training_download")
    return typed.strip(), bool(download)


def _ask_sizes(key: str, batch: int, bounds: tuple[int, int], batch_help: str) -> tuple[int, int]:
    left, right = st.columns(2)
    with left:
        epochs = st.number_input(
            "Epochs", 1, EPOCHS_MAX, 10, key=f"training_epochs_{key}", help="Times through all photographs."
        )
    with right:
        size = st.number_input(
            "Batch", bounds[0], min(BATCH_MAX, bounds[1]), batch, key=f"training_batch_{key}", help=batch_help
        )
    return int(epochs), int(size)


def _ask_anchors(card: ModelCard) -> str | None:
    """What it is held to; only a CLIP beside a card that names words can be held to them."""
    if not (card.rashes and card.sites and card.tones and clip_of(card.source).comes_along):
        return None
    chosen = st.selectbox(
        "Held to the original",
        ANCHORS,
        format_func=ANCHOR_WORDS.__getitem__,
        key="training_anchors",
        help="Held to the words that the model knows, it draws those as before and can learn new names. "
        "Held to the photographs' own captions, it hardly learns a new name (docs/encoder-study.md).",
    )
    return str(chosen)


def _ask_rate(key: str) -> float | None:
    rate = st.number_input(
        "Learning rate",
        1e-9,
        1.0,
        None,
        step=1e-6,
        format="%.1e",
        key=f"training_rate_{key}",
        placeholder=BY_COMMAND,
        help="The highest; it warms up over the first tenth and falls towards the end.",
    )
    return None if rate is None else float(rate)


def _ask_seed() -> int:
    return int(
        st.number_input("Seed", 0, SEED_MAX, 0, key="training_seed", help="Of batches and fresh weights.")
    )
