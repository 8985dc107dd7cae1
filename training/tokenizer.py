"""Trains the embedded model's own byte-pair vocabulary, in the form that CLIPTokenizer reads.

    python -m training.tokenizer --output DIR

The full CLIP vocabulary would cost a small model more weights than all its layers; a few thousand pieces
learned from the words of prompts do. All 256 bytes are pieces, so no text is unencodable.
"""

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer
from transformers import CLIPTokenizer

from core.language.attributes import Attributes
from core.language.vocabulary import Vocabulary, load_vocabulary
from core.settings import PROJECT
from training.words.left_out import without
from training.words.paraphrases import paraphrases

PROMPT_WORDS = PROJECT / "training" / "prompt_words.txt"
START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"
MAX_LENGTH = 77
VOCABULARY_SIZE = 4000
PLAIN_WORD_WEIGHT = 3
"""A merge is learned for pieces seen at least twice; plain words are listed often enough to become whole."""


def train_tokenizer(texts: Iterable[str], size: int = VOCABULARY_SIZE) -> CLIPTokenizer:
    """Learns merges from the texts; at most ``size`` pieces, the two special ones included.

    Letters that end a word are listed before learning starts: found on the way, they would be numbered in
    the order of a hash table, and equally frequent pairs merged in another order each time.
    """
    blank = CLIPTokenizer(model_max_length=MAX_LENGTH).backend_tokenizer
    learner = Tokenizer(BPE(end_of_word_suffix=WORD_END))
    learner.normalizer, learner.pre_tokenizer = blank.normalizer, blank.pre_tokenizer
    alphabet = sorted(ByteLevel.alphabet())
    trainer = BpeTrainer(
        vocab_size=size - 2,
        special_tokens=[letter + WORD_END for letter in alphabet],
        initial_alphabet=alphabet,
        end_of_word_suffix=WORD_END,
        min_frequency=2,
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer)
    merges = [tuple(pair) for pair in json.loads(learner.to_str())["model"]["merges"]]
    return build_tokenizer(alphabet, merges)


def build_tokenizer(alphabet: Sequence[str], merges: Sequence[tuple[str, ...]]) -> CLIPTokenizer:
    """CLIP's order of pieces: bytes, bytes that end a word, merges, start and end of text."""
    pieces = [*alphabet, *(letter + WORD_END for letter in alphabet), *("".join(pair) for pair in merges)]
    pieces = [*dict.fromkeys(pieces), START, END]
    return CLIPTokenizer(
        vocab={piece: i for i, piece in enumerate(pieces)},
        merges=list(merges),
        model_max_length=MAX_LENGTH,
    )


def prompt_corpus(vocabulary: Vocabulary, left_out: Sequence[str] = ()) -> Iterator[str]:
    """All that the tokenizer should know: entries, paraphrases of every site and tone, plain words; nothing
    that holds a name in ``left_out``."""
    for word in without([*plain_words(), *_entry_words(vocabulary)], left_out):
        yield from [word] * PLAIN_WORD_WEIGHT
    tones = list(vocabulary.tones)
    for i, rash in enumerate(vocabulary.rashes):
        for j, site in enumerate(vocabulary.sites):
            asked = Attributes(rash, (site,), tones[(i + j) % len(tones)])
            yield from without(paraphrases(asked, vocabulary), left_out)


def plain_words(path: Path = PROMPT_WORDS) -> list[str]:
    """The listed words; lines that begin with # are comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def _entry_words(vocabulary: Vocabulary) -> Iterator[str]:
    for entries in (vocabulary.rashes, vocabulary.sites, vocabulary.tones):
        for entry in entries.values():
            yield from (entry.label, entry.caption, *entry.synonyms)


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the tokenizer and says how large it became."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--size", type=int, default=VOCABULARY_SIZE)
    arguments = parser.parse_args(argv)
    tokenizer = train_tokenizer(prompt_corpus(load_vocabulary()), arguments.size)
    tokenizer.save_pretrained(arguments.output)
    print(f"{len(tokenizer)} pieces written to {arguments.output}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
