"""Captioned phantoms of the study: pools for each seed, and their first pictures for each size."""

import json
from pathlib import Path
from typing import Any

from core.files import write_files
from core.language.attributes import Attributes
from training.loop.stages import run_stage
from training.study.base import drawing_stage
from training.study.names import new_caption
from training.study.plan import DISEASE, KNOWN, NEW_DISEASE, NEW_NAMES, WORDS, Cell, StudyPlan

POOL_SEED = 100
"""Away from the seeds of the base's phantoms and the judge's."""

POOLS = {"renamed": tuple(NEW_NAMES), "disease": (NEW_DISEASE,), "known": KNOWN}
"""Pool to the rashes that it shows."""

SHARES = {WORDS: ("renamed",), DISEASE: ("disease", "known")}
"""Pools of each task, an equal part from each: a new disease comes among as many pictures of known ones, or
there would be nothing that CLIP could tell it from."""


def captioned_data(plan: StudyPlan, cell: Cell) -> Path:
    """JSON lines of the cell's pictures, rendered as far as they are not there yet. A smaller size is the
    beginning of a larger one; every seed has pictures of its own."""
    path = plan.folder("data") / f"{cell.task}-n{cell.size}-s{cell.seed}.jsonl"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_files({path: "".join(_lines(plan, cell)).encode()})
    return path


def _lines(plan: StudyPlan, cell: Cell) -> list[str]:
    pools = SHARES[cell.task]
    shares = [(cell.size + place) // len(pools) for place in range(len(pools))]
    return [
        line
        for name, share in zip(pools, shares, strict=True)
        for line in _first_of(_pool(plan, name, share, cell.seed), share)
    ]


def _pool(plan: StudyPlan, name: str, count: int, seed: int) -> Path:
    """A pool of at least ``count`` phantoms; a larger one takes up where a smaller one ended."""
    folder = plan.folder("pools") / f"{name}-s{seed}"
    metadata = folder / "metadata.jsonl"
    if not metadata.is_file() or len(metadata.read_text(encoding="utf-8").splitlines()) < count:
        metadata.unlink(missing_ok=True)
        number = plan.seed + POOL_SEED * seed + list(POOLS).index(name)
        run_stage(drawing_stage(plan, folder, count, number, POOLS[name]))
    return folder


def _first_of(pool: Path, count: int) -> list[str]:
    lines = (pool / "metadata.jsonl").read_text(encoding="utf-8").splitlines()[:count]
    return [_line(pool.name, json.loads(line)) for line in lines]


def _line(pool: str, phantom: dict[str, Any]) -> str:
    shown = Attributes(str(phantom["rash"]), tuple(phantom["sites"]), str(phantom["tone"]))
    values = {"image": f"../pools/{pool}/{phantom['image']}", "caption": new_caption(shown)}
    return json.dumps(values) + "\n"
