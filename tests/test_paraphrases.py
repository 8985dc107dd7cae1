from dataclasses import replace
from itertools import islice

import pytest

from core.errors import VocabularyError
from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.language.reading import read_prompt
from core.language.vocabulary import load_vocabulary
from training.words.paraphrases import paraphrases, split_paraphrases
from training.words.triples import all_triples

TINEA = Attributes("tinea", ("foot",), "brown")


def test_the_template_caption_comes_first():
    assert (
        paraphrases(TINEA)[0]
        == compose_caption(TINEA)
        == "tinea type of rash at the foot area on a brown skin"
    )


def test_every_sentence_is_said_once_and_in_the_same_order_each_time():
    sentences = paraphrases(TINEA)
    assert len(sentences) == len(set(sentences)) > 60
    assert sentences == paraphrases(TINEA)


def test_every_sentence_about_all_three_attributes_names_all_three():
    vocabulary = load_vocabulary()
    rash, site, tone = vocabulary.rash("acne"), vocabulary.site("cheek"), vocabulary.tone("black")
    for sentence in paraphrases(Attributes("acne", ("cheek",), "black")):
        for entry in (rash, site, tone):
            assert any(word in sentence for word in (entry.caption, *entry.synonyms)), sentence


def test_different_attributes_never_share_a_sentence():
    vocabulary = load_vocabulary()
    triples = all_triples(
        ("acne", "eczema", "clear"), ("foot", "sole", "between_toes"), tuple(vocabulary.tones)
    )
    said: dict[str, Attributes] = {}
    for attributes in triples:
        for sentence in paraphrases(attributes):
            assert said.setdefault(sentence.lower(), attributes) == attributes, sentence


def test_toes_are_only_reached_between_them():
    for sentence in paraphrases(Attributes("eczema", ("between_toes",), "fair")):
        assert "between" in sentence or any(word in sentence for word in ("web", "interdigital", "cleft")), (
            sentence
        )


def test_a_synonym_that_names_a_place_is_kept_for_that_place():
    on_face = " ".join(paraphrases(Attributes("tinea", ("face",), "fair")))
    on_foot = " ".join(paraphrases(TINEA))
    assert "athlete's foot" not in on_face
    assert "athlete's foot" in on_foot


def test_incomplete_attributes_name_only_what_is_known():
    vocabulary = load_vocabulary()
    tones = {tone.caption for tone in vocabulary.tones.values()}
    sentences = paraphrases(Attributes("tinea", ("foot",), None))
    assert not any(tones & set(sentence.split()) for sentence in sentences)
    assert paraphrases(Attributes()) == ["a photo of skin", "skin"]


def test_two_sites_are_both_named():
    for sentence in paraphrases(Attributes("acne", ("palm", "chest"), "fair"))[:6]:
        assert "palm" in sentence and "chest" in sentence


def test_held_out_sentences_are_never_trained_on_and_the_caption_always_is():
    train, held_out = split_paraphrases(TINEA)
    assert train[0] == compose_caption(TINEA)
    assert not set(train) & set(held_out)
    assert sorted([*train, *held_out]) == sorted(paraphrases(TINEA))
    assert len(held_out) > 8


def test_an_unknown_key_is_refused():
    with pytest.raises(VocabularyError, match="leprechaun"):
        paraphrases(Attributes("leprechaun", ("foot",), "fair"))


def test_triples_are_every_combination():
    triples = all_triples(("acne", "clear"), ("foot", "hand", "sole"), ("fair",))
    assert len(set(triples)) == 6
    assert next(islice(triples, 1, None)) == Attributes("acne", ("hand",), "fair")


@pytest.mark.parametrize(("site", "tone"), [("hand", "black"), ("between_toes", "tan"), ("back", "fair")])
def test_what_is_asked_is_read_back(site, tone):
    for rash in ("acne", "eczema", "tinea", "clear"):
        asked = Attributes(rash, (site,), tone)
        for sentence in paraphrases(asked)[::5]:
            found = replace(read_prompt(sentence).attributes, view=None)  # one frame says "close-up"
            assert found == asked, sentence
