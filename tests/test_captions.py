import pytest

from core.errors import VocabularyError
from core.language.attributes import Attributes
from core.language.captions import compose_caption


@pytest.mark.parametrize(
    ("attributes", "caption"),
    [
        (Attributes("tinea", ("foot",), "fair"), "tinea type of rash at the foot area on a fair skin"),
        (
            Attributes("tinea", ("between_toes",), "fair"),
            "tinea type of rash between the toes area on a fair skin",
        ),
        (Attributes("clear", ("cheek",), "brown"), "clear skin at the cheek area on a brown skin"),
        (
            Attributes("eczema", ("nape",), "black"),
            "eczema type of rash at the back of the neck area on a black skin",
        ),
        (Attributes("acne", (), "fair"), "acne type of rash on a fair skin"),
        (Attributes("acne", ("chin",)), "acne type of rash at the chin area"),
        (Attributes("clear"), "clear skin"),
        (Attributes(None, ("hand",), "tan"), "rash at the hand area on a tan skin"),
        (Attributes(), ""),
        (
            Attributes("acne", ("nose", "cheek"), "fair"),
            "acne type of rash at the nose area and cheek area on a fair skin",
        ),
        (
            Attributes("tinea", ("between_toes", "sole"), "pale"),
            "tinea type of rash between the toes area and at the sole area on a pale skin",
        ),
        (
            Attributes("tinea", ("foot",), "fair", "severe", "close_up"),
            "severe tinea type of rash at the foot area on a fair skin, close-up",
        ),
        (
            Attributes("acne", ("chin",), "monk_4", view="at_an_angle"),
            "acne type of rash at the chin area on a monk 4 tone skin, at an angle",
        ),
        (Attributes("eczema", severity="mild"), "mild eczema type of rash"),
        (Attributes(severity="moderate"), "moderate rash"),
        (Attributes("clear", ("palm",), view="at_distance"), "clear skin at the palm area, at distance"),
        (Attributes(view="close_up"), "close-up"),
    ],
)
def test_a_caption_follows_the_grammar_word_by_word(attributes: Attributes, caption: str) -> None:
    assert compose_caption(attributes) == caption


@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        (Attributes("measels"), "measels"),
        (Attributes("acne", ("foot", "moon")), "moon"),
        (Attributes("acne", (), "green"), "green"),
        (Attributes("acne", severity="deadly"), "deadly"),
        (Attributes("acne", view="upside_down"), "upside_down"),
        (Attributes("clear", severity="mild"), "Clear skin has no severity: leave 'mild' out"),
    ],
)
def test_an_unknown_key_is_refused_by_name(attributes: Attributes, word: str) -> None:
    with pytest.raises(VocabularyError, match=word):
        compose_caption(attributes)
