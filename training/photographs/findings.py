"""What is told about a source's files: one line of report.jsonl each."""

import json
from dataclasses import asdict, dataclass

QUARANTINED = "quarantined"
"""A file that was refused or can't be read; nothing of it is in the dataset."""
NO_PICTURE = "caption without image"
NO_CAPTION = "image without caption"
ROW = "row not read"
"""A table's line without a name or a caption, or one that names a picture a second time."""
DISAGREEMENT = "disagreement"
"""Two sources of one attribute differ; the first of column, caption, folder, file name is used."""
NOTE = "note"
"""Something that was read in another way than it was written, or is not as it was in the file."""
NOT_READ = "not read"
"""A file that is no picture and no caption."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A kind above, the file (with a table's line where there is one), and a sentence."""

    kind: str
    file: str
    reason: str

    def to_json(self) -> str:
        """One line of report.jsonl."""
        return json.dumps(asdict(self), ensure_ascii=False)


def printable(name: str) -> str:
    """A file's name as text: bytes that are no UTF-8 are escaped."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
