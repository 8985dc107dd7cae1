"""A prompt's length is counted as the model counts it, and never cut off silently."""

import json
from pathlib import Path

import pytest
from tiny_models import tiny_tokenizer

from core.errors import PromptError
from core.language.prompts import FolderTokenizer, check_prompt


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tokenizer")
    tiny_tokenizer().save_pretrained(place)
    return place


@pytest.mark.parametrize("text", ["", "acne", "Tinea, at the FOOT", "x" * 75, "a b  c\n d", "naïve ö 皮膚"])
def test_tokens_are_counted_as_transformers_counts_them(folder: Path, text: str) -> None:
    assert FolderTokenizer(folder).count(text) == len(tiny_tokenizer()(text).input_ids)


def test_a_folder_of_before_transformers_5_counts_alike(folder: Path, tmp_path: Path) -> None:
    saved = json.loads((folder / "tokenizer.json").read_text())["model"]
    (tmp_path / "vocab.json").write_text(json.dumps(saved["vocab"]))
    (tmp_path / "merges.txt").write_text("#version: 0.2\n")
    (tmp_path / "tokenizer_config.json").write_text('{"model_max_length": 77}')
    assert FolderTokenizer(tmp_path).count("acne, foot") == FolderTokenizer(folder).count("acne, foot")


def test_75_letters_fit_and_76_are_refused_with_count_and_limit(folder: Path) -> None:
    tokenizer = FolderTokenizer(folder)
    check_prompt(tokenizer, "x" * 75)
    with pytest.raises(PromptError, match=r"prompt is 78 tokens long.*at most 77"):
        check_prompt(tokenizer, "x" * 76)


def test_a_prompt_of_2000_words_is_refused(folder: Path) -> None:
    with pytest.raises(PromptError, match="10002 tokens"):
        check_prompt(FolderTokenizer(folder), "tinea " * 2000)


def test_a_long_negative_prompt_is_refused_by_its_name(folder: Path) -> None:
    with pytest.raises(PromptError, match="negative prompt is 102 tokens"):
        check_prompt(FolderTokenizer(folder), "acne", "x" * 100)


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_prompt_is_refused(folder: Path, text: str) -> None:
    with pytest.raises(PromptError, match="empty"):
        check_prompt(FolderTokenizer(folder), text)


def test_a_tokenizer_without_a_sensible_length_is_held_to_clips(tmp_path: Path) -> None:
    kind = type(tiny_tokenizer())
    kind(vocab=tiny_tokenizer().get_vocab(), merges=[]).save_pretrained(tmp_path)
    assert FolderTokenizer(tmp_path).limit == 77
