"""A dataset as pages see it: opened once, what people said since added at each look."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import streamlit as st

from core.photographs.captioning import Wanted, answered, waiting, waits
from core.photographs.dataset_edits import EDITS, Edit, apply_edits, read_edits
from core.photographs.datasets import MANIFEST, PICTURES, Dataset, open_prepared
from core.photographs.photographs import Photograph
from core.photographs.suggestions import SUGGESTIONS, Suggestion, read_suggestions


@dataclass(frozen=True)
class View:
    """One look at a dataset. ``dataset`` has the edits applied."""

    dataset: Dataset
    edits: tuple[Edit, ...]

    @cached_property
    def by_id(self) -> dict[str, Photograph]:
        """Its photographs by id."""
        return {photograph.id: photograph for photograph in self.dataset.photographs}

    @cached_property
    def answered(self) -> dict[str, Edit]:
        """The last edit that stands, by photograph."""
        return answered(self.edits)

    @cached_property
    def missing(self) -> int:
        """Photographs of which something is missing, and which nobody has answered."""
        return sum(waits(p, p.id in self.answered, Wanted.MISSING) for p in self.dataset.photographs)

    @property
    def usable(self) -> int:
        """Photographs that nobody put aside as not usable."""
        return sum(photograph.usable for photograph in self.dataset.photographs)

    def waiting(self, wanted: Wanted, rash: str | None = None) -> list[str]:
        """Ids of the photographs that wait for a person, in order."""
        return [p.id for p in waiting(self.dataset.photographs, self.edits, wanted, rash)]


def view_dataset(folder: Path) -> View:
    """Looks at a dataset as it is now.

    Raises:
        DatasetError: it can't be opened, or is gone.
    """
    prepared = _prepared(str(folder), (_stamp(folder / MANIFEST), _stamp(folder / PICTURES)))
    edits = _edits(str(folder), _stamp(folder / EDITS))
    return View(replace(prepared, photographs=apply_edits(prepared.photographs, edits)), edits)


def view_suggestions(folder: Path) -> Mapping[str, Suggestion]:
    """What was measured so far, by photograph.

    Raises:
        DatasetError: a line can't be read.
    """
    return _suggestions(str(folder), _stamp(folder / SUGGESTIONS))


Stamp = tuple[int, int] | None


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


@st.cache_resource(max_entries=4, show_spinner="Opening the dataset …")
def _prepared(folder: str, stamps: tuple[Stamp, Stamp]) -> Dataset:
    return open_prepared(Path(folder))


@st.cache_resource(max_entries=4, show_spinner=False)
def _edits(folder: str, stamp: Stamp) -> tuple[Edit, ...]:
    return read_edits(Path(folder))


@st.cache_resource(max_entries=4, show_spinner=False)
def _suggestions(folder: str, stamp: Stamp) -> dict[str, Suggestion]:
    return read_suggestions(Path(folder))
