"""Two processes, as a launcher starts them, walk the curve of one."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from diffusers.utils import SAFETENSORS_WEIGHTS_NAME as UNET_WEIGHTS
from safetensors.torch import load_file
from tiny_models import make_tiny_pipeline
from tuning_scenes import write_captioned, write_clip
from unet_scenes import write_rooms

from core.weights.loras import WEIGHTS
from training.finetune_clip import main as finetune_clip
from training.finetune_unet import main as finetune_unet
from training.loop.metric_lines import read_metrics
from training.loop.processes import Processes
from training.train_unet import main as train_unet

ROOT = Path(__file__).resolve().parent.parent
LAUNCHER = ("torch.distributed.run", "--standalone", "--nproc_per_node", "2")
"""What accelerate launch calls where there are several GPUs."""


def launch(commands: Path) -> str:
    """Runs the commands that a file lists in two processes; what they said."""
    done = subprocess.run(
        [sys.executable, "-m", *LAUNCHER, str(ROOT / "tests" / "several_commands.py"), str(commands)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def clip_arguments(folder: Path, output: str) -> list[str]:
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


def lora_arguments(folder: Path, output: str) -> list[str]:
    places = ["--data", str(folder / "photographs"), "--model", str(folder / "model"), "--micro-batch", "2"]
    sizes = ["--batch", "3", "--steps", "3", "--prior", "3", "--learning-rate", "0.01", "--device", "cpu"]
    return [*places, *sizes, "--output", str(folder / output)]


def unet_arguments(folder: Path, output: str) -> list[str]:
    places = [f"--{name}={folder / 'rooms' / name}" for name in ("phantoms", "vae", "clip")]
    sizes = [
        "--size",
        "tiny",
        "--batch",
        "5",
        "--steps",
        "50",
        "--minutes",
        "9",
        "--device",
        "cpu",
        "--float32",
    ]
    return [*places, *sizes, "--output", str(folder / output)]


@dataclass(frozen=True, slots=True)
class Twice:
    """Three trainings done by two processes, and where to repeat them by one."""

    folder: Path
    said: dict[str, str]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    """One launch for all: most of its time goes into starting."""
    folder = tmp_path_factory.mktemp("twice")
    write_captioned(folder / "data")
    write_clip(folder / "clip")
    write_captioned(folder / "photographs", 12)
    make_tiny_pipeline(folder / "model")
    write_rooms(folder / "rooms")
    commands = [
        ("training.finetune_clip", clip_arguments(folder, "clip_two")),
        ("training.finetune_unet", lora_arguments(folder, "lora_two")),
        ("training.train_unet", unet_arguments(folder, "unet_two")),
    ]
    (folder / "commands.json").write_text(json.dumps(commands))
    parts = launch(folder / "commands.json").split("--- ")
    return Twice(
        folder, {command: "".join(p for p in parts if p.startswith(command)) for command, _ in commands}
    )


def losses(folder: Path) -> list[float]:
    return [line["loss"] for line in read_metrics(folder)]


def test_two_processes_walk_the_curve_of_one(twice: Twice) -> None:
    folder = twice.folder
    assert json.loads((folder / "clip_two" / "environment.json").read_text())["processes"] == 2
    assert twice.said["training.finetune_clip"].count("Written to") == 1
    assert finetune_clip(clip_arguments(folder, "clip_one")) == 0
    assert losses(folder / "clip_two") == pytest.approx(losses(folder / "clip_one"), rel=1e-4)


def test_two_processes_train_the_lora_that_one_trains(twice: Twice) -> None:
    folder, said = twice.folder, twice.said["training.finetune_unet"]
    assert said.count("Written to") == 1 and said.count('"after"') == 1
    assert finetune_unet(lora_arguments(folder, "lora_one")) == 0
    assert losses(folder / "lora_two") == pytest.approx(losses(folder / "lora_one"), rel=1e-4)
    one, two = (load_file(folder / name / "lora" / WEIGHTS) for name in ("lora_one", "lora_two"))
    assert all(torch.allclose(weight, two[name], atol=1e-5) for name, weight in one.items())


def test_two_processes_train_the_unet_that_one_trains(twice: Twice) -> None:
    folder = twice.folder
    assert twice.said["training.train_unet"].count("step 50:") == 1
    assert train_unet(unet_arguments(folder, "unet_one")) == 0
    assert losses(folder / "unet_two") == pytest.approx(losses(folder / "unet_one"), rel=1e-3)
    files = (folder / name / "model" / UNET_WEIGHTS for name in ("unet_one", "unet_two"))
    one, two = (load_file(file) for file in files)
    assert all(torch.allclose(weight, two[name], atol=1e-3) for name, weight in one.items())


def test_one_process_gathers_and_sums_nothing() -> None:
    alone = Processes()
    rows = torch.randn(3, 2)
    assert alone.gather(rows, 3) is rows
    assert (alone.total(1.5), alone.least(4), alone.writes) == (1.5, 4, True)
