"""A reader study as it is handed on: its plan, its answers, and which of its pictures were drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.review.studies import Response

README = """# {name}

The answers of a reader study: {drawn} drawn pictures and {real} photographs.

- `answers.csv`, `answers.jsonl`: one line for each finished showing; `study.json`: plan and checklists.
- Lines with `synthetic` false are about photographs of people. None of their files is part of this export.
- `picture` counts the pictures of the study; `generation` is the number in the library's History.
- {raters}
"""
NAMED = "Raters are named."
NUMBERED = (
    "Raters are numbered by chance: a number means the same person throughout, but in this export only."
)
PICTURES = """
They are the drawn pictures of the study “{name}”; realism and number of ratings are those given there.
Its {real} photographs of people are left out.
"""


@dataclass(frozen=True, slots=True)
class StudyAnswers:
    """``plan`` is what its lead decided; ``generations`` maps pictures of the study that were drawn to their
    ids in the library; ``photographs`` counts the others."""

    name: str
    plan: Mapping[str, Any] = field(hash=False)
    responses: tuple[Response, ...]
    generations: Mapping[int, int] = field(hash=False)
    photographs: int

    def realism(self) -> dict[int, tuple[int, float]]:
        """By id in the library: how many ratings of realism, and their mean; repeats don't count."""
        said: dict[int, list[int]] = {}
        for response in self.responses:
            if response.item in self.generations and not response.repeat:
                said.setdefault(self.generations[response.item], []).append(response.answers["realism"])
        return {id: (len(values), sum(values) / len(values)) for id, values in said.items()}

    def readme(self, named: bool) -> str:
        """What a reader of the answers must know."""
        counts = {"drawn": len(self.generations), "real": self.photographs}
        return README.format(name=self.name, raters=NAMED if named else NUMBERED, **counts)

    def pictures_note(self) -> str:
        """What a reader of its pictures must know."""
        return PICTURES.format(name=self.name, real=self.photographs)
