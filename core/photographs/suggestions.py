"""What was measured in a dataset's photographs for the caption studio: suggestions.jsonl, a line for each.

``training.suggest`` writes it. A suggestion is no label: it enters a caption only when a person says so.
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from core.errors import DatasetError

SUGGESTIONS = "suggestions.jsonl"
SUGGESTING = ".suggest"
"""Folder in the dataset where the command that measures keeps its record and its log."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One photograph's measures; None where nothing could be measured, and ``note`` says why.

    ``tone`` is the vocabulary's step nearest to unaffected skin, ``monk`` the nearest Monk swatch (1 to 10),
    ``ita`` the individual typology angle in degrees. ``site`` is the likeliest of those that the CLIP in
    ``clip`` knows, with its probability among them. ``sha256`` is the picture's, ``judge`` and ``clip`` name
    the weights by theirs; empty where there were none.
    """

    photograph: str
    sha256: str
    judge: str = ""
    clip: str = ""
    tone: str | None = None
    monk: int | None = None
    ita: float | None = None
    site: str | None = None
    site_probability: float | None = None
    note: str = ""

    def to_json(self) -> str:
        """One line of suggestions.jsonl."""
        return json.dumps(asdict(self), ensure_ascii=False)


def read_suggestions(folder: Path) -> dict[str, Suggestion]:
    """Suggestions by photograph, the last of each; a last line cut off in writing is left out.

    Raises:
        DatasetError: a line can't be read.
    """
    path = folder / SUGGESTIONS
    if not path.is_file():
        return {}
    content = path.read_bytes()
    lines = content[: content.rfind(b"\n") + 1].decode().split("\n")[:-1]
    found = (_suggestion(path, number, line) for number, line in enumerate(lines, 1))
    return {suggestion.photograph: suggestion for suggestion in found}


def _suggestion(path: Path, number: int, line: str) -> Suggestion:
    try:
        values = json.loads(line)
        return Suggestion(**{f.name: values[f.name] for f in fields(Suggestion)})
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"Line {number} of {path} is no suggestion ({error!r}). Remove the file and measure again."
        ) from error
