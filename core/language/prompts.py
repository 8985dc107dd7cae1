"""How long a prompt is for a model's text encoder, counted by the model's own tokenizer, without torch."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from core.errors import PromptError
from core.weights.model_folders import read_config

CLIP_TOKENS = 77
"""Positions of CLIP's text encoder, start and end marks included."""


class TokenCounter(Protocol):
    """A tokenizer as far as a prompt's length needs it."""

    def count(self, text: str) -> int:
        """Tokens of the whole text, start and end marks included."""

    @property
    def limit(self) -> int:
        """Positions the text encoder reads."""


def check_prompt(tokenizer: TokenCounter, prompt: str, negative_prompt: str = "") -> None:
    """Checks what the text encoder is to read; nothing is ever cut off silently.

    Raises:
        PromptError: the prompt is empty, or one of the two is longer than the encoder reads.
    """
    check_not_empty(prompt)
    for name, text in (("prompt", prompt), ("negative prompt", negative_prompt)):
        if (count := tokenizer.count(text)) > tokenizer.limit:
            raise PromptError(
                f"The {name} is {count} tokens long, and the text encoder reads at most {tokenizer.limit} "
                "(start and end marks included). Shorten it: the rest would be ignored."
            )


def check_not_empty(prompt: str) -> None:
    """Raises PromptError if there is nothing to draw."""
    if not prompt.strip():
        raise PromptError("The prompt is empty. Say what to draw, for example 'tinea at the foot'.")


class FolderTokenizer:
    """The tokenizer of a model folder, opened by the ``tokenizers`` library alone."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = _open(folder)
        limit = read_config(folder, "tokenizer_config.json").get("model_max_length", CLIP_TOKENS)
        self.limit = int(min(limit, CLIP_TOKENS)) if isinstance(limit, int | float) else CLIP_TOKENS

    def count(self, text: str) -> int:
        """Tokens of the whole text, start and end marks included."""
        return len(self._tokenizer.encode(text).ids)

    def vocabulary(self) -> dict[str, int]:
        """Token to id."""
        return dict(self._tokenizer.get_vocab())

    def merges(self) -> list[Any]:
        """Byte-pair merges in order of rank."""
        return list(json.loads(self._tokenizer.to_str())["model"].get("merges", ()))


@lru_cache(maxsize=4)
def tokenizer_of(model_folder: Path) -> FolderTokenizer:
    """Opens ``model_folder/tokenizer`` once.

    Raises:
        ModelMissingError: the tokenizer's configuration is missing.
    """
    return FolderTokenizer(model_folder / "tokenizer")


def _open(folder: Path) -> Any:
    """Folders of before transformers 5 hold vocab.json and merges.txt, which its CLIPTokenizer assembles."""
    if (folder / "tokenizer.json").is_file():
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    else:
        from transformers import CLIPTokenizer

        tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True).backend_tokenizer
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
