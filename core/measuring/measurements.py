"""A model's measurement as released beside its weights: figures, confusion matrices and how they came about.

``measurement.json`` in the model folder is the report of ``training.evaluate`` without its single pictures.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ModelError
from core.language.attributes import KINDS

MEASUREMENT_NAME = "measurement.json"
ALWAYS = ("rash", "site", "tone")
"""Attributes that every measurement holds a matrix of; those of severity and view are there where model and
judge know them."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of pictures by what was asked (rows) and what the judge saw (columns), vocabulary keys."""

    asked: tuple[str, ...]
    seen: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if len(self.counts) != len(self.asked) or any(len(row) != len(self.seen) for row in self.counts):
            raise ValueError("counts must have a row for each asked and a column for each seen key")

    def told(self, key: str) -> tuple[int, int] | None:
        """In how many pictures that were asked for by ``key`` the judge saw it, and of how many; None where
        none was asked for."""
        row = self.counts[self.asked.index(key)] if key in self.asked else ()
        if not sum(row):
            return None
        return (row[self.seen.index(key)] if key in self.seen else 0), sum(row)


@dataclass(frozen=True, slots=True)
class Measurement:
    """How many pictures were judged, the matrices by attribute, and the command that repeats it."""

    count: int
    confusions: dict[str, Confusion]
    command: str


def load_measurement(folder: Path) -> Measurement | None:
    """The measurement beside a model's weights; None if there is none.

    Raises:
        ModelError: the file is there and can't be understood.
    """
    path = folder / MEASUREMENT_NAME
    if not path.is_file():
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        tables = values["tables"]
        there = [name for name in KINDS if name in ALWAYS or f"{name}_confusion" in tables]
        confusions = {name: _confusion(tables[f"{name}_confusion"]) for name in there}
        return Measurement(int(values["count"]), confusions, str(values["command"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path} can't be read as a measurement ({error!r}). Measure the model again with "
            "'python -m training.evaluate', or remove the file."
        ) from error


def write_measurement(folder: Path, report: dict[str, Any]) -> Path:
    """Writes a report of ``training.evaluate`` beside the weights, without its single pictures."""
    path = folder / MEASUREMENT_NAME
    kept = {name: value for name, value in report.items() if name != "pictures"}
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return path


def _confusion(values: dict[str, Any]) -> Confusion:
    counts = tuple(tuple(int(count) for count in row) for row in values["counts"])
    return Confusion(tuple(values["asked"]), tuple(values["seen"]), counts)
