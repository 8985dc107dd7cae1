"""One cell from its plan to ``result.json``: trained, drawn, judged, its drift measured."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.errors import TrainingError
from core.files import write_files
from core.weights.text_encoders import load_text_encoder
from training.study.drawing import draw_cell, judge_cell, open_pipeline
from training.study.encoders import drift_of
from training.study.parts import tuned_parts
from training.study.plan import Cell, StudyPlan

RESULT_NAME = "result.json"


def result_path(plan: StudyPlan, cell: Cell) -> Path:
    """Where a cell's result lies once it is finished."""
    return plan.folder("cells") / cell.name / RESULT_NAME


def run_cell(plan: StudyPlan, cell: Cell) -> dict[str, Any]:
    """The cell's result: read where it is there, else made."""
    path = result_path(plan, cell)
    if path.is_file():
        return read_result(path)
    start = time.monotonic()
    parts = tuned_parts(plan, cell)
    trained = time.monotonic()
    pipeline = open_pipeline(plan, cell, parts)
    asked = draw_cell(plan, cell, parts, pipeline, path.parent)
    stock = load_text_encoder(plan.model / "text_encoder")
    result = {
        "cell": asdict(cell),
        "pictures": judge_cell(plan, asked, path.parent),
        "drift": drift_of(plan, stock, pipeline.parts.text_encoder, pipeline.parts.tokenizer),
        "training": parts.reports,
        "seconds": {"training": trained - start, "drawing": time.monotonic() - trained},
    }
    write_files({path: f"{json.dumps(result, default=str)}\n".encode()})
    return result


def read_result(path: Path) -> dict[str, Any]:
    """A finished cell.

    Raises:
        TrainingError: the file is damaged.
    """
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} can't be read ({error}): delete its folder to draw it again.") from error
    return found
