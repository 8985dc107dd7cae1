"""Grids of the study's pictures: one prompt and one noise in each row, one arm in each column."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from core.drawing.sheet_drawing import Labels, draw_sheet
from core.files import write_files
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
                write_files({path: _webp(*sheet)})
                written.append(path)
    return written


def _sheet(plan: StudyPlan, arms: Sequence[Finding], name: str) -> tuple[Labels, list[Path]] | None:
    """Labels and pictures, row by row, of the first seed that all arms have."""
    shared = sorted(set.intersection(*(set(f.results) for f in arms))) if len(arms) > 1 else []
    if not shared:
        return None
    seed = shared[0]
    pictures = [[p for p in f.results[seed]["pictures"] if p["set"] == name] for f in arms]
    rows = _spread(pictures[0])
    folders = [plan.folder("cells") / replace(f.cell, seed=seed).name for f in arms]
    paths = [
        folder / found[row]["file"] for row in rows for folder, found in zip(folders, pictures, strict=True)
    ]
    labels = Labels(
        title=f"Encoder study: {name.replace('-', ' ')}",
        note=f"The same prompt and noise in each row; seed {seed} of the study.",
        rows=tuple(pictures[0][row]["prompt"] for row in rows),
        columns=tuple(arm_name(f.cell) for f in arms),
    )
    return labels, paths


def _spread(pictures: Sequence[Mapping[str, Any]]) -> list[int]:
    """Places of some pictures, of every rash as many, spread over those of its tones in turn."""
    of_rash: dict[str, list[int]] = {}
    for place in sorted(range(len(pictures)), key=lambda place: str(pictures[place]["asked"]["tone"])):
        of_rash.setdefault(str(pictures[place]["asked"]["rash"]), []).append(place)
    share = max(1, ROWS // len(of_rash))
    return [found[i * len(found) // share] for _, found in sorted(of_rash.items()) for i in range(share)]


def _webp(labels: Labels, paths: Sequence[Path]) -> bytes:
    image = draw_sheet(labels, [_opened(path) for path in paths])
    small = image.resize((image.width // SHRINK, image.height // SHRINK))
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=QUALITY, method=6)
    return buffer.getvalue()


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")
