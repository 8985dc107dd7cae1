"""One photograph of a prepared dataset: a line of its pictures.jsonl."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from core.errors import DatasetError
from core.language.attributes import Attributes
from core.language.captions import compose_caption

SPLITS = ("train", "validation", "test")
NOTHING_KNOWN = Attributes()


@dataclass(frozen=True, slots=True)
class Photograph:
    """A picture file, what it shows, and who says so.

    ``image`` is relative to the dataset's folder; ``source`` is the file's name where it came from;
    ``group`` is shared by near-duplicates, which are all in one ``split``; ``perceptual_hash`` has 64 bits
    in hexadecimal. ``caption`` is empty where nobody wrote one. ``origins`` tells for "caption", "rash",
    "sites" and "tone" where the value came from: "column", "caption", "folder", "file name", or the name of
    the person who edited it; an attribute that is not known has no origin. ``usable`` is False once a person
    said that the picture is not.
    """

    id: str
    image: str
    source: str
    sha256: str
    width: int
    height: int
    split: str
    group: str
    perceptual_hash: str
    caption: str = ""
    attributes: Attributes = NOTHING_KNOWN
    origins: Mapping[str, str] = field(default_factory=dict, hash=False)
    usable: bool = True

    @property
    def words(self) -> str:
        """The caption, or else the one its attributes compose; empty where nothing is known."""
        return self.caption or compose_caption(self.attributes)

    def to_json(self) -> str:
        """One line of pictures.jsonl, keys in a fixed order; ``usable`` is left to the edits."""
        values: dict[str, Any] = {name: getattr(self, name) for name in PLAIN}
        rash, sites, tone = self.attributes.rash, list(self.attributes.sites), self.attributes.tone
        values |= {"rash": rash, "sites": sites, "tone": tone, "origins": dict(sorted(self.origins.items()))}
        return json.dumps(values, ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> "Photograph":
        """Reads ``to_json``'s output.

        Raises:
            DatasetError: the line is no photograph of a dataset, or its image lies outside of the folder.
        """
        try:
            values = json.loads(line)
            plain: dict[str, Any] = {name: kind(values[name]) for name, kind in PLAIN.items()}
            attributes = Attributes(values["rash"], tuple(values["sites"]), values["tone"])
            photograph = cls(**plain, attributes=attributes, origins=dict(values["origins"]))
        except (ValueError, KeyError, TypeError) as error:
            raise DatasetError(f"A photograph's line can't be read ({error!r}): {line[:120]}") from error
        path = PurePosixPath(photograph.image)
        if path.is_absolute() or ".." in path.parts or photograph.split not in SPLITS:
            raise DatasetError(f"A photograph's line holds a wrong path or split: {line[:120]}")
        return photograph


PLAIN: dict[str, type[str] | type[int]] = {
    "id": str,
    "image": str,
    "caption": str,
    "source": str,
    "sha256": str,
    "width": int,
    "height": int,
    "split": str,
    "group": str,
    "perceptual_hash": str,
}
"""Fields that are written as they are, in the order of a line."""
