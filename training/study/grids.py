"""Grids of the study's pictures: one prompt and one noise in each row, one arm in each column."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from core.files import write_files
from core.images import read_recipe
from core.sheets import Sheet, draw_sheet
from training.study.findings import Finding
from training.study.plan import OLD, TASKS, StudyPlan
from training.study.tables import arm_name, at_main_size

ROWS = 6
QUALITY = 72
SHRINK = 2
"""Cells of a sheet are made for pictures of 256 pixels; these have 64."""


def write_grids(plan: StudyPlan, found: Sequence[Finding], folder: Path) -> list[Path]:
    """One grid of each task and one of the old words for each, where at least two arms are finished."""
    written = []
    for task in TASKS:
        arms = at_main_size(plan, found, task)
        for name in (task, OLD):
            path = folder / (f"{task}.webp" if name == task else f"{task}-old-words.webp")
            if sheet := _sheet(plan, arms, name):
                write_files({path: _webp(sheet)})
                written.append(path)
    return written


def _sheet(plan: StudyPlan, arms: Sequence[Finding], name: str) -> Sheet | None:
    """Pictures of the first seed that all arms have."""
    shared = sorted(set.intersection(*(set(f.results) for f in arms))) if len(arms) > 1 else []
    if not shared:
        return None
    seed = shared[0]
    pictures = [[p for p in f.results[seed]["pictures"] if p["set"] == name] for f in arms]
    every = range(0, len(pictures[0]), max(1, len(pictures[0]) // ROWS))
    rows = list(every)[:ROWS]
    folders = [plan.folder("cells") / replace(f.cell, seed=seed).name for f in arms]
    paths = [
        folder / found[row]["file"] for row in rows for folder, found in zip(folders, pictures, strict=True)
    ]
    return Sheet(
        title=f"Encoder study: {name.replace('-', ' ')}",
        note=f"The same prompt and noise in each row; seed {seed} of the study.",
        rows=tuple(pictures[0][row]["prompt"] for row in rows),
        columns=tuple(arm_name(f.cell) for f in arms),
        pictures=tuple(paths),
        recipes=tuple(read_recipe(path)[0] for path in paths),
    )


def _webp(sheet: Sheet) -> bytes:
    image = draw_sheet(sheet)
    small = image.resize((image.width // SHRINK, image.height // SHRINK))
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=QUALITY, method=6)
    return buffer.getvalue()
