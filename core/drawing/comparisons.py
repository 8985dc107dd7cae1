"""A comparison: any two attributes as rows and columns, all else held still, one seed for every picture.

Its jobs share a request id that begins with "compare." and names the two attributes; the values are read back
from the jobs' recipes, so that a comparison needs no record of its own. Needs no torch.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.drawing.composing import Wish, compose_recipe
from core.errors import InputError
from core.language.attributes import KINDS, Attributes
from core.language.vocabulary import load_vocabulary
from core.recipes import SEED_MAX, Recipe
from core.weights.model_cards import ModelCard

COLUMNS_MAX = 12
CELLS_MAX = 48
MARK = "compare."


@dataclass(frozen=True, slots=True)
class Axis:
    """One attribute and those of its values that are shown, in order."""

    kind: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A table of pictures. ``fixed`` holds the attributes that are neither rows nor columns.

    Raises:
        InputError: twice the same attribute, an axis without values, or too many pictures.
    """

    rows: Axis
    columns: Axis
    fixed: Attributes

    def __post_init__(self) -> None:
        _validate(self)

    @property
    def count(self) -> int:
        """Pictures in the table."""
        return len(self.rows.values) * len(self.columns.values)

    @property
    def purpose(self) -> str:
        """What its request id begins with."""
        return f"{MARK}{self.rows.kind}.{self.columns.kind}."

    def cells(self) -> tuple[Attributes, ...]:
        """What each picture shows, row by row."""
        return tuple(
            with_value(with_value(self.fixed, self.rows.kind, row), self.columns.kind, column)
            for row in self.rows.values
            for column in self.columns.values
        )


def comparison_recipes(comparison: Comparison, wish: Wish) -> tuple[Recipe, ...]:
    """One recipe for each picture, row by row; all share the wish's seed (a fresh one if it names none).

    Raises:
        InputError, ModelError: the wish can't be drawn with one of the values.
    """
    seed = secrets.randbelow(SEED_MAX + 1) if wish.seed is None else wish.seed
    shared = replace(wish, prompt=None, seed=seed)
    return tuple(compose_recipe(replace(shared, attributes=cell)) for cell in comparison.cells())


def is_comparison(request_id: str) -> bool:
    """True if the request's pictures belong into a table."""
    return request_id.startswith(MARK)


def read_comparison(request_id: str, recipes: Sequence[Recipe]) -> Comparison:
    """The comparison behind a request, from its id and the recipes of its jobs.

    Raises:
        InputError: the request is no comparison.
    """
    parts = request_id.split(".")
    if not is_comparison(request_id) or len(parts) != 4 or not recipes:
        raise InputError(f"The request '{request_id}' is no comparison. Draw a new one.")
    rows, columns = (Axis(kind, _values(kind, recipes)) for kind in parts[1:3])
    first = recipes[0]
    fixed = first.attributes
    for axis in (rows, columns):
        fixed = with_value(fixed, axis.kind, None)
    return Comparison(rows, columns, fixed)


def kinds_of(card: ModelCard) -> tuple[str, ...]:
    """Attributes that can be rows or columns: those of which the model knows a word."""
    return tuple(kind for kind in KINDS if card.offered(kind))


def value_of(subject: Attributes | Recipe, kind: str) -> str | None:
    """The key that attributes or a recipe hold for one attribute (the first site named)."""
    if kind == "site":
        return subject.sites[0] if subject.sites else None
    value: str | None = getattr(subject, kind)
    return value


def with_value(attributes: Attributes, kind: str, value: str | None) -> Attributes:
    """The same attributes with one of them set, or taken away by None."""
    if kind == "site":
        return replace(attributes, sites=() if value is None else (value,))
    changed: dict[str, Any] = {kind: value}
    return replace(attributes, **changed)


def _values(kind: str, recipes: Sequence[Recipe]) -> tuple[str, ...]:
    """Distinct values in the order of the jobs, which is the table's."""
    if kind not in KINDS:
        raise InputError(f"This comparison is over '{kind}', which this version does not know. Update it.")
    found = (value_of(recipe, kind) for recipe in recipes)
    return tuple(dict.fromkeys(value for value in found if value is not None))


def _validate(comparison: Comparison) -> None:
    rows, columns = comparison.rows, comparison.columns
    if rows.kind == columns.kind:
        raise InputError(f"Rows and columns are both '{rows.kind}'; choose two different attributes.")
    for name, axis in (("row", rows), ("column", columns)):
        if not axis.values:
            raise InputError(f"There is no {name} yet: choose at least one value for it.")
    if (count := len(columns.values)) > COLUMNS_MAX:
        raise InputError(
            f"{count} columns are more than fit side by side ({COLUMNS_MAX}). Take some away, "
            "or make them the rows."
        )
    _refuse_severities_of_clear(comparison)
    if comparison.count > CELLS_MAX:
        raise InputError(
            f"{len(rows.values)} rows of {len(columns.values)} are {comparison.count} pictures; a comparison "
            f"holds at most {CELLS_MAX}. Take some rows or columns away."
        )


def _refuse_severities_of_clear(comparison: Comparison) -> None:
    """Raises InputError where a row or column of clear skin meets a severity."""
    rashes = load_vocabulary().rashes
    for cell in comparison.cells():
        if cell.severity and cell.rash in rashes and rashes[cell.rash].control:
            raise InputError(
                "Clear skin has no severity: take clear skin out of the rashes, or choose no severity."
            )
