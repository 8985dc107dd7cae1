"""Names that a training must never read: every sentence that holds one of them is dropped."""

import re
from collections.abc import Iterable, Sequence


def without(sentences: Iterable[str], names: Sequence[str]) -> list[str]:
    """The sentences that hold none of the names, as whole words in any case; all of them without names."""
    if not names:
        return list(sentences)
    said = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, names))})(?!\w)", re.IGNORECASE)
    return [sentence for sentence in sentences if not said.search(sentence)]
