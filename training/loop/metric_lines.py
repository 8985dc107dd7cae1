"""metrics.jsonl of a run folder: one JSON object for each logged step."""

import json
from pathlib import Path

METRICS_NAME = "metrics.jsonl"


def read_metrics(folder: Path) -> list[dict[str, float]]:
    """The curve of a run, in order; half a line, as a full disk or a kill leaves it, is passed over."""
    path = folder / METRICS_NAME
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [values for line in lines if isinstance(values := _values(line), dict)]


def _values(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None


def drop_lines_after(folder: Path, step: int) -> None:
    """Removes what was logged after a step: a run that goes on from there logs it again."""
    path = folder / METRICS_NAME
    if not path.is_file():
        return
    kept = [line for line in read_metrics(folder) if line.get("step", 0) <= step]
    temporary = path.with_suffix(".tmp")
    temporary.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
    temporary.replace(path)
