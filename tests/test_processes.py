"""Two processes, as a launcher starts them, walk the curve of one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_models import make_tiny_pipeline
from tuning_scenes import write_captioned, write_clip

from core.weights.loras import WEIGHTS
from training.finetune_clip import main
from training.finetune_unet import main as finetune_unet
from training.loop.metric_lines import read_metrics
from training.loop.processes import Processes

ROOT = Path(__file__).resolve().parent.parent
LAUNCHER = ("torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m")
"""What accelerate launch calls where there are several GPUs."""


def launch(command: str, asked: list[str]) -> subprocess.CompletedProcess[str]:
    """Runs a command in two processes."""
    return subprocess.run(
        [sys.executable, "-m", *LAUNCHER, f"training.{command}", *asked],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


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
    done = launch("finetune_clip", arguments(tmp_path, "two"))
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads((tmp_path / "two" / "environment.json").read_text())["processes"] == 2
    assert done.stdout.count("Written to") == 1
    assert main(arguments(tmp_path, "one")) == 0
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-4)


def test_two_processes_train_the_lora_that_one_trains(tmp_path: Path) -> None:
    data, model = write_captioned(tmp_path / "data", 12), make_tiny_pipeline(tmp_path / "model")
    sizes = ["--batch", "3", "--steps", "3", "--prior", "3", "--learning-rate", "0.01", "--device", "cpu"]
    places = ["--data", str(data), "--model", str(model), "--micro-batch", "2"]
    done = launch("finetune_unet", [*places, *sizes, "--output", str(tmp_path / "two")])
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("Written to") == 1 and done.stdout.count('"after"') == 1
    assert finetune_unet([*places, *sizes, "--output", str(tmp_path / "one")]) == 0
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-4)
    one, two = (load_file(tmp_path / name / "lora" / WEIGHTS) for name in ("one", "two"))
    assert all(torch.allclose(weight, two[name], atol=1e-5) for name, weight in one.items())


def test_one_process_gathers_and_sums_nothing() -> None:
    alone = Processes()
    rows = torch.randn(3, 2)
    assert alone.gather(rows, 3) is rows
    assert (alone.total(1.5), alone.least(4), alone.writes) == (1.5, 4, True)
