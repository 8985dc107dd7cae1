import pytest
from transformers import CLIPTokenizer

from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from training.tokenizer import MAX_LENGTH, main, plain_words, train_tokenizer
from training.words.paraphrases import paraphrases

TEXTS = ["Show acne on brown skin on the hand.", "tinea type of rash at the foot area on a fair skin"] * 3


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> CLIPTokenizer:
    """The tokenizer as the command writes it and as a pipeline loads it."""
    folder = tmp_path_factory.mktemp("tokenizer")
    assert main(["--output", str(folder)]) == 0
    return CLIPTokenizer.from_pretrained(folder)


def test_it_stays_within_its_size(released):
    assert 2000 < len(released) <= 4000
    assert len(train_tokenizer(TEXTS, size=600)) <= 600


def test_it_loads_with_clips_length_and_pads_as_clip_does(released):
    coded = released("acne", padding="max_length", truncation=True)
    assert released.model_max_length == MAX_LENGTH == len(coded.input_ids)
    assert coded.input_ids[0] == released.bos_token_id
    assert coded.input_ids[2] == released.eos_token_id == released.pad_token_id
    assert coded.attention_mask == [1, 1, 1] + [0] * 74


def test_case_does_not_matter(released):
    assert released("ACNE on Brown Skin").input_ids == released("acne on brown skin").input_ids


@pytest.mark.parametrize(
    "text", ["naïve zebra's coat", "皮膚科 😀", "Хаутароцт", "a\tb\nc", "100 % — “quoted”"]
)
def test_no_text_is_unencodable(released, text):
    coded = released(text, add_special_tokens=False).input_ids
    assert released.unk_token_id not in coded
    assert "".join(released.decode(coded).split()) == "".join(text.lower().split())


def test_the_vocabularys_words_and_plain_words_are_single_pieces(released):
    vocabulary = load_vocabulary()
    captions = [
        e.caption
        for entries in (vocabulary.rashes, vocabulary.sites, vocabulary.tones)
        for e in entries.values()
    ]
    words = {word for caption in captions for word in caption.split() if word.isalpha()} | set(plain_words())
    broken = {word for word in words if len(released.tokenize(word)) > 1}
    assert not broken


def test_every_paraphrase_fits_the_encoder(released):
    vocabulary = load_vocabulary()
    for rash in vocabulary.rashes:
        for site in ("between_toes", "nape"):
            texts = paraphrases(Attributes(rash, (site,), "black"), vocabulary)
            assert max(map(len, released(texts).input_ids)) <= MAX_LENGTH


def test_the_same_texts_give_the_same_tokenizer():
    texts = [*plain_words()[:300], *TEXTS] * 2
    assert train_tokenizer(texts).get_vocab() == train_tokenizer(texts).get_vocab()
