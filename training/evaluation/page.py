"""A measurement's report as one HTML file: figures, confusion matrices, tables and how to repeat it."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.language.attributes import KINDS

TEMPLATES = Path(__file__).with_name("templates")
MATRICES = tuple(f"{kind}_confusion" for kind in KINDS)
GROUPS = tuple(f"by_{kind}" for kind in KINDS)


def evaluation_page(report: dict[str, Any]) -> str:
    """The page of a report as ``training.evaluate`` writes it; everything in it is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["number"] = number
    environment.filters["words"] = lambda name: str(name).replace("_", " ")
    tables = report["tables"]
    return environment.get_template("evaluation.html.j2").render(
        report=report,
        rows=figure_rows(report["figures"]),
        matrices=[(name, tables[name]) for name in MATRICES if name in tables],
        groups=[(name, tables[name]) for name in GROUPS if name in tables],
        others={name: tables[name] for name in tables if name not in (*MATRICES, *GROUPS)},
    )


def figure_rows(figures: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """(name, value, interval or None) of the flat figures."""
    return [
        (name, value, figures.get(f"{name}_interval"))
        for name, value in figures.items()
        if not name.endswith("_interval")
    ]


def number(value: Any) -> str:
    """Counts whole, other numbers with four digits, the rest as it is."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
