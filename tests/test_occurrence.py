"""What is said where a rash does not occur, to models that were and were not taught it there."""

from dataclasses import replace

import pytest
from tiny_models import tiny_card

from core.language.attributes import Attributes
from core.language.occurrence import occurrence_notes
from core.weights.model_cards import load_card

TAUGHT = replace(tiny_card(), true_sites=True, sites=("face", "foot", "palm", "hand", "between_toes"))
ACNE_ON_PALM = Attributes("acne", ("palm",), "fair")


def test_a_model_taught_by_nature_has_not_learned_what_does_not_occur() -> None:
    note = "Acne does not occur on the palm: the model has not learned such pictures."
    assert occurrence_notes(ACNE_ON_PALM, TAUGHT) == (note,)
    toes = replace(ACNE_ON_PALM, sites=("between_toes",))
    assert occurrence_notes(toes, TAUGHT)[0].startswith("Acne does not occur between the toes: ")


def test_any_other_model_gets_the_fact_alone(tmp_path) -> None:
    for card in (tiny_card(), load_card(tmp_path)):
        assert occurrence_notes(ACNE_ON_PALM, card) == ("Acne does not occur on the palm.",)


def test_what_was_only_never_shown_is_said_of_a_model_taught_by_nature_alone() -> None:
    on_hand = Attributes("acne", ("hand",))
    (note,) = occurrence_notes(on_hand, TAUGHT)
    assert note == "The model has not learned acne on the hand: its training shows none there."
    assert occurrence_notes(on_hand, tiny_card()) == ()


@pytest.mark.parametrize(
    "attributes",
    [
        Attributes("acne", ("face",)),
        Attributes("clear", ("palm",)),
        Attributes("acne"),
        Attributes(None, ("palm",)),
        Attributes("gone", ("palm",)),
    ],
)
def test_nothing_is_said_where_nothing_is_wrong(attributes: Attributes) -> None:
    assert occurrence_notes(attributes, TAUGHT) == ()


def test_each_site_that_does_not_fit_is_named() -> None:
    notes = occurrence_notes(Attributes("acne", ("palm", "face", "between_toes")), TAUGHT)
    assert [note.split(":")[0] for note in notes] == [
        "Acne does not occur on the palm",
        "Acne does not occur between the toes",
    ]
