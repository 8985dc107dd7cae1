"""With CLIP's own vocabulary our tokenizer gives CLIP's own ids: compared with the code OpenAI released."""

import gzip
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer

from core.language.prompts import FolderTokenizer
from core.language.vocabulary import load_vocabulary
from training.clip_tuning.data import tokenise_captions
from training.tokenizer import build_tokenizer

START, END = 49406, 49407
TEXTS = (
    "",
    "acne",
    "a photo of a cat",
    "Hello, World! 123",
    "tinea type of rash at the foot area on a fair skin",
    "eczema type of rash at the back of the neck area on a black skin",
    "generate an image of a tinea type of rash on the facial area on a brown skin",
    "Show acne on brown skin on the hand.",
    "Generate a few images of a eczema type of rash at the back of the neck area on fair skin.",
    "hand and leg, fore chin, nose area and cheek area",
    "seborrhoeic dermatitis, lichen planus, molluscum contagiosum",
    "hyperpigmentation; post-inflammatory erythema; lichenified plaques",
    "annular plaque, active raised scaly border, clearing centre",
    "Fitzpatrick type IV-V, Monk 7",
    "it's the patient's skin, they've scratched and we'll see, I'm sure he'd know",
    "  many   spaces\tand\na new line  ",
    "numbers 3.14 and 2026-11-23 and 1,000",
    "(close-up) [macro] {studio} <flash> / | & + = # @ ~ ^",
    "UPPER lower MiXeD",
    "naïve café über jalapeño",
    "皮膚科 アトピー 아토피",
    "Хаутароцт и кожа",
    "emoji 😀 and 🔬",
    "100 % — and …",
    "word" * 12,
    "supercalifragilisticexpialidocious",
    "a.b.c",
    "x_y_z under_scored",
    "e-mail: someone@example.org",
    "zz zzz zzzz",
    "ringworm, zits and tetter",
    "dark brown papules on the dorsum of the left hand of a 54-year-old",
    "rosácea na face de uma mulher",
    "Ausschlag am Handrücken, gerötet und schuppig",
    "'quotes' and \"double quotes\"",
    "fair skin!!! really???",
)


@pytest.fixture(scope="module")
def released() -> Path:
    """Folder of the package; its own __init__ would import the networks, so it is not run."""
    found = importlib.util.find_spec("clip")
    assert found is not None and found.submodule_search_locations
    return Path(found.submodule_search_locations[0])


@pytest.fixture(scope="module")
def reference(released: Path) -> Any:
    """OpenAI's tokenizer."""
    spec = importlib.util.spec_from_file_location("simple_tokenizer", released / "simple_tokenizer.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SimpleTokenizer()


@pytest.fixture(scope="module")
def ours(released: Path) -> CLIPTokenizer:
    """Our tokenizer, built from the released merges."""
    with gzip.open(released / "bpe_simple_vocab_16e6.txt.gz", "rt", encoding="utf-8") as file:
        lines = file.read().split("\n")[1 : 49152 - 256 - 2 + 1]
    return build_tokenizer(sorted(ByteLevel.alphabet()), [tuple(line.split()) for line in lines])


def test_the_vocabulary_is_clips_own(ours: CLIPTokenizer, reference: Any) -> None:
    assert len(ours) == 49408
    assert ours.get_vocab() == reference.encoder


@pytest.mark.parametrize("text", TEXTS)
def test_ids_are_those_of_the_released_code(ours: CLIPTokenizer, reference: Any, text: str) -> None:
    assert ours(text).input_ids == [START, *reference.encode(text), END]


def test_monk_steps_severities_and_views_take_six_tokens_at_most(ours: CLIPTokenizer) -> None:
    words = load_vocabulary()
    entries = [*words.monk_tones.values(), *words.severities.values(), *words.views.values()]
    lengths = {entry.caption: len(ours(entry.caption).input_ids) - 2 for entry in entries}
    assert max(lengths.values()) <= 6, lengths


def test_only_typographic_quotes_are_read_otherwise(ours: CLIPTokenizer, reference: Any) -> None:
    """The released code straightens them first; transformers, which pipelines use, does not."""
    assert reference.encode("“acne”") == reference.encode('"acne"')
    assert ours("“acne”").input_ids != ours('"acne"').input_ids


def test_a_folder_in_either_form_counts_the_same(ours: CLIPTokenizer, reference: Any, tmp_path: Path) -> None:
    ours.save_pretrained(tmp_path / "new")
    saved = json.loads((tmp_path / "new" / "tokenizer.json").read_text())["model"]
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "vocab.json").write_text(json.dumps(saved["vocab"]))
    merges = "\n".join(pair if isinstance(pair, str) else " ".join(pair) for pair in saved["merges"])
    (tmp_path / "old" / "merges.txt").write_text(f"#version: 0.2\n{merges}\n")
    (tmp_path / "old" / "tokenizer_config.json").write_text('{"model_max_length": 77}')
    for folder in ("new", "old"):
        counter = FolderTokenizer(tmp_path / folder)
        assert [counter.count(t) for t in TEXTS] == [len(reference.encode(t)) + 2 for t in TEXTS]


def test_captions_are_padded_with_the_end_token_and_trimmed_behind_the_longest(
    ours: CLIPTokenizer, reference: Any
) -> None:
    captions = tokenise_captions(["a photo of a cat", "acne"], ours)
    assert captions.tokens.shape == (2, 77)
    expected = [START, *reference.encode("acne"), END]
    assert captions.tokens[1].tolist() == expected + [END] * (77 - len(expected))
    trimmed = captions.trimmed([0, 1]).tolist()
    assert trimmed[0] == [START, 320, 1125, 539, 320, 2368, END]
    assert captions.empty[0].tolist() == [START, *[END] * 76]
