"""Two processes, as a launcher starts them, walk the curve of one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tuning_scenes import write_captioned, write_clip

from training.finetune_clip import main
from training.processes import Processes
from training.runs import read_metrics

ROOT = Path(__file__).resolve().parent.parent
LAUNCHER = ("torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m", "training.finetune_clip")
"""What accelerate launch calls where there are several GPUs."""


def arguments(folder: Path, output: str) -> list[str]:
    (folder / "more.json").write_text('{"layers": 1}')
    places = [
        "--data",
        str(folder / "data"),
        "--clip",
        str(folder / "clip"),
        "--output",
        str(folder / output),
    ]
    sizes = [
        "--batch",
        "8",
        "--epochs",
        "1",
        "--micro-batch",
        "3",
        "--train-vision",
        "--learning-rate",
        "0.01",
    ]
    return [*places, *sizes, "--device", "cpu", "--config", str(folder / "more.json")]


def losses(folder: Path) -> list[float]:
    return [line["loss"] for line in read_metrics(folder)]


def test_two_processes_walk_the_curve_of_one(tmp_path: Path) -> None:
    write_captioned(tmp_path / "data")
    write_clip(tmp_path / "clip")
    command = [sys.executable, "-m", *LAUNCHER, *arguments(tmp_path, "two")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads((tmp_path / "two" / "environment.json").read_text())["processes"] == 2
    assert done.stdout.count("Written to") == 1
    assert main(arguments(tmp_path, "one")) == 0
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-4)


def test_one_process_gathers_and_sums_nothing() -> None:
    alone = Processes()
    rows = torch.randn(3, 2)
    assert alone.gather(rows, 3) is rows
    assert (alone.total(1.5), alone.least(4), alone.writes) == (1.5, 4, True)
