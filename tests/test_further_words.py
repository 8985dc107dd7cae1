"""How severity and view are said in sentences, and what is asked with less said."""

import pytest

from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from training.words.further_words import coarser, severe_kinds, with_view

WORDS = load_vocabulary()
MONK = Attributes("acne", ("cheek",), "monk_7", "severe", "close_up")


def test_less_is_said_step_by_step_and_never_something_else():
    less = coarser(MONK, WORDS)
    assert less[0] == MONK and len(less) == len(set(less)) == 8
    named = WORDS.named_tone(WORDS.tone("monk_7")).key
    assert {a.tone for a in less} == {"monk_7", named}
    assert all((a.rash, a.sites) == ("acne", ("cheek",)) for a in less)
    assert {a.severity for a in less} == {"severe", None} and {a.view for a in less} == {"close_up", None}


def test_what_says_nothing_more_than_a_triple_is_asked_for_in_one_way():
    plain = Attributes("acne", ("cheek",), "brown")
    assert coarser(plain, WORDS) == (plain,)


@pytest.mark.parametrize("key", WORDS.severities)
def test_every_kind_says_how_pronounced_it_is(key):
    severity = WORDS.severities[key]
    said = severe_kinds(("acne", "a case of acne", "spots"), severity)
    known = (severity.caption, *severity.synonyms)
    assert all(any(kind.startswith(f"{word} ") for word in known) for kind in said)
    assert severe_kinds(("acne",), None) == ("acne",)


@pytest.mark.parametrize("key", WORDS.views)
@pytest.mark.parametrize("turn", range(6))
def test_a_sentence_with_a_view_says_it_and_keeps_its_end(key, turn):
    view = WORDS.views[key]
    said = with_view("tinea on the foot.", True, view, turn)
    assert "tinea on the foot" in said and said.endswith(".")
    assert any(word in said for word in (view.caption, *view.synonyms))
    assert with_view("tinea on the foot.", True, None, turn) == "tinea on the foot."
