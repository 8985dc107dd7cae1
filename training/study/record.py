"""The study's plan on disk: a folder belongs to one plan, and says with which versions it began."""

import json
import platform
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from core.errors import TrainingError
from core.files import write_files
from training.clip_tuning.report import PACKAGES
from training.study.plan import StudyPlan

PLAN_NAME, ENVIRONMENT_NAME = "plan.json", "environment.json"
GROWING = (
    *("output", "seeds", "other_sizes", "sized_arms", "sized_seeds"),
    *("weights", "distillations", "varied_seeds", "longer_steps", "too_many_steps"),
)
"""Fields that only add cells: a plan may grow by them without making what is finished untrue."""


def open_study(plan: StudyPlan) -> None:
    """Makes the folder, or makes sure that it holds this study.

    Raises:
        TrainingError: it holds another one; the message names the values that differ.
    """
    path, wanted = plan.folder(PLAN_NAME), described(plan)
    if not path.is_file():
        plan.output.mkdir(parents=True, exist_ok=True)
        write_files({path: _text(wanted), plan.folder(ENVIRONMENT_NAME): _text(_environment())})
        return
    found = json.loads(path.read_text(encoding="utf-8"))
    if names := sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)):
        differing = "; ".join(f"{n} was {found.get(n)!r} and is now {wanted.get(n)!r}" for n in names)
        raise TrainingError(f"{plan.output} holds another study: {differing}. Give another folder.")


def described(plan: StudyPlan) -> dict[str, Any]:
    """What decides a cell's result, as JSON has it."""
    values = {name: value for name, value in asdict(plan).items() if name not in GROWING}
    found: dict[str, Any] = json.loads(json.dumps(values, default=str))
    return found


def _environment() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def _text(values: dict[str, Any]) -> bytes:
    return f"{json.dumps(values, indent=2)}\n".encode()
